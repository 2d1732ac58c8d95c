"""Rows that an earlier Earshot wrote are read and carried on: bytes of form 2, and rows of form 1 in any crash."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.records import Mention, OpenCommunities, Tally
from streams.tables.cells import cells_of, near_of
from streams.tables.hospitals import HospitalTables
from streams.tables.periods import HOUR_MS, KEEP_HOURS
from tests.hospital_records import (
    AT,
    HOSPITALS,
    HOUR,
    Copies,
    Record,
    Step,
    log_of,
    mention,
    once,
    restored,
    steps,
    tally,
    written,
)

# Bytes that stand in changelogs: never to be changed.
DAY_2 = bytes.fromhex(
    "990202ce0001000081000581000598a5706f737473aa746965722f6c6f63616cb0696e74656e742f636f6d706c61696e74a577616e7473b0"
    "746f7069632f776169745f74696d6573a7732f706f737473ac732f746965722f6c6f63616cb3732f746f7069632f76616363696e6174696f"
    "6e8110dc0010000101010201030104010501060107018110c40300028380"
)
HEAD_2 = bytes.fromhex(
    "9a0203ce00077a118100068100069ba5706f737473aa746965722f6c6f63616cb0696e74656e742f636f6d706c61696e74a577616e7473b0"
    "746f7069632f776169745f74696d6573a7732f706f737473ac732f746965722f6c6f63616cb3732f746f7069632f76616363696e6174696f"
    "6ead746965722f6e6174696f6e616cb0636f6d6d756e6974792f617761792f2ab5636f6d6d756e6974792f617761792f6e7572736573dc00"
    "1600020101020203020402050206020702080109010a0181ce0059b8e49e0001080102010301040109010a0181ce00077a13960501060107"
    "0181ce00077a13c403000302"
)
COPIES_2: Copies = [(b"350070/d20416", DAY_2), (b"350070/head", HEAD_2)]
LOG_2: tuple[Record, ...] = (
    mention(5),
    tally(5),
    mention(6, at=AT + 3 * HOUR_MS, tier="national", communities=OpenCommunities(("nurses",), frozenset())),
    tally(6, at=AT + 3 * HOUR_MS),
)
"""What those rows contain."""


def hourly(tables: HospitalTables, first: int, last: int) -> dict[int, dict[str, int]]:
    return {hour: dict(cells) for hour, cells in tables.hourly(0, "350070", first, last)}


def test_rows_of_form_2_are_read() -> None:
    tables, made = restored(COPIES_2), HospitalTables()
    for offset, record in enumerate(LOG_2):
        made.apply(0, offset, record)
    assert tables.lifetime(0, "350070") == made.lifetime(0, "350070")
    assert hourly(tables, HOUR, HOUR + 3) == hourly(made, HOUR, HOUR + 3)
    now = AT / 1000 + 3 * 3600
    assert tables.window(0, "350070", "1h", now) == made.window(0, "350070", "1h", now)
    assert tables.people(0, "350070", "24h", now) == (2, 1)
    assert written(tables) == []


def test_rows_of_form_2_are_carried_on() -> None:
    tables = restored(COPIES_2)
    assert not any(tables.apply(0, offset, record) for offset, record in enumerate(LOG_2)), "a replay"
    assert tables.apply(0, 4, mention(7, at=AT + 3 * HOUR_MS))
    assert tables.lifetime(0, "350070")["posts"] == 3
    assert hourly(tables, HOUR + 3, HOUR + 3)[HOUR + 3]["posts"] == 2


def test_todays_rows_begin_with_the_fields_of_form_2_as_it_was_first_written() -> None:
    made = HospitalTables()
    for offset, record in enumerate(LOG_2):
        made.apply(0, offset, record)
    for (key, first), (made_key, today) in zip(COPIES_2, written(made), strict=True):
        assert first is not None
        assert today is not None
        fields = msgspec.msgpack.decode(first)
        assert (made_key, msgspec.msgpack.decode(today)[: len(fields)]) == (key, fields)


# -- form 1 ------------------------------------------------------------------------------------------------------------


class FirstEarshot:
    """Rows as version 0.1.0 folded and wrote them."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self._changed: set[str] = set()

    def apply(self, offset: int, record: Record) -> None:
        periods = ["all", *([f"h{record.hour}"] if record.hour >= 0 else [])]
        for period in periods:
            key = f"{record.hospital}/{period}{'/s' if isinstance(record, Tally) else ''}"
            row = self.rows.setdefault(
                key,
                {"version": -1, "marks": {}, "posts": 0, "own": 0}
                | {kind: {} for kind in ("tiers", "topics", "intents", "communities")},
            )
            if offset > row["version"] and record.offset > row["marks"].get(record.partition, -1):
                row["version"], row["marks"][record.partition] = offset, record.offset
                self._count(row, record)
                self._changed.add(key)

    @staticmethod
    def _count(row: dict[str, Any], record: Record) -> None:
        if isinstance(record, Mention) and record.relation == "author":
            row["own"] += 1
            return
        row["posts"] += 1
        near = near_of(record.tier)
        raised = [("tiers", record.tier), *(("topics", topic) for topic in record.topics)]
        raised += [("communities", f"{near}/{one}") for one in ("*", *record.communities) if record.communities]
        if isinstance(record, Mention):
            raised.append(("intents", record.intent))
        for kind, value in raised:
            row[kind][value] = row[kind].get(value, 0) + 1

    def written(self) -> Copies:
        """Rows changed since the last call, in the order in which they were written."""
        keys, self._changed = sorted(self._changed), set()
        return [(key.encode(), msgspec.json.encode(self.rows[key])) for key in keys]


