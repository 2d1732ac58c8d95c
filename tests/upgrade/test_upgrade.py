"""Today's worker goes on from what version 0.1.0 left in a real Kafka, byte for byte: rows, remembered posts, offsets,
and work that a crash had begun.

`write_state.py` wrote the file, with that version's own code. Kafka's times are kept as they were, so nothing here
depends on the day on which the test runs.
"""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
import zstandard

from agents.ingest.x.intake import Intake
from agents.kafka import clients, stored
from agents.kafka.admin import connected, drop
from agents.kafka.stored import Stored
from agents.proving.load import lines
from agents.proving.oracle import counted
from agents.proving.recount import Cell, Recount
from agents.worker import author_key, knowledge
from streams import directory
from streams.kafka import topics as kafka_topics
from streams.reading.reader import Reader
from streams.records import Withdrawal
from streams.settings import Settings
from tests.running_worker import WORKER, Bench

pytestmark = [pytest.mark.kafka, pytest.mark.faults]

FOLDER = Path(__file__).parent
FURTHER, COPIES = 60, 30


class State(msgspec.Struct):
    """What the file holds, by the Kafka topics' names without prefix."""

    records: dict[str, list[tuple[int, int, int, bytes | None, bytes | None]]]
    """Partition, offset, timestamp (ms), key and value, in order."""
    committed: list[tuple[str, int, int]]
    """Kafka topic, partition, and the offset that the group committed."""


class Post(NamedTuple):
    """A record for `posts`."""

    partition: int | None
    timestamp: int
    key: bytes | None
    value: bytes | None


@pytest.fixture(scope="module")
def state() -> State:
    packed = (FOLDER / "state_0_1_0.msgpack.zst").read_bytes()
    return msgspec.msgpack.decode(zstandard.decompress(packed), type=State)


def keep_times(settings: Settings) -> None:
    """Make posts and mentions anew, so that Kafka takes records at the times that they come with, and deletes none for
    its age. Not by a change of what is there: a broker follows one a moment later."""
    forever = {"message.timestamp.type": "CreateTime", "retention.ms": "-1"}
    names = {kafka_topics.posts(settings), kafka_topics.mentions(settings)}
    drop(settings, names)
    with connected(settings) as admin:
        admin.create_topics(
            {
                one.name: {"num_partitions": one.partitions, "configs": one.full_config | forever}
                for one in kafka_topics.declared(settings)
                if one.name in names
            },
            wait_for_metadata=True,
        )


def put(settings: Settings, kafka_topic: str, records: Iterable[Post]) -> None:
    with clients.producer(settings, linger_ms=20) as producer:
        for one in records:
            producer.send(kafka_topic, one.value, one.key, partition=one.partition, timestamp_ms=one.timestamp)
        producer.flush()


def restore(bench: Bench, state: State) -> None:
    """Put all of it into Kafka, at the offsets where it stood."""
    settings = bench.settings
    prefix = settings.kafka_topic_prefix
    declared = {one.name for one in kafka_topics.declared(settings)}
    for name, records in state.records.items():
        assert f"{prefix}{name}" in declared
        put(settings, f"{prefix}{name}", [Post(partition, at, key, value) for partition, _, at, key, value in records])
        found = [
            (one.partition, one.offset, one.timestamp, one.key, one.value)
            for one in stored.read(settings, prefix + name)
        ]
        assert sorted(found, key=lambda one: one[:2]) == [tuple(one) for one in records]
    bench.commit({(f"{prefix}{name}", partition): offset for name, partition, offset in state.committed})


def further(settings: Settings, posts: list[tuple[int, int, int, bytes | None, bytes | None]]) -> list[Post]:
    """New posts, and copies of old ones, after the old version's last."""
    newest = max(at for _, _, at, _, _ in posts)
    intake = Intake(settings.max_post_bytes)
    found = []
    for number, line in enumerate(lines(settings, FURTHER, seed=9, until=newest / 1000 + 3600)):
        record = intake.take(line)
        assert record is not None
        found.append(Post(None, newest + 3_600_000 + number, record.key, record.value))
    copies = posts[:: len(posts) // COPIES]
    return found + [Post(partition, newest + 3_700_000, key, value) for partition, _, _, key, value in copies]


def told(cells: Counter[Cell]) -> Counter[Cell]:
    """Posts to each hospital and its own, in its lifetime and each hour. What a post is about is read by other words
    than then; that it counts, for whom and when, is not."""
    return Counter({cell: count for cell, count in cells.items() if cell[2] in ("posts", "own") and count})


def recounted(settings: Settings) -> Counter[Cell]:
    """What all posts in Kafka come to, each once."""
    hospitals = directory.load(settings.directory_folder)
    words, key = knowledge.load_words(settings, hospitals), author_key.load(settings)
    reader = Reader(hospitals, settings.max_post_bytes, words, key)
    recount, seen = Recount(), set[bytes | None]()
    for one in stored.read(settings, kafka_topics.posts(settings)):
        if one.key not in seen:
            seen.add(one.key)
            envelope = reader.decode(one.value or b"")
            assert not isinstance(envelope, Withdrawal)
            for record in reader.records(envelope, one.partition, one.offset, one.timestamp):
                recount.add(record)
    return told(recount.cells)


def rows(settings: Settings) -> list[Stored]:
    return list(stored.read(settings, kafka_topics.changelog(settings, kafka_topics.HOSPITALS)))


def test_todays_worker_goes_on_from_the_state_of_version_0_1_0(bench: Bench, state: State) -> None:
    bench.reset(directory_folder=str(FOLDER))
    keep_times(bench.settings)
    restore(bench, state)
    bench.start()
    posts = kafka_topics.posts(bench.settings)
    bench.drain()
    assert told(counted(rows(bench.settings))) == recounted(bench.settings)
    put(bench.settings, posts, further(bench.settings, state.records["posts"]))
    bench.drain()
    bench.pipeline.stop_workers()
    assert bench.pipeline.workers[WORKER].exit_code == 0
    expected = recounted(bench.settings)
    assert sum(count for cell, count in expected.items() if cell[1] == "all") > 300
    assert told(counted(rows(bench.settings))) == expected
