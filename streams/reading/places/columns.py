"""Stores records as columns of numbers: the format of the gazetteer file.

Owns that format alone. Called by `names.py`, which owns the records. Each text is stored once, in a table that all
records share; a record's field holds the text's number. Stored as rows, the file would be a fifth larger, and the
loaded gazetteer 40 MB larger, because every town would hold its own copy of its county and state.
"""

import sys
from array import array
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import msgspec

PLACES = 4
"""Decimal places of a degree that are stored: 11 m."""

_SCALE = 10**PLACES
_NUMBER = "i"
"""Four bytes, and little-endian in the file."""

_Record = TypeVar("_Record", bound=msgspec.Struct)


def columns(records: Sequence[msgspec.Struct], texts: dict[str, int]) -> list[bytes]:
    """A column for each field (`str`, `float` in degrees, `int`) of records of one kind; new texts are added to
    `texts`: text -> number. Raises `OverflowError` for a number of more than 31 bits."""
    packed = []
    for field in msgspec.structs.fields(type(records[0])) if records else ():
        values = [getattr(record, field.name) for record in records]
        if field.type is str:
            values = [texts.setdefault(value, len(texts)) for value in values]
        elif field.type is float:
            values = [round(value * _SCALE) for value in values]
        packed.append(_ordered(array(_NUMBER, values)).tobytes())
    return packed


def records(kind: type[_Record], packed: Iterable[bytes], texts: Sequence[str]) -> list[_Record]:
    """The records of columns that `columns` made. Raises `ValueError` or `IndexError` for others."""
    values: list[Iterable[Any]] = []
    for field, column in zip(msgspec.structs.fields(kind), packed, strict=True):
        numbers = array(_NUMBER)
        numbers.frombytes(column)
        _ordered(numbers)
        if field.type is str:
            values.append(map(texts.__getitem__, numbers))
        elif field.type is float:
            values.append(number / _SCALE for number in numbers)
        else:
            values.append(numbers)
    return list(map(kind, *values))


def _ordered(numbers: "array[int]") -> "array[int]":
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
