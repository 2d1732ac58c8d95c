"""The question rows of one partition: which record goes to which row, which changed, and when one ends.

Called by `hospitals.py`, which orders what is written: days first, then these rows, then tombstones, so that the
counts of a row that ended are in its day whatever part of a checkpoint becomes durable. Owns no fold
(`questions.py`) and no day.
"""

from collections.abc import Iterable, Iterator

from streams.records import Gone, Mention
from streams.tables.cells import Cells, asks
from streams.tables.periods import HOUR_MS, SLOT_SECONDS
from streams.tables.question_counts import Open, QuestionCounts, Rest
from streams.tables.questions import OPEN_MS, Asked, OpenMs, decode_asked, encode_asked
from streams.tables.row_wire import FORM
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


def slot_asked(mention: Mention) -> int:
    """The 10-second slot of the row that a mention belongs to; -1 for one that neither asks nor answers."""
    if mention.asked < 0 or mention.written < 0:
        return -1
    if asks(mention) or (mention.relation == "author" and mention.reply_to):
        return mention.asked // SLOT_SECONDS
    return -1


class QuestionRows:
    """Rows of all hospitals of a partition."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[tuple[int, int], Asked]] = {}
        """Hospital -> rest of the place -> row."""
        self._changed: set[Place] = set()
        self._ended: set[Place] = set()
        """Rows whose counts are in their day."""
        self._counts: dict[str, QuestionCounts] = {}
        """Hospital -> what its rows add up to."""
        self._moves: dict[str, int] = {}

    def take(self, offset: int, mention: Mention, place: Place) -> bool:
        """Apply a question or an answer; False if its row contains it already."""
        hospital, *rest = place
        rows = self._rows.setdefault(hospital, {})
        row = rows.get((rest[0], rest[1])) or Asked()
        if not row.take(offset, mention):
            return False
        rows[rest[0], rest[1]] = row
        self._change(place)
        return True

    def take_back(self, offset: int, gone: Gone) -> bool:
        """A post was taken back: it no longer waits at any hospital. False where it does not stand or that is known."""
        counted = False
        for hospital, rows in self._rows.items():
            for (slot, after), row in rows.items():
                if gone.post in row.questions and row.take_back(
                    offset, gone.partition, gone.offset, gone.at, gone.post
                ):
                    self._change((hospital, slot, after))
                    counted = True
        return counted

    def _change(self, place: Place) -> None:
        self._moves[place[0]] = self._moves.get(place[0], 0) + 1
        self._changed.add(place)
        self._ended.discard(place)
        self._outdate(place[0], place[1:])

    def due(self, hospital: str, at: int) -> list[tuple[Place, Asked]]:
        """Rows of a hospital that took nothing for 72 h before the hour of `at` (ms)."""
        before = at // HOUR_MS * HOUR_MS - OPEN_MS
        rows = self._rows.get(hospital, {})
        return [((hospital, slot, after), row) for (slot, after), row in rows.items() if row.last_at < before]

    def end(self, place: Place) -> None:
        """Drop a row whose counts are in its day."""
        hospital, slot, after = place
        self._rows.get(hospital, {}).pop((slot, after), None)
        self._outdate(hospital, (slot, after))
        self._changed.discard(place)
        self._ended.add(place)

    # -- changelog ----------------------------------------------------------------------------------------------------

    def restore(self, hospital: str, name: str, value: bytes | None) -> None:
        """Take a row if it is newer than the one held. `name`: the key behind `PREFIX`. A tombstone ends one whose
        counts are in its day."""
        rows = self._rows.setdefault(hospital, {})
        rest = _rest(name)
        self._outdate(hospital, rest)
        if value is None:
            rows.pop(rest, None)
            self._changed.discard((hospital, *rest))
            return
        held = rows.get(rest)
        if held is not None and version_of(value) < held.version:
            self._changed.add((hospital, *rest))  # compaction keeps the last copy: it must be the newest
        elif held is None or version_of(value) > held.version:
            rows[rest] = decode_asked(value)
            self._changed.discard((hospital, *rest))

    def every(self) -> Iterator[tuple[str, bytes, bytes]]:
        """Hospital, key and wire form of every row."""
        for hospital, rows in self._rows.items():
            for rest, row in rows.items():
                yield hospital, key_of((hospital, *rest)), encode_asked(row, FORM)

    def places(self) -> list[tuple[Place, int]]:
        """Every row's place and version."""
        return [
            ((hospital, slot, after), row.version)
            for hospital, rows in self._rows.items()
            for (slot, after), row in rows.items()
        ]

    def changes(self) -> Iterator[tuple[bytes, bytes | None]]:
        """Rows changed since the last call."""
        for place in sorted(self._changed):
            hospital, slot, after = place
            yield key_of(place), encode_asked(self._rows[hospital][slot, after], FORM)
        self._changed.clear()

    def tombstones(self) -> Iterator[tuple[bytes, bytes | None]]:
        """Of rows that ended since the last call."""
        for place in sorted(self._ended):
            yield key_of(place), None
        self._ended.clear()

    def stands(self, hospital: str, name: str, version: int) -> None:
        """A copy of a row came to the changelog behind the recovery. An older one than the row held is written over."""
        slot, after = _rest(name)
        row = self._rows.get(hospital, {}).get((slot, after))
        if row is not None and version < row.version:
            self._changed.add((hospital, slot, after))

    # -- reading ------------------------------------------------------------------------------------------------------

    def moves(self, hospital: str) -> int:
        """How often one of the hospital's rows changed since the partition was taken over."""
        return self._moves.get(hospital, 0)

    def rows(self, hospital: str) -> Iterable[Asked]:
        """A hospital's rows."""
        return self._rows.get(hospital, {}).values()

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
            found = self._counts[hospital] = QuestionCounts()
            for rest in self._rows.get(hospital, ()):
                found.outdate(rest)
        return found

    def _outdate(self, hospital: str, rest: Rest) -> None:
        if (counts := self._counts.get(hospital)) is not None:
            counts.outdate(rest)
