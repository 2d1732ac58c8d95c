"""More workers than partitions, and one that is stopped past its session: nobody hangs, nothing is lost."""

import os
import signal

import msgspec
import pytest

from agents.kafka import group_lag
from agents.proving.load import fill
from agents.proving.pipeline import Pipeline
from streams.settings import load
from tests.running_worker import WORKER, Bench
from tests.waiting import wait_until

pytestmark = [pytest.mark.kafka, pytest.mark.faults]


def test_a_worker_stopped_past_its_session_ends_when_it_would_write(bench: Bench) -> None:
    """It wakes with rows that it may not write any more: a second worker has taken over."""
    bench.reset(commit_interval=30.0)
    records = fill(bench.settings, 500, seed=10)
    bench.start()
    bench.wait_counted(records, 1)
    stopped = bench.pipeline.workers[WORKER]
    stopped.send(signal.SIGSTOP)
    bench.pipeline.settings = msgspec.structs.replace(bench.settings, commit_interval=0.3)
    bench.pipeline.start_worker("worker-2")
    bench.wait("the second worker has committed everything", lambda: group_lag.total(bench.settings) == 0)
    stopped.send(signal.SIGCONT)
    assert stopped.wait(seconds=60) == 75
    assert "no heartbeat for a session timeout" in stopped.last_line()
    assert bench.verdict().difference == 0


def test_more_workers_than_partitions_share_and_survive_each_other(bench: Bench) -> None:
    names = [f"worker-{number}" for number in range(1, 10)]
    fill(bench.settings, 300, seed=11)
    for name in names:
        bench.pipeline.start_worker(name)

    def held() -> list[float]:
        return [
            samples.get(("pipeline_held_partitions", frozenset({("stage", stage)})), -1)
            for samples in map(bench.pipeline.scrape, names)
            for stage in ("tagger", "hospitals")
        ]

    bench.wait(
        "every partition is held, by one worker each", lambda: min(held()) >= 0 and sum(held()) == 8, seconds=120
    )
    bench.drain()
    for name in names[::2]:
        bench.pipeline.workers[name].end()
    fill(bench.settings, 300, seed=12)
    bench.pipeline.workers.pop(WORKER)
    bench.start()
    bench.drain()
    assert bench.verdict().difference == 0


def test_a_worker_whose_broker_is_gone_says_so_and_does_not_look_healthy() -> None:
    """It has no lag that it knows of. It waits, or ends itself if it has rows that it may not write any more."""
    with Pipeline(load({}, session_timeout=6.0, stall_timeout=10.0), lambda _: None) as pipeline:
        bench, broker = Bench(pipeline), pipeline.own_kafka
        assert broker is not None
        fill(bench.settings, 50, seed=13)
        bench.start()
        bench.drain()
        os.kill(broker.status().pid, signal.SIGSTOP)
        try:
            worker = pipeline.workers[WORKER]
            said = "the worker says that Kafka is away"
            wait_until(lambda: "unreachable since" in bench.log() or not worker.running, said, 90)
            assert worker.running or worker.wait(seconds=1) == 75
        finally:
            os.kill(broker.status().pid, signal.SIGCONT)
