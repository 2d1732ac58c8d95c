"""The directory's CSV files: their columns, and how they are read into one directory.

Owns what may stand in each file and every check, within a row and between files. Called by `streams/directory` to load
a folder, and by `agents/importers/store.py`, which checks the whole folder before it writes one file. Columns are
matched by name; a file may have others.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

import msgspec

from streams.directory import hours
from streams.directory.hospital import (
    GOALS,
    KINDS,
    OWNERSHIPS,
    ROLES,
    Accounts,
    Goal,
    Handle,
    Hospital,
    Kind,
    Ownership,
    Role,
)
from streams.errors import UserError
from streams.vocabulary import NETWORKS

HOSPITALS, HANDLES, GOALS_FILE = "hospitals.csv", "handles.csv", "goals.csv"
SERVICE_AREAS, MARKETS = "service_areas.csv", "markets.csv"

COLUMNS: dict[str, tuple[str, ...]] = {
    HOSPITALS: (
        "id", "name", "city", "state", "zip", "county", "kind", "ownership", "beds", "latitude", "longitude", "checked",
        "hours",
    ),
    HANDLES: ("id", "network", "handle", "role", "valid_from", "valid_to"),
    GOALS_FILE: ("id", "goal", "target"),
    SERVICE_AREAS: ("id", "zip", "area"),
    MARKETS: ("zip", "hsa", "hrr"),
}  # fmt: skip
"""The files of a directory and their columns; only the first file is required."""

_REQUIRED = {HOSPITALS: ("id", "name", "city", "state", "zip", "kind", "latitude", "longitude")}
_CCN = re.compile(r"\d\d[0-9A-Z]\d\d[0-9A-Z]", re.ASCII)
_SLUG = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)+")
_STATE = re.compile(r"[A-Z]{2}")
_ZIP = re.compile(r"\d{5}", re.ASCII)
_MARKET = re.compile(r"\d{1,6}", re.ASCII)
_DAY = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])", re.ASCII)

_Made = TypeVar("_Made")
Crosswalk = Mapping[str, tuple[str, str]]
"""ZIP -> (HSA, HRR)."""


class WrongRowsError(ValueError):
    """The directory cannot be used: for each wrong row its file, line and reason."""

    def __init__(self, *reasons: str) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


class Tables(NamedTuple):
    """All files, read."""

    hospitals: tuple[Hospital, ...]
    crosswalk: Crosswalk


class Row(NamedTuple):
    """One row, unchecked: its line in the file, and its values by column."""

    line: int
    values: dict[str, str]


def parse(texts: Mapping[str, str]) -> Tables:
    """The directory in the texts of its files, by file name. Raises `WrongRowsError` with every wrong row."""
    wrong: list[str] = []
    if HOSPITALS not in texts:
        raise WrongRowsError(f"it has no {HOSPITALS}")
    found = dict(_made(HOSPITALS, texts, _hospital, wrong))
    ids: dict[str, Hospital] = {}
    for line, hospital in found.items():
        if ids.setdefault(hospital.id, hospital) is not hospital:
            wrong.append(f"{HOSPITALS}, line {line}: the id {hospital.id} stands twice")
    if not found and not wrong:
        wrong.append(f"{HOSPITALS}: it has no rows")
    # Where hospitals are wrong, an id that other files name is no fault of theirs: only the cause is told.
    known = None if wrong else ids

    handles: dict[str, list[Handle]] = {}
    owners: dict[tuple[str, str], list[tuple[str, Role]]] = {}
    for line, (id, handle) in _made(HANDLES, texts, _handle, wrong):
        said = owners.setdefault((handle.network, handle.handle), [])
        # A system's account speaks for all its hospitals; any other account belongs to one.
        if any(other == id for other, _ in said):
            wrong.append(f"{HANDLES}, line {line}: @{handle.handle} stands twice for {id}")
        elif said and {role for _, role in said} | {handle.role} != {"brand"}:
            shared = ", ".join([*(other for other, _ in said), id])
            wrong.append(
                f"{HANDLES}, line {line}: @{handle.handle} stands twice ({shared}); only a brand may be shared"
            )
        said.append((id, handle.role))
        _known(id, known, HANDLES, line, wrong)
        handles.setdefault(id, []).append(handle)

    goals: dict[str, dict[Goal, float]] = {}
    for line, (id, goal, target) in _made(GOALS_FILE, texts, _goal, wrong):
        _known(id, known, GOALS_FILE, line, wrong)
        if goals.setdefault(id, {}).setdefault(goal, target) != target:
            wrong.append(f"{GOALS_FILE}, line {line}: {goal} of {id} stands twice")

    areas: dict[str, dict[str, str]] = {}
    for line, (id, code, area) in _made(SERVICE_AREAS, texts, _area, wrong):
        _known(id, known, SERVICE_AREAS, line, wrong)
        if areas.setdefault(id, {}).setdefault(code, area) != area:
            wrong.append(f"{SERVICE_AREAS}, line {line}: ZIP {code} of {id} is in both areas")

    crosswalk = dict(one for _, one in _made(MARKETS, texts, _market, wrong))
    if wrong:
        raise WrongRowsError(*wrong)
    return Tables(
        tuple(
            msgspec.structs.replace(
                one,
                accounts=Accounts.of(handles.get(one.id, ())),
                goals=tuple(goals.get(one.id, {}).items()),
                psa=frozenset(code for code, area in areas.get(one.id, {}).items() if area == "psa"),
                ssa=frozenset(code for code, area in areas.get(one.id, {}).items() if area == "ssa"),
            )
            for one in found.values()
        ),
        crosswalk,
    )


def rows(name: str, text: str) -> Iterator[Row]:
    """The rows of one file. Raises `ValueError` for a header that lacks a column and for broken quoting."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        header = reader.fieldnames or ()
        if missing := [column for column in _REQUIRED.get(name, COLUMNS[name]) if column not in header]:
            raise ValueError(f"the header has no column {', '.join(missing)}{hint(header)}")
        for row in reader:
            values = {column: (value or "").strip() for column, value in row.items() if column is not None}
            if any(values.values()):
                yield Row(reader.line_num, values)
    except csv.Error as error:
        raise ValueError(f"line {reader.line_num}: {error}") from None


