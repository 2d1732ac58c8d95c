"""Counts of one hospital's question rows by the hour, kept as rows change.

Called by `question_rows.py`, which says which rows changed. A look costs those rows and the hours, not all rows: a
flood of open questions costs no more than a few. Derived from the rows alone; nothing of it is written anywhere.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from streams.tables.cells import Cells, add
from streams.tables.periods import SLOTS_AN_HOUR
from streams.tables.question_wire import Question
from streams.tables.questions import OPEN_SECONDS, Asked, OpenMs, is_urgent

Rest = tuple[int, int]
"""A row: its 10-second slot, and the version of the row before it (`question_rows.Place` without the hospital)."""

EVERY, URGENT = "every", "urgent"
"""Kinds of open questions beside the intents."""


class Open(NamedTuple):
    """Questions of one kind that wait."""

    number: int
    oldest: int
    """When the oldest was written, seconds since the epoch."""
    newest: int


class _Counted(NamedTuple):
    cells: dict[str, int]
    open: dict[str, Open]
    """Kind -> what is not answered, however old."""


class _Hour:
    """The rows of one hour, added up."""

    __slots__ = ("cells", "open", "rows")

    def __init__(self) -> None:
        self.cells: dict[str, int] = {}
        self.open: dict[str, Open] | None = None
        """None: to be added up again."""
        self.rows: dict[Rest, _Counted] = {}

    def put(self, rest: Rest, counted: _Counted | None) -> None:
        """Replace one row's counts; None: it is gone."""
        if (before := self.rows.pop(rest, None)) is not None:
            add(self.cells, before.cells, -1)
        if counted is not None:
            self.rows[rest] = counted
            add(self.cells, counted.cells)
        self.open = None

    def waiting(self) -> Mapping[str, Open]:
        """What is not answered, however old."""
        if self.open is None:
            self.open = added_up(one.open for one in self.rows.values())
        return self.open


class QuestionCounts:
    """Of one hospital."""

    def __init__(self) -> None:
        self._hours: dict[int, _Hour] = {}
        self._outdated: set[Rest] = set()
        self._open_ms: OpenMs | None = None

    def outdate(self, rest: Rest) -> None:
        """A row changed, came or went."""
        self._outdated.add(rest)

    def _renew(self, rows: Mapping[Rest, Asked], open_ms: OpenMs | None) -> None:
        if open_ms != self._open_ms:
            self._open_ms = open_ms
            self._outdated.update(rows)
        for rest in self._outdated:
            number, row = rest[0] // SLOTS_AN_HOUR, rows.get(rest)
            hour = self._hours.get(number)
            if hour is None:
                hour = self._hours[number] = _Hour()
            hour.put(rest, None if row is None else _Counted(row.cells(open_ms), _open_of(row.unanswered())))
            if not hour.rows:
                del self._hours[number]
        self._outdated.clear()

    def cells(self, rows: Mapping[Rest, Asked], open_ms: OpenMs | None) -> Iterator[tuple[int, Cells]]:
        """(hour since the epoch, counts of the questions asked in it). To be read, not kept."""
        self._renew(rows, open_ms)
        for number, hour in self._hours.items():
            yield number, hour.cells

    def open(self, rows: Mapping[Rest, Asked], now: float) -> dict[str, Open]:
        """Kind -> what waits at a moment (seconds since the epoch); kinds without any are left out."""
        self._renew(rows, self._open_ms)
        limit = now - OPEN_SECONDS
        return added_up(part for hour in self._hours.values() for part in _young(hour, rows, limit, now))


def _young(hour: _Hour, rows: Mapping[Rest, Asked], limit: float, now: float) -> Iterator[Mapping[str, Open]]:
    """What waits since `limit` or later: whole hours where they are young enough, else whole rows, else one by one."""
    every = hour.waiting().get(EVERY)
    if every is None or every.newest < limit:
        return
    if every.oldest >= limit:
        yield hour.waiting()
        return
    for rest, counted in hour.rows.items():
        if (one := counted.open.get(EVERY)) is None or one.newest < limit:
            continue
        yield counted.open if one.oldest >= limit else _open_of(question for _, question in rows[rest].waiting(now))


def _open_of(questions: Iterable[Question]) -> dict[str, Open]:
    return added_up({kind: Open(1, one.written, one.written) for kind in _kinds(one)} for one in questions)


def _kinds(one: Question) -> Iterator[str]:
    yield EVERY
    yield one.intent
    if is_urgent(one.intent, one.topics):
        yield URGENT


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
