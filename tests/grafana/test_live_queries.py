"""Every query of the dashboards against a real Prometheus that scrapes a live pipeline after four weeks of a past.

One pipeline for the room: what it answers while posts come, and once all is counted after a kill of the worker, after a
second one joined and after that one left, is kept and judged by the tests; the panels' numbers against the oracle's.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from agents.kafka import stored
from agents.proving.boards.answers import Answer, answer, ask, busiest
from agents.proving.boards.drawing import draw
from agents.proving.boards.drawn_tables import rows_of
from agents.proving.boards.live import WORKER, Live, live
from agents.proving.oracle import Verdict, counted
from agents.proving.prometheus import RunningPrometheus, Series
from agents.proving.recount import Cell, Span, bounds
from deploy.grafana.board_file import Board, Panel, Target, columns, fill, key, read
from deploy.grafana.build import DASHBOARDS, FOLDER
from deploy.grafana.panels import EXPECT_ZERO
from streams import directory
from streams.kafka import topics as kafka_topics
from streams.metrics.collector import MINIMUM_CELL
from streams.reading.reader import Reader
from streams.settings import load
from streams.vocabulary import INTENTS, SPANS, STAGES, TIERS
from tests.grafana.full_hour import within_an_hour

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(600)]  # four weeks and three moments: a bound against hangs

SECOND = "worker-2"
MOMENTS = ("restarted", "joined", "left")
"""After a kill of the one worker; with a second one; without that one again."""
RATE = 20.0
HISTORY = 28 * 86_400.0
"""Seconds of the past: for windows, for questions whose time is over, for surges. The busiest hospital has thousands of
posts then, so even its service lines have five each."""
WINDOWS: tuple[Span, ...] = ("24h", "7d", "28d")
RATE_INTERVAL, SPAN = 10, 600
TOPICS = "Operational and safety topics", "Service lines, from 5 posts"
SAVED = {name: read((FOLDER / name).read_text(encoding="utf-8")) for name in DASHBOARDS}
RENAMED = "conversation_tier_posts_total", "conversation_tiers_total"
MAY_BE_EMPTY = {
    # Nothing is wrong in this pipeline; `test_the_list_of_alerts_lists_what_fires`.
    ("network.json", "Firing alerts", "A"),
    # No older scrape is there; test_week_before.py.
    *(("hospital.json", f"{topics}", ref) for topics in TOPICS for ref in "BC"),
    # A process on this machine has no limit; test_ingest_numbers.py.
    ("operations.json", "Memory, share of the limit", "A"),
    # No Alertmanager runs here; the alert NotificationsFailing asks the same, tests/prometheus.
    ("operations.json", "Failures of the monitoring itself", "C"),
}
"""Dashboard, panel, query; each has a test of its own."""
QUERIES = [
    pytest.param(name, panel, target, id=f"{name.removesuffix('.json')}-{panel.title}-{target.ref}")
    for name, saved in SAVED.items()
    for panel, target in saved.queries()
    if (name, panel.title, target.ref) not in MAY_BE_EMPTY
]
ZEROS = [
    pytest.param(name, panel, target, id=f"{panel.title}-{target.ref}")
    for name, saved in SAVED.items()
    for panel, target in saved.queries()
    if panel.json["description"].startswith(EXPECT_ZERO)
]

Key = tuple[str, int, str]
"""Dashboard, panel id, refId."""


class Told(NamedTuple):
    """What panels showed at one moment once all posts were counted, and what the oracle counts until then."""

    hospital: str
    answers: Mapping[Key, list[Series]]
    """To what asks for one moment, not for lines."""
    lifetime: Mapping[str, Counter[str]]
    """Hospital -> its counts, as the oracle reads the tables."""
    windows: Mapping[Span, Mapping[str, Counter[str]]]
    """The same in windows of hours, at that moment."""


class Seen(NamedTuple):
    """What the pipeline and Prometheus said."""

    hospital: str
    flowing: Mapping[Key, list[Series]]
    """Answers while posts came."""
    renamed: Mapping[Key, list[Series]]
    """Answers to the queries in which one metric was renamed."""
    variables: Mapping[str, list[Series]]
    told: Mapping[str, Told]
    """By moment."""
    verdict: Verdict
    rule_errors: dict[str, str]
    always_firing: list[Series]
    """The list of alerts with the one that the dashboard leaves out, and without the others."""


def asked(
    prometheus: RunningPrometheus, saved: Mapping[str, Board], hospital: str, *, lines: bool = True
) -> dict[Key, list[Series]]:
    return {
        (name, panel.id, target.ref): ask(
            prometheus, target, fill(target.expr, RATE_INTERVAL, SPAN, hospital), SPAN, step=2
        )
        for name, one in saved.items()
        for panel, target in one.queries()
        if lines or target.instant
    }


def some(series: list[Series]) -> bool:
    """Whether a panel would show a number."""
    return any(not math.isnan(value) for one in series for _, value in one.points)


def scraped_posts(running: Live) -> float:
    samples = running.pipeline.scrape(WORKER)
    return sum(value for (name, _), value in samples.items() if name == "conversation_posts_total")


def share_out(running: Live, posts: float, *workers: str) -> bool:
    """Whether Prometheus has all that the workers show, each with a part of the partitions, and nothing twice."""
    pipeline, prometheus = running
    held = {
        (one.labels["instance"], one.labels["stage"]): one.value for one in prometheus.query("pipeline_held_partitions")
    }
    addresses = [f"127.0.0.1:{pipeline.ports[worker]}" for worker in workers]
    hospitals = len(directory.load().hospitals)
    numbers = (
        f"count(conversation_posts_total) == {hospitals}",
        f"count(conversation_window_posts) == {hospitals * len(SPANS)}",
        f"sum(conversation_posts_total) == {posts}",
    )
    return (
        held.keys() == {(address, stage) for address in addresses for stage in STAGES}
        and min(held.values()) > 0
        and sum(held.values()) == len(STAGES) * pipeline.settings.partitions
        and all(prometheus.query(expr) for expr in numbers)
    )


def wait_for_figures(running: Live, hospital: str) -> None:
    """Until what the worker looks at between other work is in Prometheus."""
    late = f'conversation_surge_score{{hospital="{hospital}"}} and on () (sum(conversation_service_index) > 0)'
    running.pipeline.wait_until(lambda: bool(running.prometheus.query(late)), "the worker has looked at hospitals")


def counts(cells: Counter[Cell], at: float) -> tuple[dict[str, Counter[str]], dict[Span, dict[str, Counter[str]]]]:
    """By hospital, over the lifetime and in each window."""
    lifetime: dict[str, Counter[str]] = {}
    windows: dict[Span, dict[str, Counter[str]]] = {span: {} for span in WINDOWS}
    hours = {span: bounds(span, at) for span in WINDOWS}
    for (hospital, period, cell, _), count in cells.items():
        if period == "all":
            lifetime.setdefault(hospital, Counter())[cell] += count
        elif cell != "person":
            hour = int(period[1:])
            for span, (first, last) in hours.items():
                if first <= hour <= last:
                    windows[span].setdefault(hospital, Counter())[cell] += count
    return lifetime, windows


def watch(running: Live) -> Seen:
    pipeline, prometheus = running
    hospital = busiest(prometheus)
    wait_for_figures(running, hospital)
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
    ((_, firing),) = ((panel, one) for panel, one in SAVED["network.json"].queries() if panel.title == "Firing alerts")
    watchdog = prometheus.query(firing.expr.replace('alertname!="Watchdog"', 'alertname="Watchdog"'))
    moments: dict[str, tuple[float, dict[Key, list[Series]]]] = {}

    def look(moment: str, posts: float, *workers: str) -> None:
        """Ask all panels once these workers show all hospitals between them."""
        pipeline.wait_until(lambda: share_out(running, posts, *workers), f"Prometheus has all, {moment}")
        wait_for_figures(running, hospital)
        moments[moment] = within_an_hour(lambda: asked(prometheus, SAVED, hospital, lines=False))

    pipeline.workers[WORKER].kill()
    pipeline.start_worker(WORKER)
    pipeline.stop_posts()
    assert pipeline.drain() == 0
    pipeline.wait_until(lambda: bool(scraped_posts(running)), "the worker shows its tables again")
    posts = scraped_posts(running)
    look("restarted", posts, WORKER)
    pipeline.start_worker(SECOND)
    prometheus.set_targets("worker", [f"127.0.0.1:{pipeline.ports[worker]}" for worker in (WORKER, SECOND)])
    look("joined", posts, WORKER, SECOND)
    assert pipeline.workers.pop(SECOND).end() == 0
    prometheus.set_targets("worker", [f"127.0.0.1:{pipeline.ports[WORKER]}"])
    look("left", posts, WORKER)
    pipeline.stop_workers()
    settings = pipeline.settings
    cells = counted(stored.read(settings, kafka_topics.changelog(settings, kafka_topics.HOSPITALS)))
    told = {moment: Told(hospital, answers, *counts(cells, at)) for moment, (at, answers) in moments.items()}
    return Seen(hospital, flowing, renamed, variables, told, pipeline.judge(), errors, watchdog)


@pytest.fixture(scope="module")
def seen(kafka: str) -> Iterator[Seen]:
    with live(load(kafka_bootstrap=kafka), lambda _: None, RATE, HISTORY) as running:
        yield watch(running)


@pytest.fixture(params=MOMENTS)
def told(seen: Seen, request: pytest.FixtureRequest) -> Told:
    """Each moment at which all was counted."""
    return seen.told[request.param]


@pytest.mark.parametrize(("name", "panel", "target"), QUERIES)
def test_a_panel_has_data(seen: Seen, name: str, panel: Panel, target: Target) -> None:
    assert some(seen.flowing[name, panel.id, target.ref]), target.expr


@pytest.mark.parametrize(("name", "panel", "target"), ZEROS)
def test_an_integrity_panel_shows_zero(seen: Seen, name: str, panel: Panel, target: Target) -> None:
    for answers in (seen.flowing, *(told.answers for told in seen.told.values())):
        series = answers[name, panel.id, target.ref]
        assert series
        assert [one.value for one in series] == [0.0] * len(series), target.expr


def test_the_list_of_alerts_lists_what_fires(seen: Seen) -> None:
    assert [one.labels["alertname"] for one in seen.always_firing] == ["Watchdog"]
    assert seen.always_firing[0].value >= 0


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
    empty = {key for key, series in seen.renamed.items() if not some(series) and some(seen.flowing[key])}
    expected = {
        ("hospital.json", panel.id, target.ref)
        for panel, target in SAVED["hospital.json"].queries()
        if RENAMED[0] in target.expr
    }
    assert expected
    assert empty == expected


@pytest.mark.parametrize("name", ["network.json", "ingest.json"])  # every kind of panel
def test_the_preview_draws_a_dashboard(seen: Seen, name: str, tmp_path: Path) -> None:
    answers: dict[int, list[Answer]] = {}
    for panel, target in SAVED[name].queries():
        series = seen.flowing[name, panel.id, target.ref]
        answers.setdefault(panel.id, []).extend(answer(target, one) for one in series)
    file = tmp_path / "preview.png"
    draw(SAVED[name], answers, seen.hospital, file, 1366)
    assert file.read_bytes().startswith(b"\x89PNG")


# -- numbers ----------------------------------------------------------------------------------------------------------
# What panels show once all was counted, at each moment, beside what the oracle counted anew.


def shown(told: Told, name: str, title: str, ref: str = "A") -> list[Series]:
    """Answers to one query of a panel."""
    (panel,) = (one for one in SAVED[name].panels if one.title == title)
    return told.answers[name, panel.id, ref]


def by_label(told: Told, title: str, label: str, name: str = "hospital.json") -> dict[str, int]:
    """What a panel's first query shows, by a label; zeros left out."""
    return {one.labels[label]: int(one.value) for one in shown(told, name, title) if one.value}


