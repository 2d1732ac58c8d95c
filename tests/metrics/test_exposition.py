"""A live exposition, walked: declared families and closed labels only, nobody in them, and the oracle's numbers."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from itertools import product
from typing import NamedTuple

import msgspec
import pytest
import requests
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_open_metrics
from prometheus_client.parser import text_string_to_metric_families as parse_plain

from agents.kafka import group_lag, stored
from agents.proving.oracle import Verdict, counted
from agents.proving.pipeline import Pipeline
from agents.proving.recount import Cell
from agents.simulated.jetstream import post
from streams import compiled, directory
from streams.figures.responses import ASKING
from streams.kafka import topics as kafka_topics
from streams.metrics.collector import MINIMUM_CELL
from streams.metrics.registry import METRICS, Job, Metric
from streams.metrics.service import SERVICE
from streams.reading.reader import Reader
from streams.reading.topics.communities import Communities
from streams.reading.topics.taxonomy import Taxonomy
from streams.settings import Settings, load
from streams.vocabulary import CERTAINTIES, INTENTS, INTERESTS, NEARS, OUTCOMES, SPANS, STAGES, TIERS, WHOSES
from tests.running_ingest import pointed_at, simulated
from tests.scripted_bluesky import jetstream
from tests.waiting import wait_until

pytestmark = pytest.mark.kafka

WORKER = "worker-1"
POSTS = 400

Series = dict[tuple[str, ...], float]
"""Label values, in the order of declaration -> number."""


class Run(NamedTuple):
    """What a pipeline showed when everything was counted, and what is true."""

    plain: dict[Job, str]
    open_metrics: dict[Job, str]
    verdict: Verdict
    cells: dict[Cell, int]
    """By the oracle's own reading of the changelog."""
    personal: set[str]
    """Post ids, texts, user ids, names and handles of everybody who wrote."""
    people: set[str]
    """The same without post ids: what stands nowhere past `posts`."""
    past_posts: bytes
    """Keys and values of every Kafka topic that the worker writes."""


def scrape(url: str, accept: str) -> str:
    return requests.get(url, headers={"Accept": accept}, timeout=10).content.decode()


def both(pipeline: Pipeline, accept: str) -> dict[Job, str]:
    jobs: dict[Job, str] = {"worker": WORKER, "ingest": "ingest"}
    return {job: scrape(pipeline.metrics_url(name), accept) for job, name in jobs.items()}


@pytest.fixture(scope="module")
def run(kafka: str) -> Iterator[Run]:
    """A few hundred posts of X through ingest and a worker, and some of Bluesky that are nobody's."""
    with (
        jetstream() as bluesky,
        simulated(rate=1000, seed=7, count=POSTS, bad_every=20, heartbeat=0.5) as running,
        Pipeline(load(kafka_bootstrap=kafka), lambda _: None) as pipeline,
    ):
        pipeline.settings = msgspec.structs.replace(
            pointed_at(pipeline.settings, running.x.url, pipeline.folder),
            sources="x,bluesky", bluesky_url=bluesky.server.url,
        )  # fmt: skip
        pipeline.start_worker(WORKER)
        pipeline.start_ingest()
        x = running.x

        def counted_all() -> bool:
            assert pipeline.ended() == []
            acked = pipeline.scrape("ingest").get(("pipeline_ingest_acked_total", frozenset()), 0)
            return (
                x.exhausted and acked == x.delivered.total() + x.bad.total() and group_lag.total(pipeline.settings) == 0
            )

        wait_until(counted_all, "everything that X had to say is counted and committed", 90)
        wait_until(lambda: bluesky.server.connected, "Bluesky is connected")
        bluesky.write(post("did:plc:someone", "3a", "good morning"))
        other = ("source_lines_total", frozenset({("source", "bluesky"), ("kind", "other")}))
        wait_until(lambda: pipeline.scrape("ingest")[other] == 1, "an event of Bluesky")
        heartbeat = ("source_lines_total", frozenset({("source", "x"), ("kind", "heartbeat")}))
        wait_until(lambda: pipeline.scrape("ingest")[heartbeat] > 0, "a heartbeat")
        every = len(SPANS) * len(directory.load().hospitals)
        wait_until(
            lambda: sum(name == "conversation_window_posts" for name, _ in pipeline.scrape(WORKER)) == every,
            "windows of all hospitals are made, within a second or two of their first post",
        )
        looked_at = len(ASKING) * len(directory.load().hospitals)
        wait_until(
            lambda: sum(name == "conversation_open_questions" for name, _ in pipeline.scrape(WORKER)) == looked_at,
            "all hospitals were looked at",
        )
        plain, open_metrics = both(pipeline, ""), both(pipeline, "application/openmetrics-text; version=1.0.0")
        pipeline.stop_posts()
        pipeline.stop_workers()
        settings = pipeline.settings
        rows = stored.read(settings, kafka_topics.changelog(settings, kafka_topics.HOSPITALS))
        verdict, past_posts = pipeline.judge(), b"\n".join(written_by_the_worker(settings))
        people = personal(pipeline, posts=False)
        yield Run(plain, open_metrics, verdict, counted(rows), personal(pipeline), people, past_posts)


