"""Tables and maps as Earshot draws them: rows joined by one label, columns with titles in the reader's words.

Called by the dashboards' modules. The join, the order and the titles are Grafana transformations, which
`board_file.columns` reads back. Knows no metric.
"""

import string
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from grafana_foundation_sdk.builders import common, dashboard, geomap, prometheus, table
from grafana_foundation_sdk.models import common as common_models
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models import prometheus as prometheus_models

from deploy.grafana.panels import PLAIN, SOURCE, Sized, Steps

REGIONS_FILE = "public/gazetteer/referral-regions.json"
"""Where Grafana's page finds the places of referral regions; docker-compose.yml mounts them there."""
Words = Mapping[str, tuple[str, str]]
"""Value of a label -> (what the table says, its colour; empty: the text's)."""


class Text(NamedTuple):
    """A column that shows a label."""

    title: str
    label: str
    width: int
    words: Words = MappingProxyType({})
    link: str = ""
    """Address behind each cell."""


class Column(NamedTuple):
    """A column that shows a query's value in each row."""

    title: str
    expr: str
    unit: str = "locale"
    steps: Steps = PLAIN
    """More than one: the number has the colour of its step."""
    width: int = 90
    decimals: int | None = None


def listing(
    title: str,
    about: str,
    key: str,
    columns: Sequence[Text | Column],
    *,
    sort: str = "",
    up: bool = False,
    size: tuple[int, int] = (24, 12),
    empty: str = "no data",
) -> Sized:
    """One row for each value of the label `key`, sortable. `sort`: title of the column that decides first, highest on
    top; with `up` lowest. `empty`: what it says without rows."""
    asked = [column for column in columns if isinstance(column, Column)]
    panel = table.Panel().title(title).description(about).datasource(SOURCE).unit("locale").no_value(empty)
    panel.thresholds(_thresholds(PLAIN)).show_header(True).cell_height(common_models.TableCellHeight.SM)
    names: dict[str, str] = {}
    for ref, one in zip(string.ascii_uppercase, asked, strict=False):
        panel.with_target(_target(ref, one.expr))
        names[f"Value #{ref}" if len(asked) > 1 else "Value"] = one.title
    names |= {column.label: column.title for column in columns if isinstance(column, Text)}
    order = [column.title for column in columns]
    by_title = {title: name for name, title in names.items()}
    panel.with_transformation(
        models.DataTransformerConfig(id_val="joinByField", options={"byField": key, "mode": "outer"})
    )
    panel.with_transformation(
        models.DataTransformerConfig(
            id_val="filterFieldsByName", options={"include": {"names": [by_title[title] for title in order]}}
        )
    )
    panel.with_transformation(
        models.DataTransformerConfig(
            id_val="organize",
            options={
                "excludeByName": {},
                "indexByName": {by_title[title]: place for place, title in enumerate(order)},
                "renameByName": names,
            },
        )
    )
    for column in columns:
        panel.override_by_name(column.title, list(_properties(column)))
    if sort:
        panel.sort_by([common.TableSortByFieldState().display_name(sort).desc(not up)])
    return Sized(*size, panel.build())


def regions_map(
    title: str, about: str, count: str, shade: tuple[str, str], steps: Steps, size: tuple[int, int]
) -> Sized:
    """A map of referral regions. `count`: query whose value sizes a region's mark; `shade`: (name of the value that
    colours it, its query, a share)."""
    panel = geomap.Panel().title(title).description(about).datasource(SOURCE).unit("percentunit").no_value("no data")
    panel.thresholds(_thresholds(steps)).color_scheme(dashboard.FieldColor().mode(models.FieldColorModeId.THRESHOLDS))
    name, expr = shade
    panel.with_target(_target("A", count)).with_target(_target("B", expr))
    panel.with_transformation(
        models.DataTransformerConfig(id_val="joinByField", options={"byField": "region", "mode": "outer"})
    )
    names = {"region": "Region", "Value #A": "Posts", "Value #B": name}
    panel.with_transformation(
        models.DataTransformerConfig(id_val="filterFieldsByName", options={"include": {"names": [*names]}})
    )
    panel.with_transformation(
        models.DataTransformerConfig(
            id_val="organize",
            options={
                "excludeByName": {},
                "indexByName": {one: place for place, one in enumerate(names)},
                "renameByName": names,
            },
        )
    )
    panel.override_by_name("Posts", [models.DynamicConfigValue(id_val="unit", value="locale")])
    panel.view(geomap.MapViewConfig().id("coords").lat(39).lon(-96).zoom(4))
    panel.basemap(common.MapLayerOptions().type("default").name("Background"))
    panel.controls(
        geomap.ControlsOptions().show_zoom(True).mouse_wheel_zoom(False).show_attribution(True).show_scale(False)
    )
    panel.layers([_marks(name)])
    return Sized(*size, panel.build())


def _marks(shade: str) -> common.MapLayerOptions:
    style: dict[str, Any] = {
        "size": {"field": "Posts", "min": 5, "max": 26, "fixed": 8},
        "color": {"field": shade, "fixed": "blue"},
        "opacity": 0.7,
        "symbol": {"mode": "fixed", "fixed": "img/icons/marker/circle.svg"},
    }
    location = (
        common.FrameGeometrySource()
        .mode(common_models.FrameGeometrySourceMode.LOOKUP)
        .lookup("Region")
        .gazetteer(REGIONS_FILE)
    )
    return (
        common.MapLayerOptions()
        .type("markers")
        .name("Referral regions")
        .config({"style": style, "showLegend": True})
        .location(location)
        .tooltip(True)
    )


def _target(ref: str, expr: str) -> prometheus.Dataquery:
    asked = prometheus.Dataquery().ref_id(ref).datasource(SOURCE).expr(expr).legend_format("")
    return asked.instant().format(prometheus_models.PromQueryFormat.TABLE)


def _thresholds(steps: Steps) -> dashboard.ThresholdsConfig:
    return (
        dashboard.ThresholdsConfig()
        .mode(models.ThresholdsMode.ABSOLUTE)
        .steps([models.Threshold(value, colour) for value, colour in steps])
    )


def _properties(column: Text | Column) -> list[models.DynamicConfigValue]:
    made = [models.DynamicConfigValue(id_val="custom.width", value=column.width)] if column.width else []
    if isinstance(column, Text):
        made.append(models.DynamicConfigValue(id_val="custom.align", value="left"))
        if column.words:
            options = {
                value: {"text": words, **({"color": colour} if colour else {})}
                for value, (words, colour) in column.words.items()
            }
            made.append(models.DynamicConfigValue(id_val="mappings", value=[{"type": "value", "options": options}]))
            if any(colour for _, colour in column.words.values()):
                made.append(models.DynamicConfigValue(id_val="custom.cellOptions", value={"type": "color-text"}))
        if column.link:
            links = [{"title": "Open this hospital's dashboard", "url": column.link}]
            made.append(models.DynamicConfigValue(id_val="links", value=links))
        return made
    made.append(models.DynamicConfigValue(id_val="unit", value=column.unit))
    if column.decimals is not None:
        made.append(models.DynamicConfigValue(id_val="decimals", value=column.decimals))
    if len(column.steps) > 1:
        steps = [{"value": value, "color": colour} for value, colour in column.steps]
        made.append(models.DynamicConfigValue(id_val="thresholds", value={"mode": "absolute", "steps": steps}))
        made.append(models.DynamicConfigValue(id_val="color", value={"mode": "thresholds"}))
        made.append(models.DynamicConfigValue(id_val="custom.cellOptions", value={"type": "color-text"}))
    return made
