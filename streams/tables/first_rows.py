"""Rows of form 1, as version 0.1.0 wrote them: one JSON object for a lifetime and one for each hour, tallies apart.

Called at a recovery, by `partition_rows.py`. Reads them and makes today's rows of them; nothing writes them any more.
Each such row had marks of its own, so a converted hour keeps its marks (`Day.since`): what the row missed in a crash is
counted when it is replayed, what it had is not. A converted row has version -1, since its rows had several: whatever
is counted next makes a newer one. Its hours are all closed (`NO_HOUR_OPEN`), also those that had no row: a replayed
record is then judged by its hour's marks, never by the lifetime's.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from streams.tables.periods import HOURS_A_DAY
from streams.tables.rows import NO_HOUR_OPEN, Day, Head


class _Row(msgspec.Struct):
    version: int = -1
    marks: dict[int, int] = {}
    posts: int = 0
    own: int = 0
    tiers: dict[str, int] = {}
    topics: dict[str, int] = {}
    intents: dict[str, int] = {}
    communities: dict[str, int] = {}

    def cells(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Today's cells of it."""
        counts: dict[str, Any] = {
            "tier": self.tiers, "topic": self.topics, "intent": self.intents, "community": self.communities,
        }  # fmt: skip
        for cell, count in (("posts", self.posts), ("own", self.own)):
            if count:
                yield prefix + cell, count
        for kind, values in counts.items():
            for value, count in values.items():
                yield f"{prefix}{kind}/{value}", count


_decode = msgspec.json.Decoder(_Row).decode
_LIFETIME = "all"


class FirstRows:
    """The rows of form 1 of one partition, while it is recovered."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[tuple[str, bool], _Row]] = {}
        """Hospital -> (`all` or `h` and the hour; whether of tallies) -> newest copy."""

    def restore(self, hospital: str, row: str, value: bytes | None) -> None:
        """Take a row if it is newer than the one held. `row`: the key behind the hospital's id."""
        period, _, tallies = row.partition("/")
        rows = self._rows.setdefault(hospital, {})
        if value is None:
            rows.pop((period, bool(tallies)), None)
            return
        found = _decode(value)
        held = rows.get((period, bool(tallies)))
        if held is None or found.version > held.version:
            rows[period, bool(tallies)] = found

    def converted(self) -> dict[str, tuple[Head, dict[int, Day]]]:
        """Hospital -> its head and days."""
        return {hospital: _converted(rows) for hospital, rows in self._rows.items() if rows}

    def keys(self) -> Iterable[bytes]:
        """Of the rows held, to be ended by tombstones."""
        return [
            f"{hospital}/{period}{'/s' if tallies else ''}".encode()
            for hospital, rows in self._rows.items()
            for period, tallies in rows
        ]

    def clear(self) -> None:
        """Forget them."""
        self._rows.clear()


def _converted(rows: dict[tuple[str, bool], _Row]) -> tuple[Head, dict[int, Day]]:
    head, days = Head(), dict[int, Day]()
    head.closed = NO_HOUR_OPEN + max(0, *(row.version for row in rows.values()))
    for (period, tallies), row in rows.items():
        cells = dict(row.cells("s/" if tallies else ""))
        if period == _LIFETIME:
            head.lifetime.update(cells)
            (head.tally_marks if tallies else head.marks).update(row.marks)
            continue
        hour = int(period[1:])
        day = days.setdefault(hour // HOURS_A_DAY, Day())
        day.hours.setdefault(hour % HOURS_A_DAY, {}).update(cells)
        since = day.since.setdefault(hour % HOURS_A_DAY, ({}, {}))
        since[tallies].update(row.marks)
    return head, days