def column(told: Told, name: str, title: str, heading: str) -> dict[str, float]:
    """A table's column, by the label that joins its rows; zeros left out."""
    (panel,) = (one for one in SAVED[name].panels if one.title == title)
    found = [answer(target, one) for target in panel.targets for one in told.answers[name, panel.id, target.ref]]
    (field,) = (one.field for one in columns(panel) if one.title == heading)
    return {row[key(panel)]: row[field] for row in rows_of(panel, found) if row.get(field)}


def table(cells: Counter[str], kind: str) -> dict[str, int]:
    """Counts of one kind, by value: for `tier`, those of the cells `tier/...`."""
    return {cell.removeprefix(f"{kind}/"): count for cell, count in cells.items() if cell.startswith(f"{kind}/")}


def local_share(counts: Counter[str]) -> float:
    return counts["tier/local"] / (counts["posts"] - counts["tier/unknown"])


def summed(counts: Mapping[str, Counter[str]]) -> Counter[str]:
    return sum(counts.values(), Counter())


def regions(told: Told) -> dict[str, Counter[str]]:
    """Counts of 28 days by referral region."""
    reader = Reader(directory.load(), load().max_post_bytes)
    found: dict[str, Counter[str]] = {}
    month = told.windows["28d"]
    for one in reader.directory.hospitals:
        if name := reader.region(one)[1]:
            found[name] = found.get(name, Counter()) + month.get(one.id, Counter())
    return {name: cells for name, cells in found.items() if cells["posts"]}


