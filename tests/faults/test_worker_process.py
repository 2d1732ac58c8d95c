"""A worker as a process: how it begins, ends, and says what is wrong."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from agents.kafka import clients, stored
from agents.proving.load import fill
from agents.proving.processes import EARSHOT, Child
from deploy.local_kafka.ports import free_port
from streams import directory
from streams.kafka import topics as kafka_topics
from streams.reading.reader import Reader
from streams.records import Withdrawal
from streams.settings import Settings, environment
from tests.running_worker import WORKER, Bench

pytestmark = pytest.mark.kafka


def run_worker(settings: Settings) -> subprocess.CompletedProcess[str]:
    """Run a worker that cannot begin."""
    environ = {**os.environ, **environment(settings)}
    return subprocess.run([*EARSHOT, "worker"], env=environ, capture_output=True, text=True, timeout=60, check=False)


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 1
    errors = [line for line in done.stderr.splitlines() if line.startswith("Error")]
    assert "Traceback" not in done.stderr
    assert len(errors) == 1
    return errors[0]


@contextmanager
def taken_port() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_a_broker_that_does_not_answer_is_waited_for_and_said_once(tmp_path: Path) -> None:
    address = f"127.0.0.1:{free_port()}"
    worker = Child("worker", [*EARSHOT, "worker"], tmp_path, environment(Settings(kafka_bootstrap=address)))
    worker.start()
    worker.wait_for_text("unreachable since", 60)
    assert worker.end() == -signal.SIGTERM, "nothing to commit yet"
    assert worker.log.read_text().count("Kafka") == 1


def test_missing_kafka_topics_are_one_line(empty_settings: Settings) -> None:
    line = one_line(run_worker(msgspec.structs.replace(empty_settings, metrics_port=0)))
    assert "earshot topics apply" in line


def test_a_metrics_port_in_use_is_one_line(pipeline_settings: Settings) -> None:
    with taken_port() as port:
        line = one_line(run_worker(msgspec.structs.replace(pipeline_settings, metrics_port=port)))
    assert f"127.0.0.1:{port}" in line
    assert "EARSHOT_METRICS_PORT" in line


def mentions_of(settings: Settings) -> int:
    """How many records a tagger makes of all posts in Kafka: each post counts once, however often it came."""
    reader = Reader(directory.load(settings.directory_folder), settings.max_post_bytes)
    first: dict[bytes | None, int] = {}
    for one in stored.read(settings, kafka_topics.posts(settings)):
        if one.key not in first and one.value is not None:
            post = reader.decode(one.value)
            assert not isinstance(post, Withdrawal)
            first[one.key] = len(reader.records(post, one.partition, one.offset, one.timestamp))
    return sum(first.values())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "ctrl-c"])
def test_a_signal_ends_a_worker_with_everything_committed(bench: Bench, number: signal.Signals) -> None:
    records = fill(bench.settings, 300, seed=8)
    bench.reset(commit_interval=60.0)
    bench.start()
    bench.wait_counted(records, mentions_of(bench.settings))
    worker = bench.pipeline.workers[WORKER]
    worker.send(number)  # and no other: a second one may end Python itself on its way out
    assert worker.wait(seconds=30) == 0
    assert "Traceback" not in bench.log()
    assert bench.pipeline.judge().difference == 0


def test_a_worker_that_cannot_write_ends_itself(bench: Bench) -> None:
    """Its Kafka topic is gone: nothing it has counted can be made durable, so it must not look healthy."""
    from agents.kafka.admin import delete

    fill(bench.settings, 100, seed=9)
    bench.start()
    bench.drain()
    bench.kill()
    assert delete(bench.settings, bench.settings.kafka_topic_prefix)
    bench.start()
    worker = bench.pipeline.workers[WORKER]
    assert worker.wait(seconds=60) == 1
    assert "earshot topics apply" in worker.last_line()


def test_another_number_of_partitions_is_one_line_that_says_both_and_the_way_out(pipeline_settings: Settings) -> None:
    line = one_line(run_worker(msgspec.structs.replace(pipeline_settings, partitions=12, metrics_port=0)))
    assert "has 4 partitions and EARSHOT_PARTITIONS is 12: set it to 4" in line
    assert "`earshot migrate --partitions 12`" in line


def test_a_kafka_that_lost_what_was_counted_is_said_and_what_takes_its_offsets_is_not_counted(bench: Bench) -> None:
    """As docs/exactness.md says of a Kafka that flushes by itself, on one machine, after a power cut."""
    posts = kafka_topics.posts(bench.settings)
    bench.commit({(posts, 0): 50})
    bench.start()
    worker = bench.pipeline.workers[WORKER]
    worker.wait_for_text(f"{posts} partition 0: Kafka lost 50 records that were counted", 60)
    with clients.producer(bench.settings) as producer:
        for number in range(60):
            producer.send(posts, b"no post", b"%d" % number, partition=0)
        producer.flush()
    bench.wait(
        "the records after the old end are taken", lambda: bench.sample("pipeline_records_total", stage="tagger") == 10
    )
    assert worker.running