def written_by_the_worker(settings: Settings) -> Iterator[bytes]:
    apart = {kafka_topics.posts(settings), kafka_topics.dead_letters(settings)}
    for kafka_topic in kafka_topics.declared(settings):
        if kafka_topic.name not in apart:
            for record in stored.read(settings, kafka_topic.name):
                yield (record.key or b"") + b" " + (record.value or b"")


def personal(pipeline: Pipeline, *, posts: bool = True) -> set[str]:
    found: set[str] = set()
    for record in stored.read(pipeline.settings, kafka_topics.posts(pipeline.settings)):
        payload = json.loads(record.value or b"")["payload"]
        found |= {payload["data"]["text"], payload["data"]["author_id"]}
        found |= {payload["data"]["id"]} if posts else set()
        for user in payload["includes"]["users"]:
            found |= {user["id"], user["username"], user["name"]}
    assert len(found) > POSTS
    return found


def families(run: Run, job: Job) -> dict[str, Series]:
    """Metric -> its series; a histogram's are its counts."""
    by_name = {metric.name: metric for metric in METRICS}
    shown: dict[str, Series] = defaultdict(dict)
    for family in parse_plain(run.plain[job]):
        for sample in family.samples:
            name = sample.name
            if family.type == "histogram":
                labels = {label: value for label, value in sample.labels.items() if label != "le"}
                assert family.name in by_name, name
                assert labels.keys() == by_name[family.name].labels.keys()
                if name.endswith("_count"):
                    shown[family.name][_values(by_name[family.name], labels)] = sample.value
                continue
            assert name in by_name, f"{name} is not declared"
            assert sample.labels.keys() == by_name[name].labels.keys(), name
            assert by_name[name].kind == family.type, name
            shown[name][_values(by_name[name], sample.labels)] = sample.value
    return shown


def _values(metric: Metric, labels: dict[str, str]) -> tuple[str, ...]:
    return tuple(labels[label] for label in metric.labels)


ABSENT = {metric.name for metric in METRICS if "Absent when" in metric.help}
"""Gauges that have nothing to say at times."""
JOBS: tuple[Job, ...] = ("worker", "ingest")


@pytest.mark.parametrize("job", JOBS)
def test_each_job_shows_what_is_declared_for_it_and_nothing_else(run: Run, job: Job) -> None:
    shown = families(run, job)
    assert shown.keys() | ABSENT == {metric.name for metric in METRICS if job in metric.jobs} | ABSENT
    for metric in METRICS:
        for values in shown.get(metric.name, ()):
            metric.check(values)
    assert "_created" not in run.plain[job]


def test_each_process_says_whether_it_runs_compiled(run: Run) -> None:
    worker = "no" if compiled.available() else "yes"
    assert families(run, "worker")["pipeline_build_info"] == {(version("earshot"), worker): 1}
    assert families(run, "ingest")["pipeline_build_info"] == {(version("earshot"), "no"): 1}


def test_the_series_of_machinery_are_all_there(run: Run) -> None:
    loaded = {"pipeline_build_info"}  # its version
    for job in JOBS:
        where = {"worker": "tagger", "ingest": "ingest"}[job]
        shown = families(run, job)
        for metric in METRICS:
            if job in metric.jobs and not metric.name.startswith("conversation_") and metric.name not in loaded:
                if metric.name in ABSENT and not shown[metric.name]:
                    continue
                fixed = {"where": where} if "where" in metric.labels else {}
                expected = set(metric.series(**fixed))
                if metric.name == "pipeline_topics_total":
                    topics = [one.id for one in Taxonomy.load().topics if one.kind != "S"]
                    expected = set(product(topics, CERTAINTIES))
                if metric.name == "pipeline_group_lag_records":
                    expected = {(stage, str(number)) for stage in STAGES for number in range(Settings().partitions)}
                if metric.name == "source_last_post_timestamp_seconds":
                    expected -= {("bluesky",)}  # no post of ours came there
                assert shown[metric.name].keys() == expected, metric.name