def held_back(counts: Mapping[str, int]) -> dict[str, int]:
    """Without what is too small to be shown."""
    return {name: count for name, count in counts.items() if count >= MINIMUM_CELL}


def test_the_tables_are_what_the_oracle_counts(seen: Seen) -> None:
    assert seen.verdict.difference == 0
    assert seen.verdict.posts > 0


def test_the_posts_shown_are_the_oracles(told: Told) -> None:
    assert by_label(told, "Posts", "hospital") == {told.hospital: told.lifetime[told.hospital]["posts"]}


def test_the_tiers_shown_are_the_oracles(told: Told) -> None:
    tiers = by_label(told, "Posts by tier", "tier")
    assert tiers == table(told.lifetime[told.hospital], "tier")
    assert set(tiers) <= set(TIERS)
    assert sum(tiers.values()) == told.lifetime[told.hospital]["posts"]


def test_the_intents_shown_are_the_oracles(told: Told) -> None:
    intents = by_label(told, "Posts by intent", "intent")
    assert intents == table(told.lifetime[told.hospital], "intent")
    assert set(intents) <= set(INTENTS)
    (wanting,) = shown(told, "hospital.json", "Want an answer")
    assert wanting.value == sum(intents.get(one, 0) for one in ("question", "request", "complaint"))
    (crises,) = shown(told, "hospital.json", "Possible crises")
    assert crises.value == intents.get("crisis", 0)


