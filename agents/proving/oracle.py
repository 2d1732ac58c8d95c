"""The oracle: what every table must say, counted anew from the `posts` Kafka topic in plain Python.

Uses the pure reading functions, never compiled, and its own count (`recount.py`): no transport, tables or memory of
duplicates. Compared with it are the rows of the changelog, decoded as plain MessagePack, and the product's own tables,
restored from the changelog and asked for their windows (`shown.py`). Called by the demo, chaos and the tests, with
records as they stand in Kafka.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from agents.kafka.stored import Stored
from agents.proving import gauges, shown
from agents.proving.goal_oracle import GoalOracle
from agents.proving.question_oracle import Questions, stored_questions
from agents.proving.recount import Cell, Recount
from streams import compiled
from streams.reading.reader import Reader, UnreadableError
from streams.records import Mention, Withdrawal

PARTS = ("lifetime", "hours", "windows", "people", "questions", "open", "goals", "matrix", "/metrics")
"""What is compared. `windows`: 1 h, 24 h, 7 d and 28 d at several times; `people`: authors of each hour, and estimates
in the windows; `open`: questions that wait, by intent, and the oldest; `goals`: each goal's actual; `matrix`: nearness
x community, in lifetime, hours and windows; `/metrics`: what a worker showed.
"""
_AHEAD_SECONDS = 3600
"""A post's own time may be so far ahead of Kafka's."""
_VERY_MANY = 4096
"""Authors in an hour of one hospital from which on a row may keep only the highest rank of each register."""


class Verdict(NamedTuple):
    """What the oracle found."""

    posts: int
    """Distinct readable posts."""
    mentions: int
    """Posts tied to a hospital, once per hospital."""
    difference: int
    """Sum over all that was compared of |tables - oracle|."""
    parts: Mapping[str, int] = {}
    """The difference of each of `PARTS` that has one."""
    since: str = ""
    """Not all could be counted again: hours from this one (UTC) on were compared, and windows that begin then or later.
    Empty: everything was."""
    beforehand: bool = False
    """The earlier hours were written beforehand (`aged.py`), so that the lifetime was compared, too."""

    def __str__(self) -> str:
        line = f"oracle: {self.posts} posts, {self.mentions} mentions, difference {self.difference}"
        if self.difference:
            line += f" ({', '.join(f'{part} {self.parts[part]}' for part in PARTS if self.parts.get(part))})"
        elif not self.since:
            line += " in lifetime, hours, windows, people, questions, goals and community x nearness"
        if self.since and self.beforehand:
            line += (
                f" in the lifetime, and in hours from {self.since} UTC on, with windows, people, questions and goals;"
                " not compared: earlier hours, which were written beforehand"
            )
        elif self.since:
            line += (
                f" in hours from {self.since} UTC on, with windows, people, questions, goals and community x nearness;"
                " not compared: the lifetime and earlier hours, whose posts are no longer in Kafka"
            )
        return line


class Held(NamedTuple):
    """What `posts` still has of all that stood on it."""

    gone: Mapping[int, int] = {}
    """Partition whose beginning is gone and that is empty now -> a moment after all of it came, ms."""
    migrated_at: int = -1
    """ms since the epoch: earlier posts were on other Kafka topics. -1: there are none."""
    begun: int = -1
    """The first hour (since the epoch) that posts counted in: earlier ones were written beforehand (`aged.py`).
    -1: none were."""


class Recounted(NamedTuple):
    """What posts must make of the tables."""

    recount: Recount
    questions: Questions
    posts: int
    mentions: int
    newest: float
    """Seconds since the epoch of the newest post."""
    missing: int
    """The first hour that no post of before is in whose place in Kafka is gone; -1: none is gone."""
    begun: int
    """As in `Held`."""


def judge(
    posts: Iterable[Stored],
    changelog: Iterable[Stored],
    reader: Reader,
    horizon: int,
    reach: int,
    held: Held = Held(),  # noqa: B008 - immutable
    scraped: gauges.Scraped | None = None,
) -> Verdict:
    """Compare the tables, as their changelog has them, with the posts. Each partition's records in offset order.

    A copy is one that stands at most `horizon` seconds and `reach` offsets behind the post that counted. Where the
    beginning of a partition is gone, only what can be counted again is compared (`_first_hour`). `scraped`: what the
    workers showed when all of it was counted.
    """
    return verdict(recounted(posts, reader, horizon, reach, held), changelog, reader, scraped)


def recounted(
    posts: Iterable[Stored],
    reader: Reader,
    horizon: int,
    reach: int,
    held: Held = Held(),  # noqa: B008 - immutable
) -> Recounted:
    """Count the posts anew: half of `judge`, for whoever judges several tables by the same posts."""
    if compiled.used():  # the worker's form would judge itself
        raise RuntimeError("the oracle runs in pure Python, and this process uses compiled modules")
    recount, questions = Recount(), Questions()
    first: dict[tuple[int, str], tuple[int, int]] = {}
    missing_until = dict(held.gone)
    begun: set[int] = set()
    distinct = mentions = newest = 0
    for partition, offset, timestamp, _, value in posts:
        newest = max(newest, timestamp)
        if partition not in begun:
            begun.add(partition)
            if offset:
                missing_until[partition] = timestamp
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
            recount.add(record)
            if isinstance(record, Mention):
                mentions += 1
                questions.add(record)
    recount.cells.update(questions.cells())
    missing = _first_hour(max((held.migrated_at, *missing_until.values())))
    return Recounted(recount, questions, distinct, mentions, newest / 1000, missing, held.begun)


def verdict(
    counted: Recounted, changelog: Iterable[Stored], reader: Reader, scraped: gauges.Scraped | None = None
) -> Verdict:
    """Compare the tables, as their changelog has them, with what was counted: the other half of `judge`."""
    recount, begun = counted.recount, counted.begun
    since = max(counted.missing, begun)
    if begun >= 0:
        changelog = (one for one in changelog if _is_from(one, begun))

    def residents(hospital: str) -> int:
        known = reader.directory.by_id.get(hospital)
        return reader.residents(known) if known is not None else 0

    goals = GoalOracle(recount, counted.questions, residents)
    lifetime = counted.missing < 0
    parts = compared(recount, list(changelog), counted.newest, since, goals, lifetime=lifetime)
    if scraped is not None and since < 0 and (found := gauges.difference(recount, scraped)):
        parts["/metrics"] = found
    whole = "" if since < 0 else f"{datetime.fromtimestamp(since * 3600, UTC):%Y-%m-%d %H:%M}"
    return Verdict(counted.posts, counted.mentions, parts.total(), dict(parts), whole, lifetime and since >= 0)


def _is_from(row: Stored, hour: int) -> bool:
    """Whether a row is not one of questions of before an hour: the most of what was written beforehand."""
    _, _, slot = (row.key or b"").partition(b"/q")
    return not slot or int(slot.partition(b".")[0]) // 360 >= hour


def _first_hour(missing_until: int) -> int:
    """The first hour that no post of before a moment (ms) is in; -1 when there are none (-1).

    A post's hour is at most an hour ahead of Kafka's time. So a copy of a post that is gone is in an earlier hour, too.
    """
    return -1 if missing_until < 0 else (missing_until // 1000 + _AHEAD_SECONDS) // 3600 + 1


def compared(
    recount: Recount,
    changelog: list[Stored],
    newest: float,
    since: int = -1,
    goals: GoalOracle | None = None,
    *,
    lifetime: bool = True,
) -> Counter[str]:
    """Part -> sum of |tables - oracle|, of those parts that differ. `newest`: seconds since the epoch of the newest
    post, when windows are asked for first; `since`: the first hour to compare, or -1 for everything; `goals`: compared
    where given; `lifetime`: whether it is compared."""
    expected, found = recount.cells, counted(changelog)
    parts: Counter[str] = Counter()
    for cell in (expected.keys() | found.keys()) - _outranked(expected):
        _, period, name, _ = cell
        if (not lifetime) if period == "all" else (int(period[1:]) < since):
            continue
        if difference := abs(expected[cell] - found[cell]):
            parts[shown.part_of(name) or ("lifetime" if period == "all" else "hours")] += difference
    return +(parts + shown.differences(recount, changelog, newest, since * 3600, goals))


def _outranked(expected: Iterable[Cell]) -> set[Cell]:
    """Authors that a row may leave out: in an hour with very many, those with another of a higher rank in their
    register. Their estimate does not need them."""
    authors: dict[tuple[str, str], list[int]] = {}
    for hospital, period, name, which in expected:
        if name == "person":
            authors.setdefault((hospital, period), []).append(int(which))
    outranked: set[Cell] = set()
    for (hospital, period), persons in authors.items():
        if len(persons) < _VERY_MANY:
            continue
        highest: dict[tuple[int, int], int] = {}
        for person in sorted(persons):
            highest[person // 128, person % 2] = person
        kept = set(highest.values())
        outranked.update((hospital, period, "person", str(person)) for person in persons if person not in kept)
    return outranked


def counted(changelog: Iterable[Stored]) -> Counter[Cell]:
    """The tables' cells: of every key the copy with the highest version, decoded as plain MessagePack. An hour that its
    day took over from the head is the day's, whatever an older head still says."""
    rows: dict[tuple[int, bytes], list[Any]] = {}
    for stored in changelog:
        place = (stored.partition, stored.key or b"")
        if not _is_row(place[1]):
            continue  # of version 0.1.0; its counts went into today's rows at the first start of a later version
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


def _is_row(key: bytes) -> bool:
    return key.endswith(b"/head") or b"/d" in key or b"/q" in key


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
