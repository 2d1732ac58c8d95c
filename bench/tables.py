"""What the hospital tables cost: memory, recovery, windows, and what goes to the changelog.

Called by `make bench`. `busy`: 250 hospitals, each with 20 posts in every hour of 28 days. `country`: 5,000 hospitals,
post rates by Zipf's law with a median of 1.5 a day. Each runs in a process of its own that also holds the reader, so
its resident memory is what a worker needs that holds every partition; rows come once by decoding alone and once from a
Kafka. The changelog is measured on a simulated clock: nothing waits.
"""

import asyncio
import multiprocessing
import statistics
import time
from collections.abc import Iterator
from itertools import accumulate, chain, cycle, islice, pairwise
from pathlib import Path
from random import Random
from resource import getpagesize
from typing import Any, NamedTuple

import click
import msgspec
from aiokafka import AIOKafkaProducer

from agents.proving.pipeline import Pipeline
from streams import directory
from streams.faustkit.changelog import Changelog, recover
from streams.faustkit.lease import Lease
from streams.faustkit.writer import Writer
from streams.kafka import client as kafka_client
from streams.kafka import topics as kafka_topics
from streams.reading.authors import KEY_BYTES
from streams.reading.reader import Reader
from streams.records import Mention, OpenCommunities, OpenTopics, Tally
from streams.settings import Settings, load
from streams.tables.hospitals import HospitalTables
from streams.tables.periods import HOUR_MS, HOUR_SECONDS, HOURS_A_DAY, KEEP_HOURS
from streams.tables.rolling import HOURLY
from streams.tables.sketch import entry_of
from streams.vocabulary import SPANS, Intent, Tier

PARTITIONS = Settings().partitions

BEGIN = 489_984
"""An hour since the epoch; a day begins with it."""
END = BEGIN + KEEP_HOURS
BUSY, BUSY_POSTS = 250, 20
"""Hospitals, and posts of each in an hour."""
DRAWN = 25
"""Busy hospitals that are simulated; the others have copies of their rows."""
COUNTRY, MEDIAN_A_DAY = 5000, 1.5
COUNTED = (42, 250)
"""Hospitals between which 1,000 posts/s fall in the changelog's measure: those that ship with Earshot, and a large
directory."""
NOT_COMPACTED_SECONDS = 75 * 60
"""Age up to which copies of a row stay: the changelog's compaction lag and the time of a segment."""
OLDER_COPIES = int(BUSY * BUSY_POSTS / HOUR_SECONDS * NOT_COMPACTED_SECONDS)
"""Copies of heads that `busy` leaves in that time: one for each post, since hardly two fall into the same commit."""
RATE = 1000
WARM_SECONDS = 3 * HOUR_SECONDS
"""Until the open hours of a head are full."""
MEASURED_SECONDS = 120
WARM_RATE = 100
AUTHORS = 0.9
"""Of posts that have an author not seen in that hour: 18 in 20."""

TOPICS = ("wait_times", "billing", "staff", "parking", "food", "cleanliness", "access", "phones")
COMMUNITIES = ("nurses", "rural_health", "caregivers", "students")
TIERS: tuple[Tier, ...] = ("local", "regional", "national", "unknown", "international")
INTENTS: tuple[Intent, ...] = ("complaint", "question", "compliment", "information")


class Key(NamedTuple):
    """A row's key in the changelog and the partition that it stands in."""

    partition: int
    key: bytes


Rows = dict[Key, bytes]


def measure(runs: int) -> dict[str, Any]:
    """The medians of `runs`; the changelog once, since it has no noise."""
    result: dict[str, Any] = {"case": "tables", "runs": runs}
    for name, rows in (("busy", _busy()), ("country", _country())):
        found = [_in_a_process(_restored, rows) for _ in range(runs)]
        result |= _medians(name, found)
        with Pipeline(load(), lambda line: click.echo(line, err=True)) as pipeline:
            asyncio.run(_write(pipeline.settings, rows))
            result |= _medians(name, [_in_a_process(_recovered, pipeline.settings) for _ in range(runs)])
        result[f"{name}_month_mb"] = round(sum(len(key.key) + len(value) for key, value in rows.items()) / 1e6, 1)
    for count in COUNTED:
        result |= {f"changelog_{key}_{count}": value for key, value in _in_a_process(_changelog, count).items()}
    return result