def test_the_topics_shown_are_the_oracles(told: Told) -> None:
    assert column(told, "hospital.json", "Operational and safety topics", "Posts") == table(
        told.lifetime[told.hospital], "topic"
    )


def test_the_share_of_sure_posts_is_shown_for_the_hospitals_topics(told: Told) -> None:
    shares = column(told, "hospital.json", "Operational and safety topics", "Sure")
    assert shares.keys() <= table(told.lifetime[told.hospital], "topic").keys()
    assert max(shares.values()) > 0.5
    assert all(0 < share <= 1 for share in shares.values())


def test_the_service_lines_shown_are_the_oracles_from_five_posts(told: Told) -> None:
    service_lines = held_back(table(told.lifetime[told.hospital], "s/topic"))
    assert service_lines
    assert column(told, "hospital.json", "Service lines, from 5 posts", "Posts") == service_lines


@pytest.mark.parametrize("span", WINDOWS)
def test_the_windows_shown_are_the_oracles(told: Told, span: Span) -> None:
    counts = told.windows[span][told.hospital]

    def cell(heading: str) -> float:
        return column(told, "hospital.json", "Windows until now", heading)[span]

    assert cell("Posts") == counts["posts"]
    assert cell("Want an answer") == counts["wants"]
    assert cell("Local share") == pytest.approx(local_share(counts))
    assert cell("Unknown") == pytest.approx(counts["tier/unknown"] / counts["posts"])


def test_the_last_day_shown_is_the_oracles(told: Told) -> None:
    day, month = told.windows["24h"], told.windows["28d"]
    (own,) = shown(told, "hospital.json", "Posts, last 24 h")
    assert own.value == day[told.hospital]["posts"]
    (change,) = shown(told, "hospital.json", "Against an average day")
    before = month[told.hospital]["posts"] - day[told.hospital]["posts"]
    assert change.value == pytest.approx(day[told.hospital]["posts"] / (before / 27) - 1)
    (every,) = shown(told, "network.json", "Posts, last 24 h")
    assert every.value == summed(day)["posts"]