def check_row(name: str, values: dict[str, str]) -> None:
    """Check one row by itself. Raises `ValueError` that says what is wrong."""
    _MAKERS[name](values)


def hint(header: Any) -> str:
    """A guess at what is wrong with a header, to append to an error; empty without one."""
    if len(header) == 1 and ";" in header[0]:
        return " (it is separated by ;: save it with commas)"
    if len(header) == 1 and "\t" in header[0]:
        return " (it is separated by tabs: save it with commas)"
    return ""


def zip_code(text: str) -> str:
    """A ZIP code of five digits. Raises `ValueError` that says what is wrong."""
    if not _ZIP.fullmatch(text):
        lost = " (leading zeros were lost: format the column as text)" if text.isdecimal() and len(text) < 5 else ""
        raise ValueError(f"zip {text!r} is not five digits{lost}")
    return text


def hospital_id(text: str) -> str:
    """A hospital's id. Raises `ValueError` that says what is wrong."""
    if not _CCN.fullmatch(text) and not _SLUG.fullmatch(text):
        lost = " (a leading zero was lost: format the column as text)" if text.isdecimal() and len(text) == 5 else ""
        raise ValueError(f"id {text!r} is not a CCN (six characters, 010033) or a slug with a hyphen "
                         f"(community-corvallis){lost}")  # fmt: skip
    return text


def one_of(column: str, text: str, allowed: tuple[str, ...]) -> str:
    """A word of a closed set. Raises `ValueError` that names the set."""
    if text not in allowed:
        raise ValueError(f"{column} {text!r} is none of {', '.join(allowed)}")
    return text


def degrees(column: str, text: str) -> float:
    """A latitude or longitude. Raises `ValueError`."""
    most = 90 if column == "latitude" else 180
    try:
        found = float(text)
    except ValueError:
        found = float("nan")
    if not abs(found) <= most:
        raise ValueError(f"{column} {text!r} is not a number of degrees from -{most} to {most}")
    return found