def _medians(name: str, found: list[dict[str, float]]) -> dict[str, float]:
    return {f"{name}_{key}": round(statistics.median(one[key] for one in found), 2) for key in found[0]}


def _in_a_process(function: Any, *arguments: Any) -> Any:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, arguments)


# -- posts and rows ----------------------------------------------------------------------------------------------------


class Posts:
    """Simulated mentions and tallies of any hospitals, on partition 0 of `posts`."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311
        self._offset = -1
        self._topics = [OpenTopics(one, frozenset()) for one in self._some(TOPICS)]
        self._communities = [OpenCommunities(one, frozenset()) for one in self._some(COMMUNITIES)]

    @staticmethod
    def _some(words: tuple[str, ...]) -> list[tuple[str, ...]]:
        return [(), *((word,) for word in words), *pairwise(words)]

    def at(self, hospital: str, ms: int) -> Iterator[Mention | Tally]:
        """One post: a mention, and in one of five cases a tally."""
        random, hour = self._random, ms // HOUR_MS
        self._offset += 1
        author = self._offset if random.random() < AUTHORS else int(random.random() * 1000)
        tier = TIERS[int(random.random() ** 2 * len(TIERS))]
        yield Mention(
            hospital, 0, self._offset, ms, hour, "mentioned", tier, "city", "profile", 90, 3,
            random.choice(self._topics), INTENTS[int(random.random() * len(INTENTS))], random.random() < 0.5,
            str(self._offset), "", communities=random.choice(self._communities), written=ms // 1000,
            person=entry_of(hash((author, "author")) & (1 << 64) - 1),
        )  # fmt: skip
        if random.random() < 0.2:
            yield Tally(hospital, 0, self._offset, ms, hour, tier, ("vaccination",))


def _rows(hospital: str, per_hour: float, seed: int) -> dict[bytes, bytes]:
    """A hospital's rows after four weeks with so many posts an hour."""
    tables, posts, offset = HospitalTables(), Posts(seed), 0
    passed = 0.0
    random = Random(seed)  # noqa: S311
    while True:
        passed += random.expovariate(per_hour)
        if passed >= KEEP_HOURS:
            break
        for record in posts.at(hospital, BEGIN * HOUR_MS + int(passed * HOUR_MS)):
            tables.apply(0, offset, record)
            offset += 1
    return {key: value for key, value in tables.changes([0]).get(0, []) if value is not None}


def _busy() -> Rows:
    drawn = [_rows("h", BUSY_POSTS, seed) for seed in range(DRAWN)]
    rows: Rows = {}
    for number in range(BUSY):
        for key, value in drawn[number % DRAWN].items():
            rows[_key(number, key)] = bytes(bytearray(value))  # a copy of its own
    return rows


def _country() -> Rows:
    top = MEDIAN_A_DAY / HOURS_A_DAY * COUNTRY / 2
    rows: Rows = {}
    for number in range(COUNTRY):
        for key, value in _rows("h", top / (number + 1), number).items():
            rows[_key(number, key)] = value
    return rows


def _key(number: int, key: bytes) -> Key:
    return Key(number % PARTITIONS, f"{number:06}".encode() + key[1:])


# -- memory, recovery and windows --------------------------------------------------------------------------------------


def _restored(rows: Rows) -> dict[str, float]:
    """Decode and complete without a Kafka, then look at every window."""
    started = time.process_time()
    tables = HospitalTables()
    for key, value in rows.items():
        tables.restore(key.partition, key.key, value)
    for partition in range(PARTITIONS):
        tables.complete(partition)
    decoded = time.process_time() - started
    now = END * HOUR_SECONDS - 1.0
    built, again, turn = _look(tables, now), _look(tables, now), _look(tables, now + 1)
    posts, offset = Posts(seed=0), 1 << 32
    for partition in range(PARTITIONS):
        for hospital in tables.hospitals(partition):
            for record in posts.at(hospital, END * HOUR_MS):
                offset += 1
                tables.apply(partition, offset, msgspec.structs.replace(record, offset=offset))
    return {
        "decoded_s": decoded,
        "windows_built_ms": built,
        "windows_ms": again,
        "hour_turns_ms": turn,
        "windows_after_a_post_each_ms": _look(tables, now + 1),
    }


