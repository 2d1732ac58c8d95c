"""What is declared keeps its own rules, and what is not declared cannot be counted or shown."""

import re
from collections import Counter
from collections.abc import Callable

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from streams.metrics import Metrics
from streams.metrics.collector import ReadingCollector
from streams.metrics.exposition import Deferred
from streams.metrics.registry import LOADED, METRICS, Metric, UndeclaredMetricError, declared
from streams.vocabulary import SOURCES

by_name = pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)


def test_each_is_declared_once() -> None:
    assert Counter(metric.name for metric in METRICS).most_common(1)[0][1] == 1


@by_name
def test_a_name_says_room_and_kind(metric: Metric) -> None:
    assert re.fullmatch(rf"(conversation|pipeline|process|source|{'|'.join(SOURCES)})(_[a-z]+|_10000)+", metric.name)
    assert metric.name.endswith("_total") == (metric.kind == "counter")
    assert ("_seconds" in metric.name) == (metric.unit == "seconds")
    assert ("_bytes" in metric.name) == (metric.unit == "bytes")
    assert bool(metric.buckets) == (metric.kind == "histogram")
    assert metric.buckets == tuple(sorted(metric.buckets))


@by_name
def test_it_says_what_it_is_and_what_to_do(metric: Metric) -> None:
    assert metric.help.endswith(".")
    assert metric.act.endswith(".")
    assert metric.jobs


@by_name
def test_every_label_is_closed(metric: Metric) -> None:
    for label, values in metric.labels.items():
        assert bool(values) != (label in LOADED), f"{label} is closed by its values or by what is loaded"
        assert len(set(values)) == len(values)


def test_the_service_level_is_an_edge_of_the_buckets() -> None:
    assert 30.0 in declared("pipeline_visible_seconds").buckets


def take(metrics: Metrics, stage: str) -> None:
    with metrics.chunk(stage, 1):
        pass


UNDECLARED: dict[str, Callable[[], object]] = {
    "a name": lambda: declared("pipeline_postz_total"),
    "a shown name": lambda: Deferred("pipeline_postz_total", lambda: {(): 1}).numbers(),
    "a shown value": lambda: Deferred("pipeline_skipped_total", lambda: {("bored",): 1}).numbers(),
    "too few values": lambda: Deferred("pipeline_skipped_total", lambda: {(): 1}).numbers(),
    "too many values": lambda: Deferred("x_rules", lambda: {("a",): 1}).numbers(),
    "a label": lambda: declared("pipeline_skipped_total").counts(stage="tagger"),
    "a reason that is skipped for": lambda: Metrics().skipped("bored", 1),  # type: ignore[arg-type] # on purpose
    "a reason that a letter is dead for": lambda: Metrics().dead_letter("bored"),  # type: ignore[arg-type] # on purpose
    "a stage": lambda: take(Metrics(), "postman"),
    "a key to count under": lambda: declared("source_lines_total").counts()["x", "letter"],
}


@pytest.mark.parametrize("what", UNDECLARED)
def test_what_is_not_declared_raises(what: str) -> None:
    with pytest.raises(UndeclaredMetricError):
        UNDECLARED[what]()


def test_a_wrong_value_mints_no_series() -> None:
    metrics = Metrics()
    before = generate_latest(metrics.registry)
    with pytest.raises(UndeclaredMetricError):
        metrics.dead_letter("bored")  # type: ignore[arg-type] # on purpose
    with pytest.raises(UndeclaredMetricError):
        take(metrics, "postman")
    assert generate_latest(metrics.registry) == before


def test_every_series_is_there_before_it_counts() -> None:
    metrics = Metrics()
    shown = {
        (sample.name, *sample.labels.values())
        for one in metrics.registry.collect()
        for sample in one.samples
        if sample.name.endswith("_total")
    }
    fixed = {
        "pipeline_records_total": {},
        "pipeline_skipped_total": {},
        "pipeline_untimely_posts_total": {},
        "pipeline_dead_letters_total": {"where": "tagger"},
        "pipeline_wrong_parts_total": {},
        "pipeline_named_places_total": {},
        "pipeline_attention_total": {},
        "pipeline_taxonomy_reloads_total": {},
        "pipeline_directory_reloads_total": {},
    }
    assert shown == {(name, *values) for name, some in fixed.items() for values in declared(name).series(**some)}


def test_topics_are_counted_by_certainty_and_those_of_another_taxonomy_are_left_out() -> None:
    metrics = Metrics()
    metrics.show_topics(["wait_times", "food"])
    metrics.said({("local", ("food", "wait_times"), 0b10): 2, ("unknown", ("gone", "wait_times"), 0b01): 1})
    shown = {
        (sample.labels["topic"], sample.labels["certainty"]): sample.value
        for one in metrics.registry.collect()
        for sample in one.samples
        if sample.name == "pipeline_topics_total"
    }
    assert shown == {
        ("food", "sure"): 0, ("food", "likely"): 2, ("wait_times", "sure"): 2, ("wait_times", "likely"): 1,
    }  # fmt: skip


def test_a_reading_of_something_undeclared_fails_the_scrape() -> None:
    registry = CollectorRegistry()
    registry.register(ReadingCollector(lambda: {"source_lines_total": {("x", "letter"): 1}}))
    with pytest.raises(UndeclaredMetricError, match="kind is never 'letter'"):
        generate_latest(registry)
