"""The rows of a hospital: its head and its days. Counts that carry their own proof of what they contain.

The *head* holds the lifetime counts and what is still open: 5-minute buckets and hours of the last two to three hours.
A *day* holds its closed hours. Each row has marks (partition of `posts` -> highest offset contained, for mentions and
for tallies) and a version (offset on `mentions` of the last record that changed it). Counts and proof are one record in
the changelog, so they cannot disagree: a replay is a no-op, and of two copies the one with the higher version contains
the other. Why that stays true when an hour moves from the head to its day is in docs/exactness.md.

Called by `hospitals.py`. Owns the folds and the wire form; does not know how rows are kept or shown.
"""

from collections.abc import Iterable, Mapping

from streams.records import Mention, Tally
from streams.tables.cells import cells_of
from streams.tables.periods import FIVE_SECONDS, FIVES_AN_HOUR, HOURS_A_DAY, OPEN_HOURS, SLOTS_A_DAY, SLOTS_AN_HOUR
from streams.tables.row_wire import FORM, DayWire, HeadWire, Marks, Packed, day_wire, encode_row, head_wire, peek
from streams.tables.sketch import RANK_BITS

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

    __slots__ = ("closed", "fives", "lifetime", "marks", "people", "swept", "tally_hours", "tally_marks", "version")

    def __init__(self) -> None:
        self.version = -1
        self.marks: Marks = {}
        self.tally_marks: Marks = {}
        self.closed = 0
        """Hours before this one (since the epoch) are in their days."""
        self.swept = 0
        """Hour at which question rows were last looked through for those that waited their time."""
        self.lifetime: dict[str, int] = {}
        self.fives: dict[int, dict[str, int]] = {}
        """5-minute bucket since the epoch -> cells of mentions."""
        self.tally_hours: dict[int, dict[str, int]] = {}
        """Hour -> cells of tallies. No finer: a service line at a minute could point at a person."""
        self.people: dict[int, set[int]] = {}
        """Hour -> its authors: an entry of `sketch.py` times 2, plus 1 for a local one."""

    def contains(self, record: Mention | Tally) -> bool:
        """Whether the record was applied before."""
        marks = self.tally_marks if isinstance(record, Tally) else self.marks
        return record.offset <= marks.get(record.partition, -1)

    def apply(self, offset: int, record: Mention | Tally) -> list[str]:
        """Count a record that is not contained, in the lifetime and, if its hour is open, in its buckets; the cells
        raised. `offset`: the record's own, on `mentions`."""
        self.version = offset
        cells = cells_of(record)
        lifetime = self.lifetime
        for cell in cells:
            lifetime[cell] = lifetime.get(cell, 0) + 1
        if isinstance(record, Tally):
            self.tally_marks[record.partition] = record.offset
            if record.hour >= self.closed:
                _raise(self.tally_hours, record.hour, cells)
            return cells
        self.marks[record.partition] = record.offset
        if record.hour >= self.closed:
            _raise(self.fives, five_of(record), cells)
            if (person := person_of(record)) >= 0:
                _meet(self.people, record.hour, person)
        return cells

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

    def contains(self, record: Mention | Tally) -> bool:
        """Whether a record that came after its hour was closed was applied before."""
        tally = isinstance(record, Tally)
        marks = self.tally_marks if tally else self.marks
        if record.offset <= marks.get(record.partition, -1):
            return True
        since = self.since.get(record.hour % HOURS_A_DAY)
        return since is not None and record.offset <= since[tally].get(record.partition, -1)

    def apply(self, offset: int, record: Mention | Tally, cells: Iterable[str]) -> None:
        """Count a record that came after its hour was closed and is not contained."""
        self.version = max(self.version, offset)
        hour_of_day = record.hour % HOURS_A_DAY
        _raise(self.hours, hour_of_day, cells)
        if isinstance(record, Tally):
            self.tally_marks[record.partition] = record.offset
            return
        self.marks[record.partition] = record.offset
        if (person := person_of(record)) >= 0:
            _meet(self.people, hour_of_day, person)


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


def five_of(mention: Mention) -> int:
    """The 5-minute bucket of a mention that has an hour; of one written before there were any, its hour's first."""
    return mention.written // FIVE_SECONDS if mention.written >= 0 else mention.hour * FIVES_AN_HOUR


def person_of(mention: Mention) -> int:
    """The author as rows keep one; -1 when the mention has none."""
    return mention.person << 1 | (mention.tier == "local") if mention.person >= 0 else -1


def closes_before(at: int) -> int:
    """Hours before this one are closed by a post that Kafka took at `at` (ms)."""
    return at // 3_600_000 - OPEN_HOURS


_MANY = 4096
"""Authors in an hour from which on only the highest rank of each register is kept: at most 32,768 entries, 98 kB on the
wire, however many write. Far more than `sketch.py` counts exactly, so no estimate changes."""


def _meet(people: dict[int, set[int]], hour: int, person: int) -> None:
    met = people.setdefault(hour, set())
    if person in met:
        return
    met.add(person)
    if len(met) >= _MANY and len(met).bit_count() == 1:  # at each doubling
        highest: dict[int, int] = {}
        for one in met:
            register = one >> RANK_BITS + 1 << 1 | one & 1
            highest[register] = max(one, highest.get(register, 0))
        people[hour] = set(highest.values())


def _raise(buckets: dict[int, dict[str, int]], bucket: int, cells: Iterable[str]) -> None:
    counts = buckets.get(bucket)
    if counts is None:
        counts = buckets[bucket] = {}
    for cell in cells:
        counts[cell] = counts.get(cell, 0) + 1


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
            people={hour: _pack_people(people) for hour, people in head.people.items()},
            swept=head.swept,
            names=list(names),
        )
    )


def decode_head(value: bytes) -> Head:
    """A head from its wire form."""
    wire, head = head_wire(value), Head()
    names = wire.names
    head.version, head.closed, head.marks, head.tally_marks = wire.version, wire.closed, wire.marks, wire.tally_marks
    head.lifetime = _unpack(wire.lifetime, names)
    head.fives = {five: _unpack(packed, names) for five, packed in wire.fives.items()}
    head.tally_hours = {hour: _unpack(packed, names) for hour, packed in wire.tally_hours.items()}
    head.swept = wire.swept
    head.people = {hour: set(unpack_people(packed)) for hour, packed in wire.people.items()}
    return head


def encode_day(day: Day) -> bytes:
    """The wire form, which is also how a day is kept in memory."""
    names: dict[str, int] = {}
    return encode_row(
        DayWire(
            FORM,
            day.version,
            day.closed,
            day.marks,
            day.tally_marks,
            hours={hour: _pack(cells, names) for hour, cells in day.hours.items()},
            people={hour: _pack_people(people) for hour, people in day.people.items()},
            since=day.since,
            cohorts={hour: _pack(cells, names) for hour, cells in day.cohorts.items()},
            matured=day.matured,
            names=list(names),
        )
    )


def decode_day(value: bytes) -> Day:
    """A day from its wire form."""
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


def _pack_people(people: set[int]) -> bytes:
    return b"".join([person.to_bytes(3, "big") for person in sorted(people)])


def unpack_people(packed: bytes) -> list[int]:
    """The authors of an hour: 3 bytes each, 14 bits of register, 6 of rank, 1 for a local one."""
    return [
        high << 16 | middle << 8 | low
        for high, middle, low in zip(packed[::3], packed[1::3], packed[2::3], strict=True)
    ]
