"""The wire form of heads and days: what stands in the changelog, and in memory for a day that is closed.

Called by `rows.py`, which makes rows of it and it of rows. Shapes alone: a module with shapes cannot be compiled
(`deploy/compiled/modules.py`).
"""

import msgspec

FORM = 2
"""First number of a row on the wire. Form 1, of version 0.1.0, is JSON: `first_rows.py`."""

Marks = dict[int, int]
"""Partition of `posts` -> highest offset contained."""

Packed = list[int]
"""Index of a cell's name in the row's `names`, its count, and so on."""


class RowWire(msgspec.Struct, array_like=True, frozen=True):
    """What every row begins with."""

    form: int
    version: int


class HeadWire(RowWire, array_like=True, frozen=True):
    """A `rows.Head`."""

    closed: int
    marks: Marks
    tally_marks: Marks
    names: list[str]
    lifetime: Packed
    fives: dict[int, Packed]
    tally_hours: dict[int, Packed]
    people: dict[int, bytes]
    swept: int = 0


class DayWire(RowWire, array_like=True, frozen=True):
    """A `rows.Day`."""

    closed: int
    marks: Marks
    tally_marks: Marks
    names: list[str]
    hours: dict[int, Packed]
    people: dict[int, bytes]
    since: dict[int, tuple[Marks, Marks]]
    cohorts: dict[int, Packed] = {}
    matured: dict[int, int] = {}


encode_row = msgspec.msgpack.Encoder().encode
peek = msgspec.msgpack.Decoder(RowWire).decode
head_wire = msgspec.msgpack.Decoder(HeadWire).decode
day_wire = msgspec.msgpack.Decoder(DayWire).decode