WINDOW_POSTS = ("posts", "own_posts", "wants_answer_posts", "local_posts", "placed_posts")
HOURLY = SPANS[1:]
"""Windows in which people, and communities of a disease, are counted."""


def series_of_windows(ids: set[tuple[str, ...]]) -> dict[str, set[tuple[str, ...]]]:
    """What the windows of hospitals have, whether anything was counted or not."""
    communities = Communities.load()
    return {
        **{f"conversation_window_{what}": {(*key, span) for key in ids for span in SPANS} for what in WINDOW_POSTS},
        "conversation_window_authors": {(*key, span, one) for key in ids for span in HOURLY for one in WHOSES},
        "conversation_window_interest_posts": {
            (*key, near, interest, "28d") for key in ids for near in NEARS for interest in INTERESTS
        },
        "conversation_community_window_posts": {
            (one, near, span)
            for one in communities.by_id
            for near in NEARS
            for span in (HOURLY if one in communities.about_health else SPANS)
        },
    }


def test_hospitals_times_topics_is_the_number_of_series(run: Run) -> None:
    reader, taxonomy = Reader(directory.load(), load().max_post_bytes), Taxonomy.load()
    hospitals = reader.directory.hospitals
    ids: set[tuple[str, ...]] = {(one.id,) for one in hospitals}
    by: dict[str, Iterable[str]] = {
        "tier": TIERS,
        "intent": INTENTS,
        "topic": taxonomy.operational | taxonomy.safety | taxonomy.service_line,
    }
    expected: dict[str, set[tuple[str, ...]]] = {
        "conversation_posts_total": ids,
        "conversation_own_posts_total": ids,
        "conversation_suppressed_cells": ids,
        "conversation_community_posts_total": {
            (*key, near, interest) for key in ids for near in NEARS for interest in INTERESTS
        },
        "conversation_hospital_info": {
            (one.id, one.name, one.city, one.state, reader.region(one)[1], one.kind) for one in hospitals
        },
        "conversation_local_authors_per_10000_residents": {(one.id,) for one in hospitals},
        **series_of_windows(ids),
    }
    for label, values in by.items():
        expected[f"conversation_{label}_posts_total"] = {(*key, value) for key in ids for value in values}
    shown = families(run, "worker")
    acted_on = {metric.name for metric in SERVICE}
    assert {
        name: set(series) for name, series in shown.items() if name.startswith("conversation_") and name not in acted_on
    } == expected
    always: dict[str, Iterable[str]] = {
        "open_questions": ASKING, "oldest_question_seconds": ASKING, "questions": OUTCOMES, "surge_score": ["learning"],
    }  # fmt: skip
    for name, values in always.items():
        assert set(shown[f"conversation_{name}"]) == {(*key, value) for key in ids for value in values}
    assert shown["conversation_surging_topics"] == dict.fromkeys(ids, 0)
    assert shown["pipeline_directory_hospitals"] == {(): len(hospitals)}
    assert set(shown["conversation_hospital_info"].values()) == {1}


def test_nobody_is_in_it(run: Run) -> None:
    rows = directory.load().hospitals
    public = {one.name for one in rows} | {one.id for one in rows}
    for job in JOBS:
        values = {value for series in families(run, job).values() for key in series for value in key}
        assert values & (run.personal - public) == set()
        assert [value for value in values if any(mark in value for mark in ("#", "@", "://"))] == []
        assert max(map(len, values)) <= 80, "Prometheus refuses longer label values: label_value_length_limit"
        assert [one for one in run.personal if len(one) > 15 and one in run.plain[job] and one not in public] == []


