"""The oracle: what every table must say, counted anew from the `posts` Kafka topic in plain Python.

Uses the pure reading functions and nothing else of the product: no transport, tables or memory of duplicates. Called
by the demo, chaos and the tests, with records as they stand in Kafka.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from agents.kafka.stored import Stored
from streams.reading.reader import Reader, UnreadableError
from streams.records import Mention, Tally, Withdrawal

Cell = tuple[str, str, str, str]
"""Hospital, period (`all` or `h` and the hour), kind of count, value."""


class Verdict(NamedTuple):
    """What the oracle found."""

    posts: int
    """Distinct readable posts."""
    mentions: int
    """Posts tied to a hospital, once per hospital."""
    difference: int
    """Sum over all cells of |tables - oracle|."""

    def __str__(self) -> str:
        return f"oracle: {self.posts} posts, {self.mentions} mentions, difference {self.difference}"


def judge(posts: Iterable[Stored], changelog: Iterable[Stored], reader: Reader, horizon: int, reach: int) -> Verdict:
    """Compare the tables, as their changelog has them, with the posts. Each partition's records in offset order.

    A copy is one that stands at most `horizon` seconds and `reach` offsets behind the post that counted.
    """
    expected: Counter[Cell] = Counter()
    first: dict[tuple[int, str], tuple[int, int]] = {}
    distinct = mentions = 0
    for partition, offset, timestamp, _, value in posts:
        try:
            envelope = reader.decode(value or b"")
        except UnreadableError:
            continue
        if isinstance(envelope, Withdrawal):
            continue
        seconds = timestamp // 1000
        known = first.get((partition, envelope.id))
        if known is not None and seconds - known[0] <= horizon and offset - known[1] <= reach:
            continue
        first[partition, envelope.id] = (seconds, offset)
        distinct += 1
        for record in reader.records(envelope, partition, offset, timestamp):
            mentions += isinstance(record, Mention)
            expected.update(_cells(record))
    found = counted(changelog)
    difference = sum(abs(expected[cell] - found[cell]) for cell in expected.keys() | found.keys())
    return Verdict(distinct, mentions, difference)


def _cells(record: Mention | Tally) -> Iterator[Cell]:
    for period in ("all",) if record.hour < 0 else ("all", f"h{record.hour}"):
        for kind, value in _marginals(record):
            yield record.hospital, period, kind, value


def _marginals(record: Mention | Tally) -> Iterator[tuple[str, str]]:
    prefix = "s/" if isinstance(record, Tally) else ""
    if isinstance(record, Mention):
        if record.relation == "author":
            yield "own", ""
            return
        yield "intents", record.intent
    yield f"{prefix}posts", ""
    yield f"{prefix}tiers", record.tier
    for topic in record.topics:
        yield f"{prefix}topics", topic
    near = record.tier if record.tier in ("local", "unknown") else "away"
    for community in record.communities:
        yield f"{prefix}communities", f"{near}/{community}"
    if record.communities:
        yield f"{prefix}communities", f"{near}/*"


def counted(changelog: Iterable[Stored]) -> Counter[Cell]:
    """The tables' cells: of every key the copy with the highest version, decoded as plain JSON."""
    rows: dict[tuple[int, bytes], dict[str, object]] = {}
    for stored in changelog:
        place = (stored.partition, stored.key or b"")
        if stored.value is None:
            rows.pop(place, None)
            continue
        row = json.loads(stored.value)
        if place not in rows or row["version"] > rows[place]["version"]:
            rows[place] = row
    cells: Counter[Cell] = Counter()
    for (_, key), row in rows.items():
        hospital, period, *service = key.decode().split("/")
        prefix = "s/" if service else ""
        for kind in ("posts", "own"):
            cells[hospital, period, prefix + kind, ""] += int(str(row[kind]))
        for kind in ("tiers", "topics", "intents", "communities"):
            values = row.get(kind, {})  # a row of before has fewer
            assert isinstance(values, dict)  # noqa: S101 - a changelog of another shape is no table of ours
            for value, count in values.items():
                cells[hospital, period, prefix + kind, value] += count
    return +cells