def _look(tables: HospitalTables, now: float) -> float:
    """Read every window and its people of every hospital; ms of CPU."""
    started = time.process_time()
    for partition in range(PARTITIONS):
        for hospital in list(tables.hospitals(partition)):
            for span in SPANS:
                tables.window(partition, hospital, span, now)
            for span in HOURLY:
                tables.people(partition, hospital, span, now)
    return (time.process_time() - started) * 1e3


def _changelog_of(settings: Settings, tables: HospitalTables) -> Changelog:
    writer = Writer(settings, Lease(settings.session_timeout))
    return Changelog(kafka_topics.HOSPITALS, kafka_topics.changelog(settings, kafka_topics.HOSPITALS), tables, writer)


async def _write(settings: Settings, rows: Rows) -> None:
    """Put rows on the changelog, with the copies of heads that compaction has not come to yet."""
    producer = AIOKafkaProducer(**kafka_client.arguments(settings), compression_type="zstd")
    await producer.start()
    kafka_topic = kafka_topics.changelog(settings, kafka_topics.HOSPITALS)
    heads = [row for row in rows.items() if row[0].key.endswith(b"/head")]
    for (partition, key), value in chain(rows.items(), islice(cycle(heads), OLDER_COPIES)):
        await producer.send(kafka_topic, value, key, partition)
    await producer.stop()


def _recovered(settings: Settings) -> dict[str, float]:
    """A worker that takes over every partition: reader, recovery, windows, people."""
    before = resident()
    reader = Reader(directory.load(), settings.max_post_bytes, author_key=bytes(KEY_BYTES))
    with_reader = resident()
    tables = HospitalTables()
    started = time.perf_counter()
    changelog = _changelog_of(settings, tables)
    found = asyncio.run(recover(settings, {changelog: list(range(PARTITIONS))}, ()))
    for partition in range(PARTITIONS):
        tables.complete(partition)
    seconds = time.perf_counter() - started
    _look(tables, END * HOUR_SECONDS - 1.0)
    held = resident()
    del reader
    return {
        "recovery_s": seconds,
        "resident_mb": held / 1e6,
        "reader_mb": (with_reader - before) / 1e6,
        "tables_mb": (held - with_reader) / 1e6,
        "rows": found.records,
    }


def resident() -> int:
    """Memory that this process holds, bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * getpagesize()


# -- changelog ---------------------------------------------------------------------------------------------------------


def _changelog(count: int) -> dict[str, float]:
    """What `RATE` posts/s by Zipf's law make of records and bytes, at commits as the settings have them, once the open
    hours are full; an hour's turn counts once in 3,600 s. Bytes are before compression."""
    every = Settings().commit_interval
    shares = list(accumulate(1 / (number + 1) for number in range(count)))
    names, random, posts = [f"{number:06}" for number in range(count)], Random(1), Posts(seed=1)  # noqa: S311
    tables, offset = HospitalTables(), 0
    turn = BEGIN * HOUR_SECONDS + WARM_SECONDS
    records = size = posted = 0

    def run(begin: float, seconds: float, rate: float, step: float) -> None:
        nonlocal offset, records, size, posted
        for commit in range(round(seconds / step)):
            at = begin + commit * step
            for number, hospital in enumerate(random.choices(names, cum_weights=shares, k=round(rate * step))):
                posted += 1
                for record in posts.at(hospital, int((at + number / rate) * 1000)):
                    tables.apply(0, offset, record)
                    offset += 1
            for written in tables.changes([0]).values():
                records += len(written)
                size += sum(len(key) + len(value or b"") for key, value in written)

    # Fewer posts until then, for time's sake: a head has all its cells then, and fewer authors than at the full rate.
    run(BEGIN * HOUR_SECONDS, WARM_SECONDS, WARM_RATE, 60)
    turned = records, size
    run(turn, every, RATE, every)  # closes an hour: the days
    turned = records - turned[0], size - turned[1]
    records = size = posted = 0
    run(turn + every, MEASURED_SECONDS, RATE, every)
    share = 1 / HOUR_SECONDS
    a_second = records / MEASURED_SECONDS + turned[0] * share, size / MEASURED_SECONDS + turned[1] * share
    return {
        "records_per_s": round(a_second[0], 1),
        "records_of_posts": round(a_second[0] / RATE, 4),
        "kb_per_s": round(a_second[1] / 1e3),
        "not_compacted_mb": round(a_second[1] * NOT_COMPACTED_SECONDS / 1e6),
    }
