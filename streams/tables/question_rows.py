"""The question rows of one partition: which record goes to which row, which changed, and when one ends.

Called by `hospitals.py`, which orders what is written: days first, then these rows, then tombstones, so that the
counts of a row that ended are in its day whatever part of a checkpoint becomes durable. Owns no fold
(`questions.py`) and no day.
"""

from collections.abc import Iterator

from streams.records import NEVER_ASKED, Gone
from streams.tables.cells import Cells
from streams.tables.counted import Counted
from streams.tables.open_questions import Open
from streams.tables.periods import HOUR_MS, SLOT_SECONDS, SLOTS_AN_HOUR
from streams.tables.question_counts import QuestionCounts
from streams.tables.question_kinds import Kinds
from streams.tables.question_wire import Waiting
from streams.tables.questions import (
    EMPTY,
    OPEN_MS,
    Asked,
    OpenMs,
    Places,
    bytes_of,
    decode_asked,
    encode_asked,
    last_in,
    version_in,
)
from streams.tables.rows import NEVER, version_of

Place = tuple[str, int, int]
"""Hospital id; 10-second slot since the epoch, by the question's id; version of the row of that slot that ended
before this one began, `NEVER` for the first. A tombstone has no version and may be written late by a process that lost
the partition: so a later row has a key of its own, which no earlier row's tombstone can end."""

PREFIX = "q"
"""Of the slot in a row's key."""


def key_of(place: Place) -> bytes:
    """A row's key in the changelog."""
    hospital, slot, after = place
    return f"{hospital}/{PREFIX}{slot}{f'.{after}' if after != NEVER else ''}".encode()


def _rest(name: str) -> tuple[int, int]:
    """What a key has behind `PREFIX`, as the rest of a place."""
    slot, _, after = name.partition(".")
    return int(slot), int(after or NEVER)


def _rest_of(slot: int, after: int) -> tuple[int, int]:
    """Where a row stands in memory: its hour, and one number for its slot in that and the version of the row before."""
    return slot // SLOTS_AN_HOUR, slot % SLOTS_AN_HOUR + SLOTS_AN_HOUR * (after - NEVER)


def _slot_of(hour: int, number: int) -> tuple[int, int]:
    """Slot and version of the row before, of a row that stands there."""
    return hour * SLOTS_AN_HOUR + number % SLOTS_AN_HOUR, number // SLOTS_AN_HOUR + NEVER


SEARCHED = 2_000
"""Bytes of a row in which a post is searched for; in a longer one that takes many, it is looked up."""
MOST_PLACES = 50_000
"""Posts that can be looked up, some 5 MB: of what a partition takes between two checkpoints. Then it begins anew."""

_NO_ROWS: dict[int, bytes] = {}


