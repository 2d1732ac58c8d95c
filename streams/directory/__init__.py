"""The hospital directory: who is listened for, where each is, and under which handles.

Owns the file's reading and its checks. Called at start by ingest (stream rules) and by the reader (whom a post is tied
to). Knows no post, and holds nothing that changes while Earshot runs.

The file is CSV, UTF-8, matched by header name, so that columns it does not know (`checked`, and those of later
importers) may stand in it. `README.md` beside it says what each column means and where the shipped rows come from.
"""

import csv
import re
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Literal, get_args

import msgspec

from streams.errors import UserError

Role = Literal["official", "brand", "former", "community"]
"""`official`: the hospital's own. `brand`: of a system or school it stands for. `former`: an old name. `community`: of
its town."""

Kind = Literal[
    "acute", "critical_access", "childrens", "cancer", "psychiatric", "rehabilitation", "veterans", "community"
]
"""What the row is. The first seven are hospitals, by their licence; `community` is an account about health in a
town."""

COLUMNS = ("id", "name", "city", "state", "zip", "kind", "latitude", "longitude", "handles")

_ID = re.compile(r"\d\d[0-9A-Z]\d\d[0-9A-Z]|[a-z][a-z0-9]*(?:-[a-z0-9]+)+")
_HANDLE = re.compile(r"@[A-Za-z0-9_]{1,15}")
_STATE = re.compile(r"[A-Z]{2}")
_ZIP = re.compile(r"\d{5}")


class DirectoryError(UserError):
    """The directory cannot be used. One line: the file, and each bad row's line number and reason."""


class Handle(msgspec.Struct, frozen=True):
    """An account on X. `handle` is lower case, without @."""

    handle: str
    role: Role


class Hospital(msgspec.Struct, frozen=True, cache_hash=True):
    """One row. `id` is the CMS Certification Number where there is one (text: leading zeros, letters), else a short
    slug."""

    id: str
    name: str
    city: str
    state: str
    """Postal code."""
    zip: str
    kind: Kind
    latitude: float
    """Degrees, of the campus (of the town for `community`)."""
    longitude: float
    handles: tuple[Handle, ...]


class Directory:
    """All rows, by id and by handle (lower case, without @)."""

    def __init__(self, hospitals: tuple[Hospital, ...]) -> None:
        """Raises `ValueError` for an id that stands twice, and for a handle of two rows that is a `brand` in neither or
        one."""
        by_id: dict[str, Hospital] = {}
        owners: dict[str, list[tuple[Hospital, Role]]] = {}
        for hospital in hospitals:
            if by_id.setdefault(hospital.id, hospital) is not hospital:
                raise ValueError(f"the id {hospital.id} stands twice")
            for handle in hospital.handles:
                owners.setdefault(handle.handle, []).append((hospital, handle.role))
        for account, rows in owners.items():
            # A system's account speaks for all its hospitals; any other account belongs to one.
            if len(rows) > 1 and (
                len({row[0].id for row in rows}) < len(rows) or any(role != "brand" for _, role in rows)
            ):
                raise ValueError(
                    f"@{account} stands twice ({', '.join(row[0].id for row in rows)}); only a brand may be shared"
                )
        self.hospitals = hospitals
        self.by_id: Mapping[str, Hospital] = MappingProxyType(by_id)
        self.by_handle: Mapping[str, tuple[Hospital, ...]] = MappingProxyType(
            {handle: tuple(hospital for hospital, _ in rows) for handle, rows in owners.items()}
        )


def load(path: str = "") -> Directory:
    """The directory in a CSV file, or the one that ships with Earshot. Raises `DirectoryError` with every bad row."""
    try:
        if path:
            text = Path(path).read_text(encoding="utf-8-sig")
        else:
            text = (resources.files(__name__) / "hospitals.csv").read_text(encoding="utf-8")
        return parse(text)
    except OSError as error:
        raise DirectoryError(
            f"{path}: cannot be read ({error.strerror}); EARSHOT_DIRECTORY_FILE names the directory"
        ) from None
    except UnicodeDecodeError:
        raise DirectoryError(f"{path}: is not UTF-8; save it as CSV, UTF-8") from None
    except ValueError as error:
        raise DirectoryError(f"{path or 'hospitals.csv'}: {error}") from None


def parse(text: str) -> Directory:
    """The directory in the text of a CSV file. Raises `ValueError`: one line with every bad row's line number and
    reason."""
    reader = csv.DictReader(text.splitlines(keepends=True), strict=True)
    missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
    if missing:
        raise ValueError(f"the header has no column {', '.join(missing)}")
    hospitals: list[Hospital] = []
    wrong: list[str] = []
    try:
        for row in reader:
            try:
                hospitals.append(_hospital(row))
            except ValueError as error:
                wrong.append(f"line {reader.line_num}: {error}")
    except csv.Error as error:
        wrong.append(f"line {reader.line_num}: {error}")
    if wrong:
        raise ValueError("; ".join(wrong))
    if not hospitals:
        raise ValueError("it has no rows")
    return Directory(tuple(hospitals))


def _hospital(row: dict[str, str | None]) -> Hospital:
    values = {column: (row[column] or "").strip() for column in COLUMNS}
    for column, form, meant in (
        ("id", _ID, "a CCN (six characters, 010033) or a slug with a hyphen (community-corvallis)"),
        ("state", _STATE, "a postal code (ND)"),
        ("zip", _ZIP, "five digits"),
    ):
        if not form.fullmatch(values[column]):
            raise ValueError(f"{column} {values[column]!r} is not {meant}")
    for column in ("name", "city"):
        if not values[column]:
            raise ValueError(f"{column} is empty")
    if values["kind"] not in get_args(Kind):
        raise ValueError(f"kind {values['kind']!r} is none of {', '.join(get_args(Kind))}")
    return Hospital(
        id=values["id"],
        name=values["name"],
        city=values["city"],
        state=values["state"],
        zip=values["zip"],
        kind=msgspec.convert(values["kind"], Kind),
        latitude=_degrees(values, "latitude", 90),
        longitude=_degrees(values, "longitude", 180),
        handles=tuple(_handle(part) for part in values["handles"].split("|") if part.strip()),
    )


def _degrees(values: dict[str, str], column: str, most: int) -> float:
    try:
        degrees = float(values[column])
    except ValueError:
        degrees = float("nan")
    if not abs(degrees) <= most:
        raise ValueError(f"{column} {values[column]!r} is not a number of degrees from -{most} to {most}")
    return degrees


def _handle(text: str) -> Handle:
    handle, _, role = text.strip().partition(":")
    if not _HANDLE.fullmatch(handle):
        raise ValueError(f"handle {handle!r} is not @ and 1 to 15 letters, digits or _")
    if role not in get_args(Role):
        raise ValueError(f"role {role!r} of {handle} is none of {', '.join(get_args(Role))}")
    return Handle(handle[1:].lower(), msgspec.convert(role, Role))
