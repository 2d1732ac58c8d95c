"""The resolver's answers: places made from the gazetteer's records, and one answer made from several.

Called by `resolver.py`, which decides what a text's parts are. Knows no texts and no names.
"""

from collections.abc import Sequence

from streams.reading.places.names import US, City, County
from streams.reading.places.place import Abstention, Place, km
from streams.vocabulary import Abstained, Precision

TAGGED, ZIP, CITY_STATE, STATE, ALIAS, CITY_ONLY, CITY_RIVALS, LOOSE = 99, 95, 97, 95, 90, 80, 70, 60
"""Per cent: how often each kind of text was right in the measurement, rounded down; a bare name is right least
often."""
SAME_TOWN_KM = 50.0
"""Two cities at most so far apart are one answer ("Fargo, ND / Moorhead, MN")."""

_FINENESS: dict[Precision, int] = {
    "none": 0, "country": 1, "admin1": 2, "county": 3, "city": 4, "zip": 5, "coordinates": 6,
}  # fmt: skip
_REASONS: tuple[Abstained, ...] = ("multi", "ambiguous", "too_coarse", "unlisted", "junk")
"""If several parts give reasons, the first of these in this order counts."""


def city_place(city: City, confidence: int) -> Place:
    """The place of a city."""
    return Place(
        city.country, city.admin1, city.name, city.latitude, city.longitude, "city", "profile", confidence, "",
        city.county, city.hsa, city.hrr,
    )  # fmt: skip


def county_place(county: County) -> Place:
    """The place of a county, at the centre of its people."""
    return Place(
        US, county.state, "", county.latitude, county.longitude, "county", "profile", STATE, "",
        county.fips, county.hsa, county.hrr,
    )  # fmt: skip


def state_place(code: str) -> Place:
    """The place of a US state, by its postal code."""
    return Place(US, code, "", None, None, "admin1", "profile", STATE)


def province_place(code: str) -> Place:
    """The place of a province (`CA/08` is Ontario) or of a country (`CA`)."""
    country, _, admin1 = code.partition("/")
    return Place(country, admin1, "", None, None, "admin1" if admin1 else "country", "profile", STATE)


def country_place(code: str, confidence: int = STATE) -> Place:
    """The place of a country, by its ISO code."""
    return Place(code, "", "", None, None, "country", "profile", confidence)


def merged(found: Sequence[Place | Abstention]) -> Place | Abstention:
    """One answer from one or more parts: the finest place, if each other part contains it or names its neighbour; else
    an abstention."""
    if len(found) == 1:
        return found[0]
    places = [one for one in found if isinstance(one, Place)]
    reasons = {one.reason for one in found if isinstance(one, Abstention)}
    if not places:
        return Abstention(next(reason for reason in _REASONS if reason in reasons))
    if reasons & {"ambiguous", "multi"}:
        return Abstention("multi")
    best = max(places, key=lambda place: _FINENESS[place.precision])
    return best if all(_agree(best, place) for place in places) else Abstention("multi")


def _agree(best: Place, other: Place) -> bool:
    if other.country != best.country:
        return False
    a, b, c, d = best.latitude, best.longitude, other.latitude, other.longitude
    if a is not None and b is not None and c is not None and d is not None:
        return km(a, b, c, d) <= SAME_TOWN_KM
    return other.admin1 in ("", best.admin1)
