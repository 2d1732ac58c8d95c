"""A hospital's reach: its markets, the two radii that follow from where its residents live, its planner's lists.

Owns what is computed once for each hospital, so that a decision takes only a few comparisons. Called by `locality.py`,
`earshot locate` and the calibration page (`deploy/calibration/page.py`). Knows no profile text and no tier.
"""

from collections.abc import Iterable, Iterator

import msgspec

from streams.directory import Hospital
from streams.reading.places import markets as place_markets
from streams.reading.places import names as place_names
from streams.reading.places.markets import Market, Markets
from streams.reading.places.names import PlaceNames, Zip
from streams.reading.places.place import km
from streams.reading.places.service_area import ServiceArea, ZipIndex

KM_PER_MILE = 1.609344
RESIDENTS = 0.9
"""Share of a market's residents that a radius takes in: the 90th percentile of their distances to the hospital."""
LOCAL_MILES = (10.0, 30.0)
"""Bounds of the local radius. Below ten miles even a small market's neighbours come (43 % of the people 5 to 10 miles
off live in the hospital's own service area); past 30 hardly anyone does (2 %)."""
REGIONAL_MILES = (50.0, 150.0)
"""Bounds of the regional radius: 18 % of the people 50 to 60 miles off live in the hospital's own referral region, 3 %
of those 100 to 150 miles off."""
WIDEST_COUNTY_MILES = 60.0
"""A county farther across, from its outermost inhabited ZIP to the one opposite, says nothing about nearness: who lives
there may be twice the widest local radius away."""
UNKNOWN_MILES = (25.0, 100.0)
"""Both radii of a hospital whose ZIP is in no market. For a quarter of all hospitals the 90th percentiles are past
20 and 101 miles."""


class Reach(msgspec.Struct, frozen=True):
    """What decides one hospital's tiers."""

    hsa: str
    """Dartmouth service area of the hospital's ZIP; empty if the ZIP is in none."""
    hrr: str
    """Dartmouth referral region, likewise."""
    county: str
    """FIPS code of the hospital's county; empty if it is unknown or too wide to say anything."""
    states: frozenset[str]
    """Postal codes of the states that the referral region has a ZIP in; the hospital's own if it has no region."""
    local_km: float
    regional_km: float
    lists: ServiceArea | None
    """The planner's PSA and SSA; None if the directory has none for it."""
    wide_counties: frozenset[str]
    """FIPS codes of every county too wide; the same for all hospitals."""


class Reaches:
    """Every hospital's reach, computed at its first use. A hospital id must mean the same hospital for the life of this
    object."""

    def __init__(self, names: PlaceNames, markets: Markets) -> None:
        self._names = names
        self._markets = markets
        self._zips = ZipIndex(names.zips)
        self._known: dict[str, Reach] = {}
        self._wide = frozenset(_too_wide(names.zips.values()))

    @classmethod
    def load(cls) -> "Reaches":
        """With the gazetteer that ships with Earshot. Raises `place_names.GazetteerError`."""
        return cls(place_names.load(), place_markets.shipped())

    def of(self, hospital: Hospital) -> Reach:
        """One hospital's reach."""
        reach = self._known.get(hospital.id)
        if reach is None:
            reach = self._known[hospital.id] = self._reach(hospital)
        return reach

    def residents(self, hospital: Hospital) -> int:
        """People in the Dartmouth service area of the hospital's ZIP; 0 if the ZIP is in none."""
        own = self._names.zips.get(hospital.zip)
        hsa = self._markets.hsa(own.hsa) if own else None
        return hsa.population if hsa else 0

    def region(self, hospital: Hospital) -> tuple[str, str]:
        """Number and name of the referral region (HRR) of the hospital's ZIP; empty if the ZIP is in none."""
        own = self._names.zips.get(hospital.zip)
        hrr = self._markets.hrr(own.hrr) if own else None
        return (hrr.id, hrr.name) if hrr else ("", "")

    def _reach(self, hospital: Hospital) -> Reach:
        own = self._names.zips.get(hospital.zip)
        county = own.county if own and own.county not in self._wide else ""
        lists = ServiceArea(hospital.psa, hospital.ssa, self._zips) if hospital.psa or hospital.ssa else None
        hsa, hrr = (self._markets.hsa(own.hsa), self._markets.hrr(own.hrr)) if own else (None, None)
        if hsa is None or hrr is None:
            local, regional = (miles * KM_PER_MILE for miles in UNKNOWN_MILES)
            return Reach("", "", county, frozenset((hospital.state,)), local, regional, lists, self._wide)
        return Reach(
            hsa.id,
            hrr.id,
            county,
            self._markets.states_of_hrr(hrr.id),
            _radius_km(hospital, hsa, LOCAL_MILES),
            _radius_km(hospital, hrr, REGIONAL_MILES),
            lists,
            self._wide,
        )


def residents_km(hospital: Hospital, market: Market) -> float:
    """The distance from the hospital within which `RESIDENTS` of a market's people live; 0 for a market without any.
    Takes each ZIP's people to live at its centre."""
    distances = sorted(
        (km(latitude, longitude, hospital.latitude, hospital.longitude), people)
        for latitude, longitude, people in market.residents
    )
    enough = RESIDENTS * sum(people for _, people in distances)
    within = 0
    for distance, people in distances:
        within += people
        if within and within >= enough:
            return distance
    return 0.0


def _radius_km(hospital: Hospital, market: Market, bounds: tuple[float, float]) -> float:
    least, most = bounds
    return min(max(residents_km(hospital, market), least * KM_PER_MILE), most * KM_PER_MILE)


def _too_wide(zips: Iterable[Zip]) -> Iterator[str]:
    """FIPS codes of the counties whose inhabited ZIPs' centres lie farther apart, north to south or east to west. Not
    measured from the centre of the people: that would make a small county wide whose city lies at its edge (Fargo)."""
    boxes: dict[str, list[float]] = {}
    for one in zips:
        if one.county and one.population:
            box = boxes.setdefault(one.county, [90.0, -90.0, 180.0, -180.0])
            box[0], box[1] = min(box[0], one.latitude), max(box[1], one.latitude)
            box[2], box[3] = min(box[2], one.longitude), max(box[3], one.longitude)
    for county, (south, north, west, east) in boxes.items():
        middle = (south + north) / 2
        if max(km(south, west, north, west), km(middle, west, middle, east)) > WIDEST_COUNTY_MILES * KM_PER_MILE:
            yield county
