"""The dashboards as they are committed: built from the code, within the static rules, and with rules that can fail."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.grafana.board_file import Board, read
from deploy.grafana.build import DASHBOARDS, FOLDER, PAGE, REGIONS, page, regions
from deploy.grafana.queries import selector
from deploy.prometheus_tool import CONFIG
from streams import directory
from streams.metrics.registry import UndeclaredMetricError
from streams.reading.reader import Reader
from streams.settings import load
from tests.grafana.rules import wrong

PROVISIONING = FOLDER.parent / "provisioning"
COMPOSE = Path(__file__).parents[2] / "docker-compose.yml"


def committed(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", DASHBOARDS)
def test_building_again_changes_nothing(name: str) -> None:
    assert committed(name) == DASHBOARDS[name](), "run `make dashboards`"


def test_the_page_is_that_of_the_dashboards() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make dashboards`"


def test_no_other_dashboard_is_provisioned() -> None:
    assert {file.name for file in FOLDER.iterdir()} == set(DASHBOARDS)


@pytest.mark.parametrize("name", DASHBOARDS)
def test_a_dashboard_keeps_the_rules(name: str) -> None:
    assert wrong(read(committed(name))) == []


def test_the_dashboards_link_to_each_other() -> None:
    saved = [read(committed(name)) for name in DASHBOARDS]
    addresses = {f"/d/{one.json['uid']}" for one in saved}
    assert len(addresses) == len(saved)
    for one in saved:
        assert {link["url"] for link in one.json["links"]} == addresses - {f"/d/{one.json['uid']}"}


def test_every_alert_leads_to_a_dashboard_that_is_there() -> None:
    rules = yaml.safe_load((CONFIG.parent / "rules" / "alerts.yml").read_text(encoding="utf-8"))
    led_to = {
        rule["annotations"]["dashboard_url"].rpartition("/")[2].partition("?")[0]
        for group in rules["groups"]
        for rule in group["rules"]
    }
    assert {"earshot-operations", "earshot-ingest"} <= led_to
    assert led_to <= {read(committed(name)).json["uid"] for name in DASHBOARDS}


@pytest.mark.parametrize("name", ["network.json", "hospital.json"])
def test_a_row_leads_to_its_hospital(name: str) -> None:
    links = [
        link["url"]
        for panel in read(committed(name)).panels
        for override in panel.json.get("fieldConfig", {}).get("overrides", ())
        for one in override["properties"]
        if one["id"] == "links"
        for link in one["value"]
    ]
    assert links == [
        "/d/earshot-hospital?${__url_time_range}&${datasource:queryparam}&var-hospital=${__data.fields.hospital}"
    ]


def test_every_region_of_the_map_has_one_place() -> None:
    assert REGIONS.read_text(encoding="utf-8") == regions(), "run `make dashboards`"
    places = json.loads(regions())
    assert len({one["key"] for one in places}) == len(places)
    reader = Reader(directory.load(), load().max_post_bytes)
    shown = {reader.region(one)[1] for one in reader.directory.hospitals} - {""}
    assert shown <= {one["key"] for one in places}


# -- the rules find what is wrong -------------------------------------------------------------------------------------


def panel_of(plain: dict[str, Any], kind: str) -> dict[str, Any]:
    found: dict[str, Any] = next(panel for panel in plain["panels"] if panel["type"] == kind)
    return found


def renamed(text: str) -> Board:
    """A copy in which one metric has another name."""
    assert "conversation_tier_posts_total" in text
    return read(text.replace("conversation_tier_posts_total", "conversation_tiers_total"))


def expression(expr: str) -> Callable[[dict[str, Any]], None]:
    return lambda plain: panel_of(plain, "stat")["targets"][0].update(expr=expr)


def repeat_id(plain: dict[str, Any]) -> None:
    plain["panels"][1]["id"] = plain["panels"][2]["id"]


def drop_unknown(plain: dict[str, Any]) -> None:
    for panel in plain["panels"]:
        panel["targets"] = [one for one in panel.get("targets", []) if one["legendFormat"] != "unknown"]


BREAKS: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "overlap": (lambda plain: panel_of(plain, "stat")["gridPos"].update(w=10), "overlaps"),
    "outside": (lambda plain: panel_of(plain, "stat")["gridPos"].update(x=22), "outside the grid"),
    "id": (repeat_id, "ids are not unique"),
    "refId": (lambda plain: panel_of(plain, "stat")["targets"][0].update(refId=""), "refIds"),
    "unit": (lambda plain: panel_of(plain, "stat")["fieldConfig"]["defaults"].update(unit="posts"), "unit 'posts'"),
    "description": (lambda plain: panel_of(plain, "stat").update(description=""), "no description"),
    "data source": (lambda plain: panel_of(plain, "stat").update(datasource={"uid": "other"}), "another data source"),
    "editable": (lambda plain: plain.update(editable=True), "editable"),
    "link": (lambda plain: plain["links"][0].update(keepTime=False), "loses time range"),
    "local share alone": (drop_unknown, "without unknown"),
    "syntax": (expression("sum(("), "in sum(("),
    "label": (expression('max(pipeline_kafka_reachable{job="ingest", hospital="1"})'), "has no label hospital"),
    "grouping": (
        expression('sum by (tier) (rate(source_lines_total{job="ingest"}[$__rate_interval]))'),
        "grouped by tier",
    ),
    "job": (expression("max(pipeline_kafka_reachable)"), "without its job"),
    "recorded": (expression("stage:pipeline_lag_records:max"), "neither declared nor recorded"),
    "total": (expression('sum(source_lines_total{job="ingest"})'), "outside rate"),
    "range": (expression('sum(rate(source_lines_total{job="ingest"}[1m]))'), "a range of its own"),
    "gauge": (expression('sum(pipeline_remembered_posts{job="worker"})'), "without max by"),
    "table": (expression('sum(conversation_posts_total{job="worker"})'), "not the highest"),
}


@pytest.mark.parametrize("case", BREAKS)
def test_a_broken_dashboard_is_found(case: str) -> None:
    change, expected = BREAKS[case]
    plain = json.loads(committed("hospital.json"))
    change(plain)
    assert any(expected in line for line in wrong(read(json.dumps(plain))))


def test_a_renamed_metric_is_found() -> None:
    assert any(
        "conversation_tiers_total is neither declared nor recorded" in line
        for line in wrong(renamed(committed("hospital.json")))
    )


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("conversation_likes_total", {}),
        ("conversation_posts_total", {"author": "x"}),
        ("conversation_tier_posts_total", {"tier": "near"}),
        ("x_rules", {"job": "worker"}),
    ],
)
def test_the_builder_refuses_what_is_not_declared(name: str, labels: dict[str, str]) -> None:
    with pytest.raises(UndeclaredMetricError):
        selector(name, **labels)


# -- provisioning -----------------------------------------------------------------------------------------------------


def test_the_data_source_is_the_one_that_dashboards_name_and_scrapes_as_prometheus_does() -> None:
    sources = yaml.safe_load((PROVISIONING / "datasources" / "prometheus.yml").read_text(encoding="utf-8"))
    by_uid = {one["uid"]: one for one in sources["datasources"]}
    assert set(by_uid) == {"prometheus", "alertmanager"}
    scrape = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))["global"]["scrape_interval"]
    options = by_uid["prometheus"]["jsonData"]
    assert options["timeInterval"] == scrape, "$__rate_interval would be wrong"
    assert by_uid[options["alertmanagerUid"]]["type"] == "alertmanager"
    assert not any(one["editable"] for one in by_uid.values())


def test_the_dashboards_are_read_from_where_compose_puts_them() -> None:
    providers = yaml.safe_load((PROVISIONING / "dashboards" / "earshot.yml").read_text(encoding="utf-8"))["providers"]
    assert [one["allowUiUpdates"] for one in providers] == [False]
    mounts = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]["grafana"]["volumes"]
    assert f"./deploy/grafana/dashboards:{providers[0]['options']['path']}:ro" in mounts
    assert "./deploy/grafana/provisioning:/etc/grafana/provisioning:ro" in mounts
