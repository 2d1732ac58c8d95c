"""The rows of a hospital: its head and its days. Counts that carry their own proof of what they contain.

The *head* holds the lifetime counts and what is still open: 5-minute buckets and hours of the last two to three hours.
A *day* holds its closed hours. Each row has marks (partition of `posts` -> highest offset contained, for mentions and
for tallies) and a version (offset on `mentions` of the last record that changed it). Counts and proof are one record in
the changelog, so they cannot disagree: a replay is a no-op, and of two copies the one with the higher version contains
the other. Why that stays true when an hour moves from the head to its day is in docs/exactness.md.

Called by `hospitals.py`. Owns the folds and the wire form; does not know how rows are kept or shown.
"""

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from streams.tables.cells import Counts, count_in, count_set, enter, enter_all
from streams.tables.counted import Counted
from streams.tables.people_wire import pack_people, shrunk, unpack_people
from streams.tables.periods import FIVES_AN_HOUR, HOURS_A_DAY, OPEN_HOURS, SLOTS_A_DAY, SLOTS_AN_HOUR
from streams.tables.row_wire import FORM, DayWire, HeadWire, Marks, Packed, day_wire, encode_row, head_wire, peek
from streams.tables.sketch import RANK_BITS

_ALL_CLOSED = (1 << HOURS_A_DAY) - 1
NO_HOUR_OPEN = 1 << 40
"""`Head.closed` of a hospital that was carried on from form 1, plus the newest version of its rows: no hour opens
before a record behind that offset, since the lifetime may contain what an hour's row missed in a crash."""
_HOURS_AHEAD = 4
"""Hours after that record's, by Kafka's time, that stay closed too. A replayed record is at most one hour ahead of its
own Kafka time, and partitions of `posts` are not further apart than that."""

NEVER = -2
"""In the place of a version: below that of every row, also of one that was moved (-1)."""


