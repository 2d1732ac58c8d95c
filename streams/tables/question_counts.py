"""Counts of one hospital's question rows by the hour, kept as rows change.

Called by `question_rows.py`, which says which rows changed and how each was before. A look costs those rows and the
hours, not all rows: a flood of open questions costs no more than a few. What a row counted is taken away again by the
row as it was, so nothing is kept of a row beside itself. Derived from the rows alone; nothing of it is written
anywhere.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping

from streams.tables.cells import Cells, add
from streams.tables.open_questions import Open
from streams.tables.question_kinds import Kinds
from streams.tables.questions import OPEN_SECONDS, Asked, OpenMs

Rest = tuple[int, int]
"""A row of a hospital: its hour, and its number in that (`question_rows.py`)."""
Rows = Mapping[int, Mapping[int, bytes]]
"""A hospital's rows: hour -> number -> row."""

EVERY, URGENT = "every", "urgent"
"""Kinds of open questions beside the intents."""

MOST_OUTDATED = 20_000
"""Rows that changed since the last look, of a hospital that nobody looks at any more."""


class _Hour:
    """The rows of one hour, added up."""

    __slots__ = ("by_time", "cells", "is_stale", "open", "rows")

    def __init__(self) -> None:
        self.rows = 0
        self.cells: dict[str, int] = {}
        self.open: dict[str, Open] = {}
        """Kind -> what is not answered, however old."""
        self.is_stale = False
        """The oldest or newest of a kind went: `open` is to be added up again."""
        self.by_time: dict[str, list[int]] | None = None
        """Kind -> when what is not answered was written, sorted: while some of it is too old to wait, and some not."""

    def put(self, before: Asked | None, after: Asked | None, open_ms: OpenMs | None) -> None:
        """Replace what one row counts."""
        gone, come = dict[str, Open](), dict[str, Open]()
        if before is not None:
            self.rows -= 1
            add(self.cells, before.cells(open_ms), -1)
            gone = _open_of(before)
        if after is not None:
            self.rows += 1
            add(self.cells, after.cells(open_ms))
            come = _open_of(after)
        self.by_time = None
        for kind in {**gone, **come}:
            self._replace(kind, gone.get(kind), come.get(kind))

    def _replace(self, kind: str, gone: Open | None, come: Open | None) -> None:
        held = self.open.get(kind)
        if held is None:
            if come is not None:
                self.open[kind] = come
            return
        number = held.number - (gone.number if gone is not None else 0) + (come.number if come is not None else 0)
        if not number:
            del self.open[kind]
            return
        oldest, newest = held.oldest, held.newest
        if come is not None:
            oldest, newest = min(oldest, come.oldest), max(newest, come.newest)
        if gone is not None and (come is None or come.oldest > gone.oldest) and gone.oldest <= oldest:
            self.is_stale = True
        if gone is not None and (come is None or come.newest < gone.newest) and gone.newest >= newest:
            self.is_stale = True
        self.open[kind] = Open(number, oldest, newest)


class QuestionCounts:
    """Of one hospital."""

    def __init__(self, kinds: Kinds) -> None:
        self._kinds = kinds
        self._hours: dict[int, _Hour] = {}
        self._outdated: dict[Rest, bytes | None] = {}
        """Rows to be counted anew, as they were when they were counted; None: they were not."""
        self._open_ms: OpenMs | None = None

    def outdate(self, hour: int, number: int, before: bytes | None) -> bool:
        """A row changed, came or went; `before`: as it was. False: so many changed since the last look that this is to
        be made anew with the next."""
        self._outdated.setdefault((hour, number), before)
        return len(self._outdated) < MOST_OUTDATED

    def _renew(self, rows: Rows, open_ms: OpenMs | None) -> None:
        if open_ms != self._open_ms:
            self._open_ms = open_ms
            self._hours.clear()
            self._outdated = {(hour, number): None for hour, held in rows.items() for number in held}
        for (hour, number), before in self._outdated.items():
            after = rows.get(hour, {}).get(number)
            if before is after:
                continue
            found = self._hours.get(hour)
            if found is None:
                found = self._hours[hour] = _Hour()
            found.put(self._row(before), self._row(after), open_ms)
            if not found.rows:
                del self._hours[hour]
        self._outdated.clear()

    def _row(self, row: bytes | None) -> Asked | None:
        return Asked(self._kinds, row) if row is not None else None

    def cells(self, rows: Rows, open_ms: OpenMs | None) -> Iterator[tuple[int, Cells]]:
        """(hour since the epoch, counts of the questions asked in it). To be read, not kept."""
        self._renew(rows, open_ms)
        for number, hour in self._hours.items():
            yield number, hour.cells

    def open(self, rows: Rows, now: float) -> dict[str, Open]:
        """Kind -> what waits at a moment (seconds since the epoch); kinds without any are left out."""
        self._renew(rows, self._open_ms)
        limit = now - OPEN_SECONDS
        return added_up(self._young(hour, rows[number], limit) for number, hour in self._hours.items())

    def _young(self, hour: _Hour, rows: Mapping[int, bytes], limit: float) -> Mapping[str, Open]:
        """What waits since `limit` or later of one hour: all of it, nothing, or what is young enough."""
        if hour.is_stale:
            hour.is_stale = False
            hour.open = added_up(_open_of(Asked(self._kinds, row)) for row in rows.values())
        every = hour.open.get(EVERY)
        if every is None or every.newest < limit:
            hour.by_time = None
            return {}
        if every.oldest >= limit:
            return hour.open
        if hour.by_time is None:
            hour.by_time = {}
            for row in rows.values():
                for number, written in Asked(self._kinds, row).unanswered():
                    for kind in _kinds(self._kinds, number):
                        hour.by_time.setdefault(kind, []).append(written)
            for times in hour.by_time.values():
                times.sort()
        young = {kind: (bisect_left(times, limit), times) for kind, times in hour.by_time.items()}
        return {
            kind: Open(len(times) - first, times[first], times[-1])
            for kind, (first, times) in young.items()
            if first < len(times)
        }


def _kinds(kinds: Kinds, number: int) -> tuple[str, ...]:
    intent = kinds.kinds[number].intent
    return (EVERY, intent, URGENT) if kinds.urgent[number] else (EVERY, intent)


def _open_of(row: Asked) -> dict[str, Open]:
    """Kind -> what is not answered in a row."""
    found: dict[int, tuple[int, int, int]] = {}
    for number, written in row.unanswered():
        if (held := found.get(number)) is None:
            found[number] = (1, written, written)
        else:
            found[number] = (held[0] + 1, min(held[1], written), max(held[2], written))
    return added_up(
        {kind: Open(count, oldest, newest) for kind in _kinds(row.kinds, number)}
        for number, (count, oldest, newest) in found.items()
    )


def added_up(parts: Iterable[Mapping[str, Open]]) -> dict[str, Open]:
    """Kind by kind."""
    sums: dict[str, Open] = {}
    for part in parts:
        for kind, one in part.items():
            known = sums.get(kind)
            sums[kind] = (
                one
                if known is None
                else Open(known.number + one.number, min(known.oldest, one.oldest), max(known.newest, one.newest))
            )
    return sums