def first_rows(log: Sequence[Record]) -> Copies:
    earshot = FirstEarshot()
    for offset, record in enumerate(log):
        earshot.apply(offset, record)
    return earshot.written()


def without_wants(cells: dict[str, int]) -> dict[str, int]:
    """Rows of form 1 did not count who waits for an answer."""
    return {cell: count for cell, count in cells.items() if cell != "wants"}


def test_counts_of_form_1_continue() -> None:
    tables = restored(first_rows(LOG_2))
    expected: Counter[str] = Counter(cell for record in LOG_2 for cell in cells_of(record))
    assert tables.lifetime(0, "350070") == without_wants(expected)
    assert tables.window(0, "350070", "24h", AT / 1000 + 3 * 3600) == without_wants(expected)
    assert not any(tables.apply(0, offset, record) for offset, record in enumerate(LOG_2)), "a replay"
    assert tables.apply(0, 4, mention(7, at=AT + 4 * HOUR_MS))
    assert tables.lifetime(0, "350070")["posts"] == 3
    assert hourly(tables, HOUR, HOUR + 4)[HOUR + 4]["posts"] == 1


def test_old_keys_end_in_tombstones_behind_todays_rows() -> None:
    old = first_rows(LOG_2)
    records = written(restored(old))
    assert [key for key, _ in records[:2]] == [b"350070/d20416", b"350070/head"]
    assert sorted(records[2:]) == [(key, None) for key, _ in sorted(old)]
    assert written(restored(old + records)) == []


@pytest.mark.parametrize("lost", [b"350070/h490000", b"350070/h490000/s", b"350070/h490003", b"350070/h490003/s"])
def test_what_an_hour_row_missed_counts_when_it_is_replayed(lost: bytes) -> None:
    tables = restored([copy for copy in first_rows(LOG_2) if copy[0] != lost])
    for offset, record in enumerate(LOG_2):
        tables.apply(0, offset, record)
    whole = restored(first_rows(LOG_2))
    found = {hour: without_wants(cells) for hour, cells in hourly(tables, HOUR, HOUR + 3).items()}
    assert found == hourly(whole, HOUR, HOUR + 3)
    assert tables.lifetime(0, "350070") == whole.lifetime(0, "350070")


def test_what_only_one_of_two_old_rows_missed_makes_a_newer_copy() -> None:
    log: tuple[Record, ...] = (tally(5), mention(5))
    old = [copy for copy in first_rows(log) if not copy[0].endswith(b"/s")]
    first = restored(old)
    carried = written(first)
    for offset, record in enumerate(log):
        first.apply(0, offset, record)
    tables = restored(old + carried + written(first))
    assert tables.lifetime(0, "350070")["s/posts"] == 1
    assert hourly(tables, HOUR, HOUR)[HOUR]["s/posts"] == 1