class Head:
    """What a hospital was told ever, and what is still open."""

    __slots__ = (
        "_ever", "_fives", "_lifetime", "_new_fives", "_new_tallies", "_tally_hours", "closed", "is_changed", "marks",
        "people", "swept", "tally_marks", "version",
    )  # fmt: skip

    def __init__(self) -> None:
        self.version = -1
        self.marks: Marks = {}
        self.tally_marks: Marks = {}
        self.closed = 0
        """Hours before this one (since the epoch) are in their days."""
        self.swept = 0
        """Hour at which question rows were last looked through for those that waited their time."""
        self.people: dict[int, set[int]] = {}
        """Hour -> its authors: an entry of `sketch.py` times 2, plus 1 for a local one."""
        self.is_changed = False
        """Since it was last written."""
        self._lifetime: dict[str, int] = {}
        self._fives: dict[int, dict[str, int]] = {}
        self._tally_hours: dict[int, dict[str, int]] = {}
        self._ever: Counts = {}
        """Not in `_lifetime` yet; what follows, not in `_fives` and `_tally_hours`. Every checkpoint enters them."""
        self._new_fives: dict[int, Counts] = {}
        self._new_tallies: dict[int, Counts] = {}

    @property
    def lifetime(self) -> dict[str, int]:
        """Cells of all that was counted."""
        if self._ever:
            enter(self._lifetime, self._ever)
            self._ever.clear()
        return self._lifetime

    @property
    def fives(self) -> dict[int, dict[str, int]]:
        """5-minute bucket since the epoch -> cells of mentions."""
        if self._new_fives:
            enter_all(self._fives, self._new_fives)
        return self._fives

    @property
    def tally_hours(self) -> dict[int, dict[str, int]]:
        """Hour -> cells of tallies. No finer: a service line at a minute could point at a person."""
        if self._new_tallies:
            enter_all(self._tally_hours, self._new_tallies)
        return self._tally_hours

    def set_cells(
        self, lifetime: dict[str, int], fives: dict[int, dict[str, int]], tally_hours: dict[int, dict[str, int]]
    ) -> None:
        """Give a new head what was counted before."""
        self._lifetime, self._fives, self._tally_hours = lifetime, fives, tally_hours

    def contains(self, one: Counted) -> bool:
        """Whether the record was applied before."""
        marks = self.tally_marks if one.is_tally else self.marks
        return one.offset <= marks.get(one.partition, -1)

    def apply(self, offset: int, one: Counted) -> None:
        """Count a record that is not contained, in the lifetime and, if its hour is open, in its buckets. `offset`:
        the record's own, on `mentions`."""
        self.version = offset
        cells, hour = one.cells, one.hour
        count_set(self._ever, cells)
        if one.is_tally:
            self.tally_marks[one.partition] = one.offset
            if hour >= self.closed:
                count_in(self._new_tallies, hour, cells)
            return
        self.marks[one.partition] = one.offset
        if hour >= self.closed:
            count_in(self._new_fives, one.five, cells)
            if one.person >= 0:
                _meet(self.people, hour, one.person)

    def closes(self, at: int, offset: int) -> int:
        """Hours before this one are closed by a record that is not contained and that Kafka took at `at` (ms).
        `offset`: the record's own, on `mentions`."""
        closing = closes_before(at)
        if self.closed >= NO_HOUR_OPEN:
            if offset <= self.closed - NO_HOUR_OPEN:
                return self.closed
            return closing + OPEN_HOURS + _HOURS_AHEAD
        return max(self.closed, closing)

    def open_hours(self) -> set[int]:
        """Hours that it holds something of."""
        return {five // FIVES_AN_HOUR for five in self.fives} | self.tally_hours.keys() | self.people.keys()

    def hour_cells(self, hour: int) -> dict[str, int]:
        """Cells of one open hour."""
        sums: dict[str, int] = {}
        for five in range(hour * FIVES_AN_HOUR, (hour + 1) * FIVES_AN_HOUR):
            _add(sums, self.fives.get(five, {}))
        _add(sums, self.tally_hours.get(hour, {}))
        return sums

    def forget(self, hour: int) -> None:
        """Drop an hour that is in its day."""
        for five in range(hour * FIVES_AN_HOUR, (hour + 1) * FIVES_AN_HOUR):
            self.fives.pop(five, None)
        self.tally_hours.pop(hour, None)
        self.people.pop(hour, None)


class Day:
    """The closed hours of one hospital's day (UTC)."""

    __slots__ = ("closed", "cohorts", "hours", "marks", "matured", "people", "since", "tally_marks", "version")

    def __init__(self) -> None:
        self.version = -1
        self.marks: Marks = {}
        self.tally_marks: Marks = {}
        self.closed = 0
        """Bit h: hour h of the day came over from the head."""
        self.hours: dict[int, dict[str, int]] = {}
        """Hour of the day -> cells."""
        self.people: dict[int, set[int]] = {}
        """Hour of the day -> its authors, as in `Head.people`."""
        self.cohorts: dict[int, dict[str, int]] = {}
        """Hour of the day -> counts of the questions asked in it, once they waited their time (`questions.py`)."""
        self.matured: dict[int, int] = {}
        """10-second slot of the day -> version of its question row when that ended here."""
        self.since: dict[int, tuple[Marks, Marks]] = {}
        """Hour of the day -> marks of the row of form 1 that it was made of, for mentions and tallies."""

    def is_closed(self, hour_of_day: int) -> bool:
        """Whether the hour came over from the head."""
        return bool(self.closed >> hour_of_day & 1)

    def cells_at(self, hour_of_day: int) -> Mapping[str, int]:
        """Cells of an hour. To be read, not kept."""
        return self.hours.get(hour_of_day, {})

    def people_at(self, hour_of_day: int) -> Iterable[int]:
        """Authors of an hour, as in `Head.people`."""
        return self.people.get(hour_of_day, ())

    def close(self, head: Head, hour: int, offset: int) -> None:
        """Take an hour over from the head, as it is before the record at `offset` (on `mentions`) is applied. One that
        was taken over before is not taken again: a replay comes by the same record to the same hour."""
        hour_of_day = hour % HOURS_A_DAY
        if self.is_closed(hour_of_day):
            return
        self.closed |= 1 << hour_of_day
        _add(self.hours.setdefault(hour_of_day, {}), head.hour_cells(hour))
        if people := head.people.get(hour):
            self.people.setdefault(hour_of_day, set()).update(people)
        _raise_marks(self.marks, head.marks)
        _raise_marks(self.tally_marks, head.tally_marks)
        self.version = max(self.version, offset)

    def mature(self, slot: int, version: int, cells: Mapping[str, int], offset: int) -> None:
        """Take over the counts of a question row (of a 10-second slot since the epoch, at its version), once."""
        if version <= self.matured.get(slot % SLOTS_A_DAY, NEVER):
            return
        self.matured[slot % SLOTS_A_DAY] = version
        _add(self.cohorts.setdefault(slot // SLOTS_AN_HOUR % HOURS_A_DAY, {}), cells)
        self.version = max(self.version, offset)

    def contains(self, one: Counted) -> bool:
        """Whether a record that came after its hour was closed was applied before."""
        marks = self.tally_marks if one.is_tally else self.marks
        if one.offset <= marks.get(one.partition, -1):
            return True
        since = self.since.get(one.hour % HOURS_A_DAY)
        return since is not None and one.offset <= since[one.is_tally].get(one.partition, -1)

    def apply(self, offset: int, one: Counted) -> None:
        """Count a record that came after its hour was closed and is not contained."""
        self.version = max(self.version, offset)
        hour_of_day = one.hour % HOURS_A_DAY
        counts = self.hours.setdefault(hour_of_day, {})
        for cell in one.cells.cells:
            counts[cell] = counts.get(cell, 0) + 1
        if one.is_tally:
            self.tally_marks[one.partition] = one.offset
            return
        self.marks[one.partition] = one.offset
        if one.person >= 0:
            _meet(self.people, hour_of_day, one.person)


class PackedDay:
    """A day that is only read: an hour is unpacked when it is asked for."""

    __slots__ = ("_wire",)

    def __init__(self, value: bytes) -> None:
        self._wire = day_wire(value)

    def is_closed(self, hour_of_day: int) -> bool:
        """As `Day.is_closed`."""
        return bool(self._wire.closed >> hour_of_day & 1)

    @property
    def matured(self) -> Mapping[int, int]:
        """As `Day.matured`."""
        return self._wire.matured

    @property
    def cohorts(self) -> Mapping[int, Mapping[str, int]]:
        """As `Day.cohorts`."""
        return {hour: _unpack(packed, self._wire.names) for hour, packed in self._wire.cohorts.items()}

    def cells_at(self, hour_of_day: int) -> Mapping[str, int]:
        """As `Day.cells_at`."""
        packed = self._wire.hours.get(hour_of_day)
        return _unpack(packed, self._wire.names) if packed is not None else {}

    def people_at(self, hour_of_day: int) -> Iterable[int]:
        """As `Day.people_at`."""
        return unpack_people(self._wire.people.get(hour_of_day, b""))


def closes_before(at: int) -> int:
    """Hours before this one are closed by a post that Kafka took at `at` (ms)."""
    return at // 3_600_000 - OPEN_HOURS


_MANY = 4096
"""Authors in an hour from which on only the highest rank of each register is kept: at most 32,768 entries, 98 kB on the
wire, however many write. Far more than `sketch.py` counts exactly, so no estimate changes."""


def _meet(people: dict[int, set[int]], hour: int, person: int) -> None:
    met = people.get(hour)
    if met is None:
        met = people[hour] = set()
    if person in met:
        return
    met.add(person)
    if len(met) >= _MANY and len(met).bit_count() == 1:  # at each doubling
        highest: dict[int, int] = {}
        for one in met:
            register = one >> RANK_BITS + 1 << 1 | one & 1
            highest[register] = max(one, highest.get(register, 0))
        people[hour] = set(highest.values())


def _add(sums: dict[str, int], cells: Mapping[str, int]) -> None:
    for cell, count in cells.items():
        sums[cell] = sums.get(cell, 0) + count


def _raise_marks(marks: Marks, others: Marks) -> None:
    for partition, offset in others.items():
        if offset > marks.get(partition, -1):
            marks[partition] = offset


# -- wire form --------------------------------------------------------------------------------------------------------


def version_of(value: bytes) -> int:
    """The version of a row on the wire, without decoding the rest. Raises `msgspec.MsgspecError` for another thing, and
    `ValueError` for a row of a later Earshot."""
    wire = peek(value)
    if wire.form != FORM:
        raise ValueError(f"a row of form {wire.form}, and this Earshot reads up to {FORM}: start a newer one")
    return wire.version


def encode_head(head: Head) -> bytes:
    """The wire form."""
    names: dict[str, int] = {}
    return encode_row(
        HeadWire(
            FORM,
            head.version,
            head.closed,
            head.marks,
            head.tally_marks,
            lifetime=_pack(head.lifetime, names),
            fives={five: _pack(cells, names) for five, cells in head.fives.items()},
            tally_hours={hour: _pack(cells, names) for hour, cells in head.tally_hours.items()},
            people={hour: pack_people(people) for hour, people in head.people.items()},
            swept=head.swept,
            names=list(names),
        )
    )


def decode_head(value: bytes) -> Head:
    """A head from its wire form."""
    wire, head = head_wire(value), Head()
    names = wire.names
    head.version, head.closed, head.marks, head.tally_marks = wire.version, wire.closed, wire.marks, wire.tally_marks
    head.set_cells(
        _unpack(wire.lifetime, names),
        {five: _unpack(packed, names) for five, packed in wire.fives.items()},
        {hour: _unpack(packed, names) for hour, packed in wire.tally_hours.items()},
    )
    head.swept = wire.swept
    head.people = {hour: set(unpack_people(packed)) for hour, packed in wire.people.items()}
    return head


def encode_day(day: Day) -> bytes:
    """The wire form."""
    names: dict[str, int] = {}
    return encode_row(
        DayWire(
            FORM,
            day.version,
            day.closed,
            day.marks,
            day.tally_marks,
            hours={hour: _pack(cells, names) for hour, cells in day.hours.items()},
            people={hour: pack_people(people) for hour, people in day.people.items()},
            since=day.since,
            cohorts={hour: _pack(cells, names) for hour, cells in day.cohorts.items()},
            matured=day.matured,
            names=list(names),
        )
    )


def kept_day(value: bytes) -> tuple[bytes, bool]:
    """What is kept of a day's wire form, and whether questions ended in it. Of a day that is over, authors are kept in
    their smaller form."""
    wire = day_wire(value)
    if wire.closed == _ALL_CLOSED:
        people = {hour: shrunk(packed) for hour, packed in wire.people.items()}
        if people != wire.people:
            value = encode_row(replace(wire, people=people))
    return value, bool(wire.matured)


def whole_day(kept: bytes) -> bytes:
    """A day's wire form, of what is kept."""
    return encode_day(decode_day(kept))


def decode_day(value: bytes) -> Day:
    """A day from its wire form, or of what is kept."""
    wire, day = day_wire(value), Day()
    names = wire.names
    day.version, day.closed, day.marks, day.tally_marks = wire.version, wire.closed, wire.marks, wire.tally_marks
    day.hours = {hour: _unpack(packed, names) for hour, packed in wire.hours.items()}
    day.people = {hour: set(unpack_people(packed)) for hour, packed in wire.people.items()}
    day.since = wire.since
    day.cohorts = {hour: _unpack(packed, names) for hour, packed in wire.cohorts.items()}
    day.matured = wire.matured
    return day


def _pack(cells: Mapping[str, int], names: dict[str, int]) -> Packed:
    packed: Packed = []
    for cell, count in cells.items():
        packed += (names.setdefault(cell, len(names)), count)
    return packed


def _unpack(packed: Packed, names: list[str]) -> dict[str, int]:
    numbers = iter(packed)
    return {names[index]: count for index, count in zip(numbers, numbers, strict=True)}
