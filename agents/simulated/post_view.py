"""What a rule can see of a post of the simulated X: its atoms, its words in a row, and where it is tagged.

Owns how a text falls into words (X API v2, building a rule: at punctuation, symbols and separators; accents count, case
does not). Made by `posts.py`, read by the predicates of `stream_rules.py`. Written apart from Earshot's own matcher, so
that tests can hold one against the other. Knows no rule and no payload.
"""

import math
import unicodedata
from functools import lru_cache
from typing import NamedTuple

Atoms = frozenset[str]
"""What is true of a post: `@mayoclinic`, `to:mayoclinic`, `from:someone`, `is:retweet`, `#flu`, `lang:en`,
`place:fargo`; lower case."""

MILE_KM = 1.609344
EARTH_KM = 6371.0088
"""Mean radius."""


class Box(NamedTuple):
    """Of a place, in degrees, as X's `bbox`."""

    west: float
    south: float
    east: float
    north: float


class Seen(NamedTuple):
    """One post."""

    atoms: Atoms
    text: str = ""
    """As written; what a keyword looks at is its `row_of`."""
    box: Box | None = None
    """Of the place that the post is tagged with."""


@lru_cache(maxsize=4096)
def row_of(text: str) -> str:
    """The words of a text with a blank between them and at both ends: it holds the row of any run of them, no other.

    Remembered, since each rule with a keyword asks for it.
    """
    row = [" "]
    for char in unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold()):
        if unicodedata.category(char)[0] in ("L", "M", "N"):
            row.append(char)
        elif row[-1] != " ":
            row.append(" ")
    if row[-1] != " ":
        row.append(" ")
    return "".join(row)


def is_within(box: Box, longitude: float, latitude: float, miles: float) -> bool:
    """Whether all of a place is so near: X wants it wholly within the circle."""
    return all(
        _km(longitude, latitude, east, north) <= miles * MILE_KM
        for east in (box.west, box.east)
        for north in (box.south, box.north)
    )


def _km(longitude: float, latitude: float, to_longitude: float, to_latitude: float) -> float:
    """Along the surface, by haversines."""
    first, second = math.radians(latitude), math.radians(to_latitude)
    half = math.radians(to_longitude - longitude) / 2
    chord = math.sin((second - first) / 2) ** 2 + math.cos(first) * math.cos(second) * math.sin(half) ** 2
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(chord)))
