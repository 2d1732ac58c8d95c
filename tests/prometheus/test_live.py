"""A real Prometheus scrapes a real pipeline: everything is up, every rule has a series, nothing alarms without need."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agents.proving.pipeline import Pipeline
from agents.proving.prometheus import RunningPrometheus
from streams import directory
from streams.settings import load
from tests.prometheus.files import RECORDED
from tests.waiting import wait_until

WORKERS = ("worker-1", "worker-2")
MACHINE = ("DiskFilling", "page"), ("DiskFilling", "ticket")
"""Says something of the machine that runs the tests, nothing of the pipeline."""
SAID = ("SomebodyInDanger", "page"), ("SafetyEventTold", "ticket")
"""Tells what the simulated people write, sooner or later; nothing of the pipeline, either."""

Seen = tuple[Pipeline, RunningPrometheus]


def wait(what: str, holds: Callable[[], bool]) -> None:
    """With the bound that a scrape, a rule and an alert need one after the other."""
    wait_until(holds, what, 90, every=0.2)


@pytest.fixture(scope="module")
def seen(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """A pipeline of two workers and a Prometheus that scrapes it every second."""
    with Pipeline(load(kafka_bootstrap=kafka, session_timeout=6.0), lambda _: None) as pipeline:
        pipeline.start_simulated("x", 100, seed=7)
        for worker in WORKERS:
            pipeline.start_worker(worker)
        pipeline.start_ingest()
        targets = {
            "worker": [f"127.0.0.1:{pipeline.ports[worker]}" for worker in WORKERS],
            "ingest": [f"127.0.0.1:{pipeline.ports['ingest']}"],
        }
        with RunningPrometheus(targets, tmp_path_factory.mktemp("prometheus")) as prometheus:
            yield pipeline, prometheus


def alerts(prometheus: RunningPrometheus) -> dict[tuple[str, str], str]:
    return {alert: state for alert, state in prometheus.alerts().items() if alert not in (*MACHINE, *SAID)}


@pytest.mark.kafka
def test_all_is_seen_and_nothing_alarms(seen: Seen) -> None:
    pipeline, prometheus = seen
    wait("all targets are up", lambda: [one.health for one in prometheus.targets()] == ["up"] * 4)
    hospitals = len(directory.load("").hospitals)
    coverage = "count(conversation_posts_total)"
    wait("every hospital has its series", lambda: [s.value for s in prometheus.query(coverage)] == [hospitals])
    assert [s.value for s in prometheus.query("max(pipeline_directory_hospitals)")] == [hospitals]
    wait("every recorded rule has a series", lambda: all(prometheus.query(name) for name in RECORDED))
    wait("only Watchdog alarms", lambda: alerts(prometheus) == {("Watchdog", "none"): "firing"})
    assert prometheus.rule_errors() == {}
    assert pipeline.ended() == []


@pytest.mark.kafka
def test_what_is_recorded_is_what_is_shown(seen: Seen) -> None:
    _, prometheus = seen
    posts, known = "sum(hospital:conversation_posts_total:max5m)", "count(hospital:info)"
    wait("posts are counted", lambda: any(one.value > 100 for one in prometheus.query(posts)))
    assert [one.value for one in prometheus.query(known)] == [len(directory.load("").hospitals)]
    assert prometheus.label_values("hospital", "hospital:info") == sorted(h.id for h in directory.load("").hospitals)
    now = time.time()
    shown = prometheus.query_range(posts, now - 10, now, 1)
    values = [value for _, value in shown[0].points]
    assert values == sorted(values)
    late = 'job:pipeline_late:ratio_rate5m{job="worker"} < 0.01'
    wait("posts are seen to be in time", lambda: bool(prometheus.query(late)))
    with pytest.raises(ValueError, match="parse error"):
        prometheus.query("sum by (")


@pytest.mark.kafka
def test_what_ends_is_missed(kafka: str, tmp_path: Path) -> None:
    with Pipeline(load(kafka_bootstrap=kafka), lambda _: None) as pipeline:
        pipeline.start_simulated("x", 50, seed=8)
        pipeline.start_ingest()
        targets = {"ingest": [f"127.0.0.1:{pipeline.ports['ingest']}"]}
        with RunningPrometheus(targets, tmp_path) as prometheus:
            connected = 'source_stream_connected{source="x"} == 1'
            wait("ingest is connected", lambda: bool(prometheus.query(connected)))
            missing = {("Watchdog", "none"): "firing", ("WorkerMissing", "page"): "pending"}
            wait("only the worker is missed", lambda: alerts(prometheus) == missing)
            assert pipeline.ingest is not None
            pipeline.ingest.kill()
            alarm = {("StreamDisconnected", "page"), ("TargetDown", "ticket")}
            wait("ingest is missed", lambda: alarm <= alerts(prometheus).keys())
            prometheus.set_targets("ingest", [])
            gone = {("StreamDisconnected", "page"), ("WorkerMissing", "page"), ("Watchdog", "none")}
            wait("its target is gone and the alert stays", lambda: alerts(prometheus).keys() == gone)
