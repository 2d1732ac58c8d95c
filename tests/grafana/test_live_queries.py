"""Every query of the dashboards against a real Prometheus that scrapes a live pipeline, and three panels' numbers
against the oracle.

One pipeline for the room: what it answers while posts come, and once all is counted, is kept and judged by the tests.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from agents.kafka import stored
from agents.proving.boards.answers import Answer, ask, busiest, name_of
from agents.proving.boards.drawing import draw
from agents.proving.boards.live import WORKER, Live, live
from agents.proving.oracle import Verdict, counted
from agents.proving.prometheus import RunningPrometheus, Series
from agents.proving.recount import Cell
from deploy.grafana.board_file import Board, Panel, Target, fill, read
from deploy.grafana.build import DASHBOARDS, FOLDER
from deploy.grafana.panels import EXPECT_ZERO
from streams.kafka import topics as kafka_topics
from streams.settings import load
from streams.vocabulary import INTENTS, TIERS

pytestmark = [pytest.mark.kafka]

RATE = 300.0
ENOUGH_POSTS = 400
"""Of the busiest hospital: then even its service lines have five each."""
RATE_INTERVAL, SPAN = 10, 600
SAVED = {name: read((FOLDER / name).read_text(encoding="utf-8")) for name in DASHBOARDS}
RENAMED = "conversation_tier_posts_total", "conversation_tiers_total"
QUERIES = [
    pytest.param(name, panel, target, id=f"{name.removesuffix('.json')}-{panel.title}-{target.ref}")
    for name, saved in SAVED.items()
    for panel, target in saved.queries()
]
ZEROS = [
    pytest.param(name, panel, target, id=f"{panel.title}-{target.ref}")
    for name, saved in SAVED.items()
    for panel, target in saved.queries()
    if panel.json["description"].startswith(EXPECT_ZERO)
]

Key = tuple[str, int, str]
"""Dashboard, panel id, refId."""


class Seen(NamedTuple):
    """What the pipeline and Prometheus said."""

    hospital: str
    flowing: Mapping[Key, list[Series]]
    """Answers while posts came."""
    renamed: Mapping[Key, list[Series]]
    """Answers to the queries in which one metric was renamed."""
    variables: Mapping[str, list[Series]]
    counted: Mapping[Key, list[Series]]
    """Answers once all posts were counted."""
    verdict: Verdict
    cells: Counter[Cell]
    """The tables, as the oracle reads them."""
    rule_errors: dict[str, str]


def asked(prometheus: RunningPrometheus, saved: Mapping[str, Board], hospital: str) -> dict[Key, list[Series]]:
    return {
        (name, panel.id, target.ref): ask(
            prometheus, target, fill(target.expr, RATE_INTERVAL, SPAN, hospital), SPAN, step=2
        )
        for name, one in saved.items()
        for panel, target in one.queries()
    }


def some(series: list[Series]) -> bool:
    """Whether a panel would show a number."""
    return any(not math.isnan(value) for one in series for _, value in one.points)


def shown_posts(prometheus: RunningPrometheus) -> float:
    return sum(one.value for one in prometheus.query("max by (hospital) (conversation_posts_total)"))


def scraped_posts(running: Live) -> float:
    samples = running.pipeline.scrape(WORKER)
    return sum(value for (name, _), value in samples.items() if name == "conversation_posts_total")


def watch(running: Live) -> Seen:
    pipeline, prometheus = running
    pipeline.wait_until(
        lambda: any(one.value >= ENOUGH_POSTS for one in prometheus.query("conversation_posts_total")),
        f"a hospital with {ENOUGH_POSTS} posts",
    )
    hospital = busiest(prometheus)
    pipeline.wait_until(
        lambda: some(prometheus.query("x_compliance_checked_timestamp_seconds")), "compliance was heard"
    )
    pipeline.wait_until(
        lambda: some(prometheus.query("hospital:conversation_posts:increase1h > 0")), "rules have two samples"
    )
    flowing = asked(prometheus, SAVED, hospital)
    text = (FOLDER / "hospital.json").read_text(encoding="utf-8")
    renamed = asked(prometheus, {"hospital.json": read(text.replace(*RENAMED))}, hospital)
    variables = {
        f"{name}-{variable}": prometheus.query(expr)
        for name, one in SAVED.items()
        for variable, expr in one.variable_queries.items()
    }
    errors = prometheus.rule_errors()
    pipeline.stop_posts()
    assert pipeline.drain() == 0
    pipeline.wait_until(lambda: shown_posts(prometheus) == scraped_posts(running), "Prometheus has the last count")
    final = asked(prometheus, SAVED, hospital)
    pipeline.stop_workers()
    settings = pipeline.settings
    rows = stored.read(settings, kafka_topics.changelog(settings, kafka_topics.HOSPITALS))
    return Seen(hospital, flowing, renamed, variables, final, pipeline.judge(), counted(rows), errors)


@pytest.fixture(scope="module")
def seen(kafka: str) -> Iterator[Seen]:
    with live(load(kafka_bootstrap=kafka), lambda _: None, RATE) as running:
        yield watch(running)


@pytest.mark.parametrize(("name", "panel", "target"), QUERIES)
def test_a_panel_has_data(seen: Seen, name: str, panel: Panel, target: Target) -> None:
    assert some(seen.flowing[name, panel.id, target.ref]), target.expr


@pytest.mark.parametrize(("name", "panel", "target"), ZEROS)
def test_an_integrity_panel_shows_zero(seen: Seen, name: str, panel: Panel, target: Target) -> None:
    for moment in (seen.flowing, seen.counted):
        series = moment[name, panel.id, target.ref]
        assert series
        assert [one.value for one in series] == [0.0] * len(series), target.expr


def test_the_hospital_can_be_chosen_by_its_name(seen: Seen) -> None:
    choices = seen.variables["hospital.json-hospital"]
    (variable,) = (one for one in SAVED["hospital.json"].json["templating"]["list"] if one["name"] == "hospital")
    # Grafana shows query_result as text, labels in order, and takes text and value by the regex.
    pattern = re.compile(variable["regex"].strip("/").replace("(?<", "(?P<"))
    found = {}
    for one in choices:
        labels = ",".join(f'{label}="{value}"' for label, value in sorted(one.labels.items()) if label != "__name__")
        match = pattern.search(f"{one.labels.get('__name__', '')}{{{labels}}} {one.value} 0")
        assert match is not None
        found[match["value"]] = match["text"]
    assert len(found) == len(choices) == len(set(found.values()))
    assert seen.hospital in found


def test_every_variable_has_values(seen: Seen) -> None:
    assert all(seen.variables.values())


def test_every_rule_is_evaluated(seen: Seen) -> None:
    assert seen.rule_errors == {}


def test_a_renamed_metric_leaves_panels_empty(seen: Seen) -> None:
    empty = {key for key, series in seen.renamed.items() if not some(series)}
    expected = {
        ("hospital.json", panel.id, target.ref)
        for panel, target in SAVED["hospital.json"].queries()
        if RENAMED[0] in target.expr
    }
    assert expected
    assert empty == expected


@pytest.mark.parametrize("name", SAVED)
def test_the_preview_draws_a_dashboard(seen: Seen, name: str, tmp_path: Path) -> None:
    answers: dict[int, list[Answer]] = {}
    for panel, target in SAVED[name].queries():
        series = seen.flowing[name, panel.id, target.ref]
        answers.setdefault(panel.id, []).extend(Answer(name_of(target, one), one.points) for one in series)
    file = tmp_path / "preview.png"
    draw(SAVED[name], answers, seen.hospital, file)
    assert file.read_bytes().startswith(b"\x89PNG")


# -- numbers ----------------------------------------------------------------------------------------------------------


def panel_values(seen: Seen, title: str, label: str) -> dict[str, int]:
    """What a panel of one query shows in the end, by a label; zeros left out."""
    (panel,) = (one for one in SAVED["hospital.json"].panels if one.title == title)
    series = seen.counted["hospital.json", panel.id, panel.targets[0].ref]
    return {one.labels[label]: int(one.value) for one in series if one.value}


def lifetime(seen: Seen) -> dict[str, int]:
    """The chosen hospital's lifetime counts, by cell."""
    return {
        cell: count
        for (hospital, period, cell, _), count in seen.cells.items()
        if (hospital, period) == (seen.hospital, "all")
    }


