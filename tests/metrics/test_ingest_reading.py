"""What ingest shows of itself follows what happens: connections, their ends, rules, and a Kafka that is slow."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from agents.ingest.publisher import STALL_SECONDS, Publisher
from agents.ingest.service import Ingest
from agents.ingest.wal.wal import open_wal
from agents.ingest.x.rule_sync import RuleSync
from agents.ingest.x.source import XSource
from agents.kafka.group_lag import LagWatch
from streams.settings import load
from tests.running_ingest import TOKEN, pointed_at, shipped_rules, simulated
from tests.scripted_kafka import Script, publish
from tests.waiting import wait_until


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def sink(script: Script) -> Publisher:
    return Publisher(script, {"posts": "the-posts", "dead-letters": "the-dead"}, 100, script.clock)


def test_connections_and_their_ends_are_counted(tmp_path: Path, sink: Publisher) -> None:
    wanted = shipped_rules()
    with simulated(count=0, heartbeat=0.2) as running:
        settings = pointed_at(load({}), running.x.url, tmp_path)
        wal = open_wal(settings, lambda _: None)
        ingest = Ingest(
            wal, sink, [XSource(settings, TOKEN, RuleSync(settings, TOKEN), wal)], LagWatch(lambda: settings), 4
        )

        def shown(name: str, *labels: str) -> float | None:
            samples: Mapping[tuple[str, ...], float] = ingest.reading()[name]
            return samples.get(labels)

        def heard(name: str, *labels: str) -> float | None:
            return shown(f"source_{name}", "x", *labels)

        assert (heard("stream_connected"), shown("x_rules"), heard("last_line_timestamp_seconds")) == (
            0,
            None,
            None,
        )
        ingest.start()
        try:
            wait_until(lambda: heard("stream_connected") == 1, "it is connected")
            assert (shown("x_rules"), shown("x_rules_limit")) == (len(wanted), 1000)
            assert shown("x_rule_syncs_total", "done") == 1
            wait_until(lambda: bool(heard("lines_total", "heartbeat")), "a heartbeat")
            assert heard("last_line_timestamp_seconds") is not None
            assert heard("last_post_timestamp_seconds") is None
            running.call(running.x.end_stream)
            wait_until(lambda: heard("stream_connects_total") == 2, "it is connected anew")
            assert heard("stream_outcomes_total", "clean_end") == 1
        finally:
            assert ingest.stop() == 0
            wal.close()
        wait_until(lambda: heard("stream_outcomes_total", "stopped") == 1, "its own end is counted")
        assert heard("stream_connected") == 0
        ingest.check()


def test_a_kafka_that_takes_nothing_is_seen(script: Script, sink: Publisher) -> None:
    assert sink.stuck_for == 0
    publish(sink, 1, 2)
    script.now += 5
    assert sink.stuck_for == 5
    script.producers[0][0].ack()
    assert (sink.stuck_for, sink.acked) == (0, 1)
    script.answers = False
    script.now += STALL_SECONDS
    sink.tend()
    assert (sink.stuck_for, sink.rebuilds) == (STALL_SECONDS, 0), "waiting for the broker is no progress"
    script.answers = True
    script.now += STALL_SECONDS
    sink.tend()
    assert (sink.stuck_for, sink.rebuilds) == (2 * STALL_SECONDS, 1), "nor is another producer"
    script.producers[1][0].ack()
    assert (sink.stuck_for, sink.acked, sink.outstanding) == (0, 2, 0)