def test_a_replayed_tally_opens_no_hour_that_the_lifetime_of_mentions_contains() -> None:
    log: tuple[Record, ...] = (tally(5), mention(5, at=AT + 5 * HOUR_MS), mention(6, at=AT + 5 * HOUR_MS))
    first = FirstEarshot()
    for offset, record in enumerate(log[:2]):
        first.apply(offset, record)
    tables = restored([copy for copy in first.written() if copy[0] == b"350070/all"])
    for offset, record in enumerate(log):
        tables.apply(0, offset, record)
    assert tables.lifetime(0, "350070")["posts"] == 2
    assert hourly(tables, HOUR + 5, HOUR + 5)[HOUR + 5]["posts"] == 2


def test_a_carried_hospital_has_a_last_hour_again_once_hours_open() -> None:
    tables = restored(first_rows(LOG_2))
    for number in range(24):
        tables.apply(0, 10 + number, mention(10 + number, at=AT + (4 + number) * HOUR_MS))
    now = AT / 1000 + 27 * 3600
    assert tables.window(0, "350070", "1h", now)["posts"] == 1


def found(tables: HospitalTables, log: Sequence[Record]) -> Counter[tuple[str, str, str]]:
    cells: Counter[tuple[str, str, str]] = Counter()
    for hospital in HOSPITALS:
        for cell, count in without_wants(dict(tables.lifetime(0, hospital))).items():
            cells[hospital, "all", cell] += count
        first, last = log[-1].at // HOUR_MS - KEEP_HOURS + 1, max(record.hour for record in log)
        for hour, counts in tables.hourly(0, hospital, first, last):
            for cell, count in without_wants(dict(counts)).items():
                cells[hospital, f"h{hour}", cell] += count
    return cells


def expected(log: Sequence[Record]) -> Counter[tuple[str, str, str]]:
    cells: Counter[tuple[str, str, str]] = Counter()
    for record in once(log):
        for cell in cells_of(record):
            if cell != "wants":
                cells[record.hospital, "all", cell] += 1
                if record.hour > log[-1].at // HOUR_MS - KEEP_HOURS:
                    cells[record.hospital, f"h{record.hour}", cell] += 1
    return cells


def some_of(data: st.DataObject, copies: Copies, what: str) -> Copies:
    """The part of a write that became durable."""
    return copies[: data.draw(st.integers(0, len(copies)), what)]


@given(steps, st.data())
@settings(max_examples=80, deadline=None)
def test_whoever_dies_while_form_1_is_carried_on_the_counts_are_the_same(
    drawn: list[Step], data: st.DataObject
) -> None:
    log = log_of([step._replace(passed=step.passed % 1440) for step in drawn])
    committed = data.draw(st.integers(0, len(log)), "committed by the first Earshot")
    reached = data.draw(st.integers(committed, len(log)), "reached by it")
    earshot, changelog = FirstEarshot(), Copies()
    for offset in range(committed):
        earshot.apply(offset, log[offset])
        if data.draw(st.booleans(), "a checkpoint"):
            changelog += earshot.written()
    changelog += earshot.written()
    for offset in range(committed, reached):
        earshot.apply(offset, log[offset])
    changelog += some_of(data, earshot.written(), "of its last write")

    for number in range(data.draw(st.integers(0, 3), "owners that die")):
        owner = restored(changelog)
        reached = data.draw(st.integers(committed, len(log)), f"reached by owner {number}")
        for offset in range(committed, reached):
            owner.apply(0, offset, log[offset])
            if data.draw(st.booleans(), "a checkpoint"):
                changelog += written(owner)
                committed = offset + 1
        changelog += some_of(data, written(owner), f"of the last write of owner {number}")

    last = restored(changelog)
    for offset in range(committed, len(log)):
        last.apply(0, offset, log[offset])
    assert found(last, log) == expected(log)
    changelog += written(last)

    again = restored(data.draw(st.permutations(changelog), "order in the changelog"))
    assert found(again, log) == expected(log)
    form_1 = {key for key, value in dict(changelog).items() if value is not None and value[:1] == b"{"}
    assert not form_1, "compaction leaves no row of form 1"