def table(seen: Seen, kind: str) -> dict[str, int]:
    """Its lifetime counts of one kind, by value: for `tier`, those of the cells `tier/...`."""
    return {
        cell.removeprefix(f"{kind}/"): count for cell, count in lifetime(seen).items() if cell.startswith(f"{kind}/")
    }


def test_the_tables_are_what_the_oracle_counts(seen: Seen) -> None:
    assert seen.verdict.difference == 0
    assert seen.verdict.posts > 0


@pytest.mark.parametrize("title", ["Posts", "Posts, lifetime"])
def test_the_posts_shown_are_the_oracles(seen: Seen, title: str) -> None:
    posts = lifetime(seen)["posts"]
    assert posts >= ENOUGH_POSTS
    assert panel_values(seen, title, "hospital") == {seen.hospital: posts}


def test_the_tiers_shown_are_the_oracles(seen: Seen) -> None:
    shown = panel_values(seen, "Posts by tier", "tier")
    assert shown == table(seen, "tier")
    assert set(shown) <= set(TIERS)
    assert sum(shown.values()) == lifetime(seen)["posts"]


def test_the_intents_shown_are_the_oracles(seen: Seen) -> None:
    shown = panel_values(seen, "Posts by intent", "intent")
    assert shown == table(seen, "intent")
    assert set(shown) <= set(INTENTS)


def test_the_topics_shown_are_the_oracles(seen: Seen) -> None:
    assert panel_values(seen, "Operational and safety topics", "topic") == table(seen, "topic")


def test_the_service_lines_shown_are_the_oracles_from_five_posts(seen: Seen) -> None:
    service_lines = {topic: count for topic, count in table(seen, "s/topic").items() if count >= 5}
    assert service_lines
    assert panel_values(seen, "Service lines, from 5 posts", "topic") == service_lines
