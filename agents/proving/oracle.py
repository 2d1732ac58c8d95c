"""The oracle: what every table must say, counted anew from the `posts` Kafka topic in plain Python.

Uses the pure reading functions and nothing else of the product: no transport, tables or memory of duplicates. Called
by the demo, chaos and the tests, with records as they stand in Kafka.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import msgspec

from agents.kafka.stored import Stored
from agents.proving.question_oracle import Questions, stored_questions
from streams.reading.reader import Reader, UnreadableError
from streams.records import Mention, Tally, Withdrawal

Cell = tuple[str, str, str, str]
"""Hospital, period (`all` or `h` and the hour), name of the count, and for `person` which."""


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
    questions = Questions()
    distinct = mentions = 0
    for partition, offset, timestamp, _, value in posts:
        try:
            envelope = reader.decode(value or b"")
        except UnreadableError:
            continue
        if isinstance(envelope, Withdrawal):
            if (partition, envelope.id) in first:
                questions.withdraw(envelope.id)
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
            if isinstance(record, Mention):
                questions.add(record)
            if isinstance(record, Mention) and record.hour >= 0 and record.person >= 0:
                local = record.tier == "local"
                expected[record.hospital, f"h{record.hour}", "person", str(record.person * 2 + local)] = 1
    expected.update(questions.cells())
    found = counted(changelog)
    difference = sum(abs(expected[cell] - found[cell]) for cell in expected.keys() | found.keys())
    return Verdict(distinct, mentions, difference)


def _cells(record: Mention | Tally) -> Iterator[Cell]:
    for period in ("all",) if record.hour < 0 else ("all", f"h{record.hour}"):
        for name in _marginals(record):
            yield record.hospital, period, name, ""


def _marginals(record: Mention | Tally) -> Iterator[str]:
    prefix = "s/" if isinstance(record, Tally) else ""
    if isinstance(record, Mention):
        if record.relation == "author":
            yield "own"
            if record.reply_to:
                yield "answers"
            return
        yield f"intent/{record.intent}"
        if record.addressed and record.intent in ("question", "request", "complaint", "crisis"):
            yield "wants"
    yield f"{prefix}posts"
    yield f"{prefix}tier/{record.tier}"
    for topic in record.topics:
        yield f"{prefix}topic/{topic}"
    near = record.tier if record.tier in ("local", "unknown") else "away"
    for community in record.communities:
        yield f"{prefix}community/{near}/{community}"
    if record.communities:
        yield f"{prefix}community/{near}/*"


def counted(changelog: Iterable[Stored]) -> Counter[Cell]:
    """The tables' cells: of every key the copy with the highest version, decoded as plain MessagePack. An hour that its
    day took over from the head is the day's, whatever an older head still says."""
    rows: dict[tuple[int, bytes], list[Any]] = {}
    for stored in changelog:
        place = (stored.partition, stored.key or b"")
        if stored.value is None:
            rows.pop(place, None)
            continue
        row = msgspec.msgpack.decode(stored.value)
        if place not in rows or row[1] > rows[place][1]:
            rows[place] = row
    cells = stored_questions(rows)
    taken: set[tuple[str, int]] = set()
    for (_, key), row in rows.items():
        hospital, _, day = key.decode().partition("/d")
        if day:
            closed = row[2]
            taken.update((hospital, int(day) * 24 + hour) for hour in range(24) if closed >> hour & 1)
            cells.update(_of_day(hospital, int(day), row))
    for (_, key), row in rows.items():
        hospital, _, kind = key.decode().partition("/")
        if kind == "head":
            for cell, count in _of_head(hospital, row).items():
                if cell[1] == "all" or (hospital, int(cell[1][1:])) not in taken:
                    cells[cell] += count
    for cell in cells:
        if cell[2] == "person":
            cells[cell] = 1  # of an hour that is in a day and in a head
    return +cells


def _of_day(hospital: str, day: int, row: list[Any]) -> Counter[Cell]:
    cells: Counter[Cell] = Counter()
    _, _, _, _, _, names, hours, people, *_ = row
    for hour, packed in hours.items():
        cells.update(_named(hospital, f"h{day * 24 + hour}", names, packed))
    for hour, packed in people.items():
        cells.update(_people(hospital, day * 24 + hour, packed))
    return cells


def _of_head(hospital: str, row: list[Any]) -> Counter[Cell]:
    _, _, _, _, _, names, lifetime, fives, tally_hours, people, *_ = row
    cells = _named(hospital, "all", names, lifetime)
    for five, packed in fives.items():
        cells.update(_named(hospital, f"h{five // 12}", names, packed))
    for hour, packed in tally_hours.items():
        cells.update(_named(hospital, f"h{hour}", names, packed))
    for hour, packed in people.items():
        cells.update(_people(hospital, hour, packed))
    return cells


def _named(hospital: str, period: str, names: list[str], packed: list[int]) -> Counter[Cell]:
    return Counter(
        {(hospital, period, names[index], ""): count for index, count in zip(packed[::2], packed[1::2], strict=True)}
    )


def _people(hospital: str, hour: int, packed: bytes) -> Iterator[Cell]:
    for start in range(0, len(packed), 3):
        yield hospital, f"h{hour}", "person", str(int.from_bytes(packed[start : start + 3], "big"))