def _made(
    name: str, texts: Mapping[str, str], make: Callable[[dict[str, str]], _Made], wrong: list[str]
) -> Iterator[tuple[int, _Made]]:
    """(line, what `make` makes of it) for each good row of a file; reports the others in `wrong`. A missing file has no
    rows."""
    if name not in texts:
        return
    try:
        for line, values in rows(name, texts[name]):
            try:
                yield line, make(values)
            except ValueError as error:
                wrong.append(f"{name}, line {line}: {error}")
    except ValueError as error:
        wrong.append(f"{name}: {error}")


def _known(id: str, ids: Mapping[str, Hospital] | None, name: str, line: int, wrong: list[str]) -> None:
    if ids is not None and id not in ids:
        wrong.append(f"{name}, line {line}: {id} is not in {HOSPITALS}")


def _hospital(values: dict[str, str]) -> Hospital:
    id = hospital_id(values["id"])
    for column in ("name", "city"):
        if not values[column]:
            raise ValueError(f"{column} is empty")
    if not _STATE.fullmatch(values["state"]):
        raise ValueError(f"state {values['state']!r} is not a postal code (ND)")
    beds = values.get("beds", "")
    if beds and not (beds.isdecimal() and beds.isascii()):
        raise ValueError(f"beds {beds!r} is not a whole number")
    return Hospital(
        id=id,
        name=values["name"],
        city=values["city"],
        state=values["state"],
        zip=zip_code(values["zip"]),
        kind=msgspec.convert(one_of("kind", values["kind"], KINDS), Kind),
        latitude=degrees("latitude", values["latitude"]),
        longitude=degrees("longitude", values["longitude"]),
        county=values.get("county", ""),
        ownership=msgspec.convert(one_of("ownership", values.get("ownership") or "unknown", OWNERSHIPS), Ownership),
        beds=int(beds) if beds else None,
        hours=_hours(values.get("hours", "")),
    )


def _hours(text: str) -> str:
    try:
        if text:
            hours.parse(text)
    except UserError as error:
        raise ValueError(str(error)) from None
    return text


def _handle(values: dict[str, str]) -> tuple[str, Handle]:
    network = one_of("network", values["network"], tuple(NETWORKS))
    handle = values["handle"].removeprefix("@")
    form = NETWORKS[network]
    if not re.fullmatch(form.account, handle, re.ASCII | re.IGNORECASE):
        raise ValueError(f"handle {values['handle']!r} is not {form.meant}")
    role = msgspec.convert(one_of("role", values["role"], ROLES), Role)
    for column in ("valid_from", "valid_to"):
        if values[column] and not _DAY.fullmatch(values[column]):
            raise ValueError(f"{column} {values[column]!r} is not a day (2009-08-01)")
    if values["valid_from"] and values["valid_to"] and values["valid_from"] > values["valid_to"]:
        raise ValueError("valid_from is after valid_to")
    name = handle if handle.startswith("did:") else handle.lower()
    return hospital_id(values["id"]), Handle(name, role, network, values["valid_from"], values["valid_to"])


def _goal(values: dict[str, str]) -> tuple[str, Goal, float]:
    goal = msgspec.convert(one_of("goal", values["goal"], tuple(GOALS)), Goal)
    try:
        target = float(values["target"])
    except ValueError:
        target = float("nan")
    if not 0 <= target <= GOALS[goal].most:
        raise ValueError(
            f"target {values['target']!r} is not a number from 0 to {GOALS[goal].most:g} ({GOALS[goal].unit})"
        )
    return hospital_id(values["id"]), goal, target


def _area(values: dict[str, str]) -> tuple[str, str, str]:
    return hospital_id(values["id"]), zip_code(values["zip"]), one_of("area", values["area"], ("psa", "ssa"))


def _market(values: dict[str, str]) -> tuple[str, tuple[str, str]]:
    for column in ("hsa", "hrr"):
        if not _MARKET.fullmatch(values[column]):
            raise ValueError(f"{column} {values[column]!r} is not a market's number")
    return zip_code(values["zip"]), (values["hsa"], values["hrr"])


_MAKERS: dict[str, Callable[[dict[str, str]], object]] = {
    HOSPITALS: _hospital, HANDLES: _handle, GOALS_FILE: _goal, SERVICE_AREAS: _area, MARKETS: _market,
}  # fmt: skip