class QuestionRows:
    """Rows of all hospitals of a partition."""

    def __init__(self, kinds: Kinds) -> None:
        """`kinds`: of all rows of the worker."""
        self._kinds = kinds
        self._rows: dict[str, dict[int, dict[int, bytes]]] = {}
        """Hospital -> hour since the epoch -> number (`_rest_of`) -> row (`questions.py`)."""
        self._later: set[Place] = set()
        """Rows of a slot whose first row ended: few."""
        self._changed: set[Place] = set()
        self._places: dict[Place, Places] = {}
        """Of long rows that changed more than once since the last checkpoint."""
        self._placed = 0
        """Posts in them, when they were made."""
        self._ended: set[Place] = set()
        """Rows whose counts are in their day."""
        self._counts: dict[str, QuestionCounts] = {}
        """Hospital -> what its rows add up to."""
        self._moves: dict[str, int] = {}

    # -- records in ---------------------------------------------------------------------------------------------------

    def take(self, offset: int, one: Counted, place: Place) -> bool:
        """Apply a question or an answer; False if its row contains it already."""
        hospital = place[0]
        hour, number = _rest_of(place[1], place[2])
        hours = self._rows.get(hospital)
        rows = hours.get(hour) if hours is not None else None
        before = rows.get(number) if rows is not None else None
        row = Asked(self._kinds, EMPTY if before is None else before)
        if before is not None and len(before) >= SEARCHED and place in self._changed:
            row.places = self._places_in(place, before)
        if not row.take(offset, one):
            return False
        if rows is None or before is None:
            self._put(place, before, row.row)
        else:
            rows[number] = row.row
            self._outdate(hospital, hour, number, before)
        self._change(place)
        return True

    def _places_in(self, place: Place, row: bytes) -> Places:
        found = self._places.get(place)
        if found is None or found.row is not row:
            if self._placed >= MOST_PLACES:
                self._forget_places()
            found = self._places[place] = Places(row)
            self._placed += len(found)
        return found

    def _forget_places(self) -> None:
        self._places.clear()
        self._placed = 0

    def take_back(self, offset: int, gone: Gone) -> bool:
        """A post was taken back: it no longer waits at any hospital. False where it does not stand or that is known."""
        counted = False
        for place in self._asked_in(gone):
            before = self._get(place)
            if before is None:
                continue
            row = Asked(self._kinds, before)
            if row.asks(gone.post) and row.take_back(offset, gone.partition, gone.offset, gone.at, gone.post):
                self._put(place, before, row.row)
                self._change(place)
                counted = True
        return counted

    def _asked_in(self, gone: Gone) -> list[Place]:
        """Where the post may stand as a question: in the rows of its second. Where that is not known, its bytes are
        searched for: 10 ms for 100,000 rows."""
        if gone.asked >= 0:
            slot = gone.asked // SLOT_SECONDS
            hour, number = _rest_of(slot, NEVER)
            first = [
                (hospital, slot, NEVER) for hospital, hours in self._rows.items() if number in hours.get(hour, _NO_ROWS)
            ]
            return [*first, *(place for place in self._later if place[1] == slot)]
        if gone.asked == NEVER_ASKED:
            return []
        key = bytes_of(gone.post)
        return [
            (hospital, *_slot_of(hour, number))
            for hospital, hours in self._rows.items()
            for hour, rows in hours.items()
            for number, row in rows.items()
            if key in row
        ]

    def _get(self, place: Place) -> bytes | None:
        hospital, slot, after = place
        hour, number = _rest_of(slot, after)
        hours = self._rows.get(hospital)
        rows = hours.get(hour) if hours is not None else None
        return rows.get(number) if rows is not None else None

    def _put(self, place: Place, before: bytes | None, row: bytes | None) -> None:
        """Replace a row; None: there is none any more. `before`: as it was."""
        hospital, slot, after = place
        hour, number = _rest_of(slot, after)
        hours = self._rows.get(hospital)
        if hours is None:
            hours = self._rows[hospital] = {}
        rows = hours.get(hour)
        if row is not None:
            if rows is None:
                rows = hours[hour] = {}
            rows[number] = row
            if after != NEVER:
                self._later.add(place)
        elif rows is not None:
            rows.pop(number, None)
            self._later.discard(place)
            if not rows:
                del hours[hour]
        self._outdate(hospital, hour, number, before)

    def _outdate(self, hospital: str, hour: int, number: int, before: bytes | None) -> None:
        counts = self._counts.get(hospital)
        if counts is not None and not counts.outdate(hour, number, before):
            del self._counts[hospital]

    def _change(self, place: Place) -> None:
        self._moves[place[0]] = self._moves.get(place[0], 0) + 1
        self._changed.add(place)
        self._ended.discard(place)

    def due(self, hospital: str, at: int) -> list[tuple[Place, Asked]]:
        """Rows of a hospital that took nothing for 72 h before the hour of `at` (ms)."""
        before = at // HOUR_MS * HOUR_MS - OPEN_MS
        return [
            ((hospital, *_slot_of(hour, number)), Asked(self._kinds, row))
            for hour, rows in self._rows.get(hospital, {}).items()
            for number, row in rows.items()
            if last_in(row) < before
        ]

    def end(self, place: Place) -> None:
        """Drop a row whose counts are in its day."""
        self._put(place, self._get(place), None)
        self._changed.discard(place)
        self._ended.add(place)

    # -- changelog ----------------------------------------------------------------------------------------------------

    def restore(self, hospital: str, name: str, value: bytes | None) -> None:
        """Take a row if it is newer than the one held. `name`: the key behind `PREFIX`. A tombstone ends one whose
        counts are in its day."""
        place = (hospital, *_rest(name))
        held = self._get(place)
        if value is None:
            self._put(place, held, None)
            self._changed.discard(place)
        elif held is not None and version_of(value) < version_in(held):
            self._changed.add(place)  # compaction keeps the last copy: it must be the newest
        elif held is None or version_of(value) > version_in(held):
            self._put(place, held, decode_asked(value, self._kinds).row)
            self._changed.discard(place)

    def every(self) -> Iterator[tuple[str, bytes, bytes]]:
        """Hospital, key and wire form of every row."""
        for place, row in self._every():
            yield place[0], key_of(place), encode_asked(row, self._kinds)

    def _every(self) -> Iterator[tuple[Place, bytes]]:
        for hospital, hours in self._rows.items():
            for hour, rows in hours.items():
                for number, row in rows.items():
                    yield (hospital, *_slot_of(hour, number)), row

    def places(self) -> list[tuple[Place, int]]:
        """Every row's place and version."""
        return [(place, version_in(row)) for place, row in self._every()]

    def changes(self) -> Iterator[tuple[bytes, bytes | None]]:
        """Rows changed since the last call."""
        for place in sorted(self._changed):
            if (row := self._get(place)) is not None:
                yield key_of(place), encode_asked(row, self._kinds)
        self._changed.clear()
        self._forget_places()

    def tombstones(self) -> Iterator[tuple[bytes, bytes | None]]:
        """Of rows that ended since the last call."""
        for place in sorted(self._ended):
            yield key_of(place), None
        self._ended.clear()

    def stands(self, hospital: str, name: str, version: int) -> None:
        """A copy of a row came to the changelog behind the recovery. An older one than the row held is written over."""
        place = (hospital, *_rest(name))
        row = self._get(place)
        if row is not None and version < version_in(row):
            self._changed.add(place)

    # -- reading ------------------------------------------------------------------------------------------------------

    def moves(self, hospital: str) -> int:
        """How often one of the hospital's rows changed since the partition was taken over."""
        return self._moves.get(hospital, 0)

    def waiting(self, hospital: str, now: float) -> Iterator[Waiting]:
        """Questions that wait for an answer at a moment (seconds since the epoch), in no order."""
        for rows in self._rows.get(hospital, {}).values():
            for row in rows.values():
                yield from Asked(self._kinds, row).waiting(now)

    def cells(self, hospital: str, open_ms: OpenMs | None) -> Iterator[tuple[int, Cells]]:
        """(hour since the epoch, counts of its questions). To be read, not kept."""
        return self._counted(hospital).cells(self._rows.get(hospital, {}), open_ms)

    def open(self, hospital: str, now: float) -> dict[str, Open]:
        """What waits at a moment (seconds since the epoch), by intent, and `EVERY` and `URGENT` of
        `question_counts.py`."""
        return self._counted(hospital).open(self._rows.get(hospital, {}), now)

    def _counted(self, hospital: str) -> QuestionCounts:
        found = self._counts.get(hospital)
        if found is None:
            found = self._counts[hospital] = QuestionCounts(self._kinds)
            for hour, rows in self._rows.get(hospital, {}).items():
                for number in rows:
                    found.outdate(hour, number, None)
        return found
