"""Panels and the frame of a dashboard as Earshot draws them: one look, and everything that the SDK leaves out.

Called by the dashboards' modules. The SDK (0.0.21) sets no panel ids, refIds or reducers; `assemble` and the
functions here do. Knows no metric.
"""

import json
import string
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from grafana_foundation_sdk.builders import bargauge, common, dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common as common_models
from grafana_foundation_sdk.models import dashboard as models

from deploy.grafana.queries import Query

BOARDS = {
    "earshot-network": "Network",
    "earshot-hospital": "Hospital",
    "earshot-community": "Community",
    "earshot-operations": "Operations",
    "earshot-ingest": "Ingest",
    "earshot-cost": "Cost and policy",
}
"""uid -> what links to it say; in the order of the links."""
NETWORK_UID, HOSPITAL_UID, COMMUNITY_UID, OPERATIONS_UID, INGEST_UID, COST_UID = BOARDS
COLUMNS = 24
"""Of Grafana's grid."""
SOURCE = models.DataSourceRef(type_val="prometheus", uid="${datasource}")
FIRING = 'ALERTS{alertstate="firing", alertname!="Watchdog"}'
"""The Watchdog always fires: it shows that alerts arrive."""
EXPECT_ZERO = "Expect zero."
"""Begins the description of an integrity panel; the tests know them by it."""

Steps = Sequence[tuple[float | None, str]]
"""(from which value, colour), the first from None."""
PLAIN: Steps = ((None, "blue"),)
ZERO: Steps = ((None, "green"), (0.5, "red"))
"""Half: `increase` extrapolates, and an integrity sum is whole."""


_ONLY_ZEROS = (
    models.MatcherConfig(id_val="byValue", options={"op": "gte", "reducer": "allIsZero", "value": 0}),
    [models.DynamicConfigValue(id_val="custom.hideFrom", value={"legend": True, "tooltip": True, "viz": False})],
)
"""A closed label shows all its values, most of them 0 all the time: those are drawn and not named."""


class Sized(NamedTuple):
    """A panel and its size on the grid."""

    width: int
    height: int
    panel: models.Panel


class Row(NamedTuple):
    """One row: the question that it answers, and panels from left to right."""

    question: str
    panels: Sequence[Sized]


def number(
    title: str,
    about: str,
    *queries: Query,
    unit: str = "locale",
    steps: Steps = PLAIN,
    words: Mapping[int, str] | None = None,
    name_alone: bool = False,
    size: tuple[int, int] = (4, 4),
) -> Sized:
    """One number a series, as it is now. `words`: text shown in place of a number; `name_alone`: the legend, no
    number."""
    shown = common_models.BigValueTextMode.VALUE_AND_NAME if queries[0].legend else common_models.BigValueTextMode.VALUE
    panel = (
        stat.Panel()
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .color_mode(common_models.BigValueColorMode.VALUE)
        .graph_mode(common_models.BigValueGraphMode.NONE)
        .text_mode(common_models.BigValueTextMode.NAME if name_alone else shown)
        .mappings(_mappings(words))
    )
    return _sized(panel, title, about, queries, unit, steps, size, instant=True)


def bars(
    title: str,
    about: str,
    query: Query,
    unit: str = "locale",
    *,
    colours: Mapping[str, str] | None = None,
    link: tuple[str, str] | None = None,
    size: tuple[int, int] = (8, 8),
) -> Sized:
    """One bar a series, as it is now. `colours`: by name of series. `link`: (title, address) behind each bar."""
    panel = (
        bargauge.Panel()
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .orientation(common_models.VizOrientation.HORIZONTAL)
        .display_mode(common_models.BarGaugeDisplayMode.BASIC)
        .min(0)
    )
    if link is not None:
        panel.data_links([dashboard.DashboardLink(link[0]).url(link[1])])
    _colour(panel, colours)
    return _sized(panel, title, about, (query,), unit, PLAIN, size, instant=True)


def lines(
    title: str,
    about: str,
    *queries: Query,
    unit: str,
    stacked: bool = False,
    events: bool = False,
    limit: float | None = None,
    most: float | None = None,
    colours: Mapping[str, str] | None = None,
    size: tuple[int, int] = (12, 8),
) -> Sized:
    """Series over time. `events`: bars, for what happens rarely. `limit`: a line not to be crossed. `most`: the end of
    the scale."""
    panel = (
        timeseries.Panel()
        .legend(
            common.VizLegendOptions()
            .show_legend(any(query.legend for query in queries))
            .display_mode(common_models.LegendDisplayMode.LIST)
            .placement(common_models.LegendPlacement.BOTTOM)
        )
        .tooltip(common.VizTooltipOptions().mode(common_models.TooltipDisplayMode.MULTI))
        .fill_opacity(30 if stacked or events else 5)
        .show_points(common_models.VisibilityMode.NEVER)
        .min(0)
    )
    panel.with_override(*_ONLY_ZEROS)
    if events:
        panel.draw_style(common_models.GraphDrawStyle.BARS)
    if stacked:
        panel.stacking(common.StackingConfig().mode(common_models.StackingMode.NORMAL).group("A"))
    if most is not None:
        panel.max(most)
    if limit is not None:
        panel.thresholds_style(common.GraphThresholdsStyleConfig().mode(common_models.GraphThresholdsStyleMode.DASHED))
    _colour(panel, colours)
    steps: Steps = ((None, "green"),) if limit is None else ((None, "green"), (limit, "red"))
    return _sized(panel, title, about, queries, unit, steps, size, instant=False)


