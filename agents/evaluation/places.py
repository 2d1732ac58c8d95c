"""Compares labelled profile texts with the places that the resolver finds in them.

Called by `earshot evaluate` and the accuracy page (`accuracy.py`). A label names a country, its state or province
(`admin1`, US postal code or GeoNames' code), a city and its coordinates, each as precisely as it can be known; a blank
label means that the resolver must abstain. An answer is right if it lies within 50 km of the labelled city, else in the
right `admin1`, else in the right country; an answer coarser than its label is wrong.
"""

import csv
import math
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

import msgspec

from agents.evaluation import label_file
from streams.reading.places.place import Abstention, Place, km
from streams.reading.places.resolver import Gazetteer
from streams.vocabulary import ABSTAINED

COLUMNS = ("location", "country", "admin1", "city", "lat", "lon")
RIGHT_KM = 50.0
_DIGITS = 4

Fate = Literal["right", "wrong", "missed", "refused"]
"""Of one text: the right place, another one, none though there is one, none as it should be."""


class Labelled(msgspec.Struct, frozen=True):
    """One text and its label; all empty: it must be refused."""

    location: str
    country: str
    admin1: str
    city: str
    point: tuple[float, float] | None
    """(latitude, longitude) of the city."""


class Figures(msgspec.Struct, frozen=True):
    """Over a set. Shares from 0 to 1."""

    n: int
    recall: float
    """Right answers of those that have a place."""
    precision: float
    """Right answers of all answers."""
    abstained: dict[str, int]
    """Texts without an answer, by reason."""


def load(path: Path) -> list[Labelled]:
    """The texts of a CSV file. Raises `UserError` that names the line."""
    return label_file.load(path, _rows, "rows")


def _rows(text: str) -> Iterator[Labelled]:
    rows = csv.DictReader(text.splitlines(keepends=True), strict=True)
    if missing := [column for column in COLUMNS if column not in (rows.fieldnames or ())]:
        raise ValueError(f"the header has no column {', '.join(missing)}")
    for row in rows:
        values = {column: (row[column] or "").strip() for column in COLUMNS}
        point = None
        if values["lat"] or values["lon"]:
            try:
                point = float(values["lat"]), float(values["lon"])
            except ValueError:
                point = math.nan, math.nan
            if not (abs(point[0]) <= 90 and abs(point[1]) <= 180):
                raise ValueError(f"line {rows.line_num}: lat and lon are not degrees")
        if not values["country"] and (values["admin1"] or values["city"] or point):
            raise ValueError(f"line {rows.line_num}: a label without a country")
        yield Labelled(row["location"] or "", values["country"], values["admin1"], values["city"], point)


def fate(label: Labelled, answer: Place | Abstention) -> Fate:
    """Judge one answer."""
    if isinstance(answer, Abstention):
        return "missed" if label.country else "refused"
    if not label.country or answer.country != label.country:
        return "wrong"
    if label.point is not None:
        if answer.latitude is None or answer.longitude is None:
            return "wrong"
        return "right" if km(answer.latitude, answer.longitude, *label.point) <= RIGHT_KM else "wrong"
    return "right" if label.admin1 in ("", answer.admin1) else "wrong"


def judged(labels: Iterable[Labelled], gazetteer: Gazetteer) -> Iterator[tuple[Labelled, Place | Abstention, Fate]]:
    """Each text with its answer and what that was worth."""
    for label in labels:
        answer = gazetteer.resolve(label.location)
        yield label, answer, fate(label, answer)


def evaluate(labels: Iterable[Labelled], gazetteer: Gazetteer) -> Figures:
    """The figures over a set."""
    fates: Counter[Fate] = Counter()
    abstained: Counter[str] = Counter()
    with_place = 0
    for label, answer, one in judged(labels, gazetteer):
        fates[one] += 1
        with_place += bool(label.country)
        if isinstance(answer, Abstention):
            abstained[answer.reason] += 1
    answered = fates["right"] + fates["wrong"]
    return Figures(
        fates.total(),
        _share(fates["right"], with_place),
        _share(fates["right"], answered),
        {reason: abstained[reason] for reason in ABSTAINED if abstained[reason]},
    )


def _share(part: int, whole: int) -> float:
    return round(part / whole, _DIGITS) if whole else 0.0
