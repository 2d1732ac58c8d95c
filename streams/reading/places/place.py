"""A place, or the reason why there is none.

Made by `resolver.py` from a text or a geo tag; `locality.py` measures it to a hospital. Knows no name and no
hospital.
"""

import math

import msgspec

from streams.vocabulary import Abstained, Evidence, Precision

TERRITORIES = frozenset({"PR", "GU", "VI", "AS", "MP"})
"""Parts of the US that have a country's code of their own (ISO 3166), beside a state's."""


class Place(msgspec.Struct, frozen=True, cache_hash=True):
    """A place and how it is known. `admin1` and `city` are empty if the text is coarser."""

    country: str
    """ISO code; empty for coordinates far from every listed city."""
    admin1: str
    """State's postal code in the US, GeoNames' code elsewhere."""
    city: str
    latitude: float | None
    """Degrees; None for a state or country, which has no one point."""
    longitude: float | None
    precision: Precision
    evidence: Evidence
    confidence: int
    """Per cent that this is the place meant."""
    zip: str = ""
    """ZIP code, if the place is known so finely. This field and those below are empty outside the US and if unknown."""
    county: str = ""
    """FIPS code."""
    hsa: str = ""
    """Hospital service area of the Dartmouth Atlas."""
    hrr: str = ""
    """Hospital referral region, likewise."""


class Abstention(msgspec.Struct, frozen=True, cache_hash=True):
    """No place, and why."""

    reason: Abstained


def km(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Great-circle distance of two points in degrees, kilometres."""
    a, b = math.radians(latitude), math.radians(other_latitude)
    half = math.sin((b - a) / 2) ** 2
    half += math.cos(a) * math.cos(b) * math.sin(math.radians(other_longitude - longitude) / 2) ** 2
    return 2 * 6371.0 * math.asin(min(1.0, math.sqrt(half)))