def _sized(
    panel: stat.Panel | bargauge.Panel | timeseries.Panel,
    title: str,
    about: str,
    queries: Sequence[Query],
    unit: str,
    steps: Steps,
    size: tuple[int, int],
    *,
    instant: bool,
) -> Sized:
    panel.title(title).description(about).datasource(SOURCE).unit(unit).no_value("no data")
    if unit == "locale" and not isinstance(panel, timeseries.Panel):
        panel.decimals(0)  # a count; `increase` extrapolates to fractions
    panel.thresholds(
        dashboard.ThresholdsConfig()
        .mode(models.ThresholdsMode.ABSOLUTE)
        .steps([models.Threshold(value, colour) for value, colour in steps])
    )
    if isinstance(panel, stat.Panel):
        panel.color_scheme(dashboard.FieldColor().mode(models.FieldColorModeId.THRESHOLDS))
    elif isinstance(panel, bargauge.Panel):
        panel.color_scheme(dashboard.FieldColor().mode(models.FieldColorModeId.FIXED).fixed_color("blue"))
    else:
        panel.color_scheme(dashboard.FieldColor().mode(models.FieldColorModeId.PALETTE_CLASSIC_BY_NAME))
    for ref, query in zip(string.ascii_uppercase, queries, strict=False):
        target = prometheus.Dataquery().ref_id(ref).datasource(SOURCE).expr(query.expr).legend_format(query.legend)
        panel.with_target(target.instant() if instant else target.range())
    return Sized(*size, panel.build())


def _mappings(words: Mapping[int, str] | None) -> list[models.ValueMapping]:
    if not words:
        return []
    shown = {str(value): models.ValueMappingResult(text=text) for value, text in words.items()}
    return [models.ValueMap(options=shown)]


def _colour(panel: bargauge.Panel | timeseries.Panel, colours: Mapping[str, str] | None) -> None:
    for name, colour in (colours or {}).items():
        fixed = {"mode": "fixed", "fixedColor": colour}
        panel.override_by_name(name, [models.DynamicConfigValue(id_val="color", value=fixed)])


def assemble(frame: dashboard.Dashboard, rows: Sequence[Row]) -> str:
    """The dashboard's JSON: panels placed from left to right and numbered, the data source as a variable."""
    model = frame.readonly().tooltip(models.DashboardCursorSync.CROSSHAIR).timezone("browser").build()
    model.panels = []
    y = 0
    for row in rows:
        numbered = len(model.panels) + 1
        at = models.GridPos(x=0, y=y, w=COLUMNS, h=1)
        model.panels.append(models.RowPanel(id_val=numbered, title=row.question, grid_pos=at, panels=[]))
        x, y, deepest = 0, y + 1, 0
        for width, height, panel in row.panels:
            if x + width > COLUMNS:
                x, y, deepest = 0, y + deepest, 0
            panel.id_val = len(model.panels) + 1
            panel.grid_pos = models.GridPos(x=x, y=y, w=width, h=height)
            model.panels.append(panel)
            x, deepest = x + width, max(deepest, height)
        y += deepest
    plain: dict[str, Any] = json.loads(json.dumps(model, cls=JSONEncoder))
    plain["annotations"].setdefault("list", [])
    for link in plain["links"]:
        del link["placement"]  # the SDK's only value hides it in a menu
    for annotation in plain["annotations"]["list"]:
        del annotation["placement"]
    return json.dumps(plain, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def data_source_variable() -> dashboard.DatasourceVariable:
    """Which Prometheus; the provisioned one unless somebody chooses another."""
    return (
        dashboard.DatasourceVariable("datasource")
        .label("Data source")
        .type("prometheus")
        .current(models.VariableOption(text="Prometheus", value="prometheus"))
    )


def annotated(frame: dashboard.Dashboard) -> dashboard.Dashboard:
    """The frame with a mark wherever an alert fired."""
    return frame.annotation(
        dashboard.AnnotationQuery()
        .name("Alerts")
        .datasource(SOURCE)
        .enable(True)
        .icon_color("red")
        .expr(FIRING)
        .title_format("{{alertname}}")
        .text_format("{{severity}}")
        .step("60s")
    )


def linked(frame: dashboard.Dashboard, uid: str) -> dashboard.Dashboard:
    """The frame with links to every other dashboard."""
    for other, title in BOARDS.items():
        if other != uid:
            frame.link(_link(title, other))
    return frame


def _link(title: str, uid: str) -> dashboard.DashboardLink:
    """A link to another dashboard of ours that keeps time range and variables."""
    return (
        dashboard.DashboardLink(title)
        .type(models.DashboardLinkType.LINK)
        .url(f"/d/{uid}")
        .icon("dashboard")
        .tooltip(f"{title}, same time range")
        .keep_time(True)
        .include_vars(True)
    )
