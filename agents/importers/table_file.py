"""Reads the rows of a public file: encodings, several header layouts, one row at a time.

Called by the importers, such as `cms.py`. Column names are compared without case, punctuation or spaces, because they
are spelt anew each year.
"""

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from streams.directory.files import hint
from streams.errors import UserError

_NOT_NAME = re.compile(r"[^a-z0-9]+")
_REPORT_EVERY = 20_000


class Line(NamedTuple):
    """One row: its line number, and its values by the importer's own names."""

    number: int
    values: dict[str, str]


def plain(name: str) -> str:
    """A column's name to compare: `Facility ID` and `facility_id` are one."""
    return _NOT_NAME.sub("", name.lower())


def header(path: Path) -> list[str]:
    """The column names of a CSV file. Raises `UserError`."""
    for names in _records(path):
        return names[1]
    raise UserError(f"{path}: it is empty")


def lines(
    path: Path, layouts: Mapping[str, Sequence[str]], optional: Sequence[str] = (),
    progress: Callable[[int], None] = lambda _: None,
) -> Iterator[Line]:  # fmt: skip
    """The rows of a file. `layouts`: our name -> the names that it goes by, the first that is there counts.
    `progress` is told how many rows were read, now and then. Raises `UserError` for what is no such file."""
    places: dict[str, int] | None = None
    width = 0
    for number, record in _records(path):
        if places is None:
            places, width = _places(path, record, layouts, optional), len(record)
            continue
        if number % _REPORT_EVERY == 0:
            progress(number)
        if any(map(str.strip, record)):
            whole = record + [""] * (width - len(record))
            yield Line(number, {name: whole[at].strip() for name, at in places.items()})
    if places is None:
        raise UserError(f"{path}: it is empty")


def _places(
    path: Path, names: list[str], layouts: Mapping[str, Sequence[str]], optional: Sequence[str]
) -> dict[str, int]:
    at = {plain(name): place for place, name in reversed(list(enumerate(names)))}
    found = {}
    for ours, theirs in layouts.items():
        place = next((at[plain(name)] for name in theirs if plain(name) in at), None)
        if place is not None:
            found[ours] = place
        elif ours not in optional:
            raise UserError(f"{path}: the header has no column {theirs[0]!r}{hint(names)}")
    return found


def _records(path: Path) -> Iterator[tuple[int, list[str]]]:
    """(line number, values) of each record."""
    reader = None
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            for record in reader:
                yield reader.line_num, record
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UserError(f"{path} is not UTF-8: save it as CSV, UTF-8") from None
    except csv.Error as error:
        raise UserError(f"{path}, line {reader.line_num if reader else 1}: {error}") from None