def test_the_sum_of_the_board_is_the_oracles(run: Run) -> None:
    shown = families(run, "worker")
    totals = {name: sum(series.values()) for name, series in shown.items()}
    assert run.verdict.difference == 0
    assert totals["conversation_posts_total"] > 0
    assert totals["conversation_posts_total"] + totals["conversation_own_posts_total"] == run.verdict.mentions
    assert totals["conversation_tier_posts_total"] == totals["conversation_posts_total"]
    assert totals["conversation_intent_posts_total"] == totals["conversation_posts_total"]


def test_every_cell_of_the_board_is_the_oracles(run: Run) -> None:
    shown, taxonomy = families(run, "worker"), Taxonomy.load()

    def cell(hospital: str, kind: str, value: str = "") -> int:
        return run.cells.get((hospital, "all", f"{kind}/{value}" if value else kind, ""), 0)

    for (hospital,), number in shown["conversation_posts_total"].items():
        assert number == cell(hospital, "posts")
    for (hospital,), number in shown["conversation_own_posts_total"].items():
        assert number == cell(hospital, "own")
    for (hospital, tier), number in shown["conversation_tier_posts_total"].items():
        assert number == cell(hospital, "tier", tier)
    for (hospital, intent), number in shown["conversation_intent_posts_total"].items():
        assert number == cell(hospital, "intent", intent)
    hidden: dict[str, int] = defaultdict(int)
    for (hospital, topic), number in shown["conversation_topic_posts_total"].items():
        if topic in taxonomy.service_line:
            true = cell(hospital, "s/topic", topic)
            hidden[hospital] += 0 < true < MINIMUM_CELL
            assert number == (true if true >= MINIMUM_CELL else 0)
        else:
            assert number == cell(hospital, "topic", topic)
    assert {hospital: number for (hospital,), number in shown["conversation_suppressed_cells"].items()} == hidden


def test_nobody_and_no_word_stands_on_a_kafka_topic_past_posts(run: Run) -> None:
    """Mentions, every changelog (questions that wait, too), the queue of urgent posts, the authors' key."""
    shortest = 6  # a name of three letters stands in any word
    assert b"/q" in run.past_posts, "questions wait"
    public = {one.name for one in directory.load().hospitals}  # hospitals write, too, and workers tell their names
    people = run.people - public
    assert [one for one in people if len(one) >= shortest and one.encode() in run.past_posts] == []


def test_posts_of_now_are_in_every_window(run: Run) -> None:
    shown = families(run, "worker")
    windows = {name: {key[:-1] for key in shown[f"conversation_window_{name}"]} for name in WINDOW_POSTS}
    assert set(map(frozenset, windows.values())) == {frozenset(shown["conversation_posts_total"])}
    for span in HOURLY:
        for (hospital,), number in shown["conversation_posts_total"].items():
            assert shown["conversation_window_posts"][hospital, span] == number
            assert (
                shown["conversation_window_local_posts"][hospital, span]
                == (shown["conversation_tier_posts_total"][hospital, "local"])
            )
            assert (shown["conversation_window_authors"][hospital, span, "all"] > 0) == (number > 0)
            assert shown["conversation_window_authors"][hospital, span, "all"] <= number


def test_what_ingest_counted_is_what_came(run: Run) -> None:
    shown = families(run, "ingest")
    lines = {kind: number for (source, kind), number in shown["source_lines_total"].items() if source == "x"}
    dead = shown["pipeline_dead_letters_total"]
    assert lines["dead"] == sum(dead.values()) > 0
    assert shown["pipeline_ingest_acked_total"][()] == lines["post"] + lines["dead"]
    assert shown["pipeline_ingest_outstanding_records"][()] == 0
    assert shown["source_stream_connected"]["x",] == shown["pipeline_kafka_reachable"][()] == 1
    assert shown["source_stream_connects_total"]["x",] == 1
    assert shown["x_rules"][()] > 0
    assert shown["pipeline_producer_rebuilds_total"][()] == 0
    last_post, last_line = (shown[f"source_last_{what}_timestamp_seconds"]["x",] for what in ("post", "line"))
    assert 0 < last_post <= last_line


@pytest.mark.parametrize("job", JOBS)
def test_open_metrics_says_the_same(run: Run, job: Job) -> None:
    names = {sample.name for family in parse_plain(run.plain[job]) for sample in family.samples}
    open_metrics = parse_open_metrics(run.open_metrics[job])  # type: ignore[no-untyped-call]
    assert {sample.name for family in open_metrics for sample in family.samples} == names