def test_the_table_of_all_hospitals_shows_the_oracles_counts(told: Told) -> None:
    day, month = told.windows["24h"], told.windows["28d"]
    posts = column(told, "network.json", "All hospitals", "Posts")
    assert posts == {one: counts["posts"] for one, counts in day.items() if counts["posts"]}
    assert len(posts) > 10
    shares = column(told, "network.json", "All hospitals", "Local")
    assert shares == pytest.approx({one: local_share(of) for one, of in month.items() if of["tier/local"]})


def test_the_interval_of_a_share_is_wilsons(told: Told) -> None:
    counts = told.windows["28d"][told.hospital]
    placed = counts["posts"] - counts["tier/unknown"]
    share, z = local_share(counts), 1.96
    middle = (share + z * z / (2 * placed)) / (1 + z * z / placed)
    half = z * math.sqrt(share * (1 - share) / placed + z * z / (4 * placed**2)) / (1 + z * z / placed)
    for heading, end in (("from", middle - half), ("to", middle + half)):
        assert column(told, "network.json", "All hospitals", heading)[told.hospital] == pytest.approx(end, rel=1e-4)


def test_regions_add_up_their_hospitals(told: Told) -> None:
    posts = {name: cells["posts"] for name, cells in regions(told).items()}
    assert by_label(told, "Referral regions, 28 days", "region", "network.json") == posts
    assert column(told, "community.json", "Referral regions, 28 days", "Posts") == posts
    shares = column(told, "community.json", "Referral regions, 28 days", "Local")
    assert shares == pytest.approx({one: local_share(of) for one, of in regions(told).items() if of["tier/local"]})


def test_the_hospitals_of_a_region_are_shown_beside_each_other(told: Told) -> None:
    month = told.windows["28d"]
    around = column(told, "hospital.json", "Hospitals of our referral region, 28 days", "Posts")
    assert told.hospital in around
    assert around == {one: month[one]["posts"] for one in around}


def test_the_network_s_nearness_is_the_oracles(told: Told) -> None:
    assert by_label(told, "Posts by nearness", "tier", "community.json") == table(summed(told.lifetime), "tier")
    (share,) = shown(told, "community.json", "Local share, 28 days")
    assert share.value == pytest.approx(local_share(summed(told.windows["28d"])))


def test_communities_are_the_oracles_and_those_of_a_disease_from_five(told: Told) -> None:
    cells = summed(told.windows["28d"])
    expected: Counter[str] = Counter()
    for name, count in cells.items():
        _, _, rest = name.partition("community/")
        near, _, community = rest.partition("/")
        if near and community != "*" and (not name.startswith("s/") or count >= MINIMUM_CELL):
            expected[community] += count
    assert expected
    assert column(told, "community.json", "Communities, 28 days", "Posts") == expected


def test_the_counts_held_back_are_the_oracles(told: Told) -> None:
    every = (count for cells in told.lifetime.values() for count in table(cells, "s/topic").values())
    small = sum(0 < count < MINIMUM_CELL for count in every)
    (held,) = shown(told, "cost.json", "Counts held back")
    assert held.value == small


def test_who_waits_is_the_same_on_every_board(told: Told) -> None:
    waiting = column(told, "network.json", "All hospitals", "Waiting")
    assert waiting[told.hospital] == sum(column(told, "hospital.json", "Who waits for an answer?", "Waiting").values())
    (every,) = shown(told, "network.json", "Posts waiting for an answer")
    assert every.value == sum(waiting.values())


def test_no_hospital_is_missing_however_many_workers_hold_them(told: Told) -> None:
    (share,) = shown(told, "operations.json", "Hospitals shown")
    assert share.value == 1
    assert {
        one.labels["stage"]: one.value for one in shown(told, "operations.json", "Partitions held")
    } == dict.fromkeys(STAGES, 1)


def test_a_worker_that_was_killed_restarted_once_and_one_that_joined_never(seen: Seen) -> None:
    restarts = [
        one.value for one in shown(seen.told["left"], "operations.json", "Restarts") if one.labels["job"] == "worker"
    ]
    assert sorted(restarts) == [0, 1]
