"""How often a rule holds: of the people of a town, county or state, how many have a ZIP that gets the same tier.

Owns the measurement behind `locality.HOLDS`, over the hospitals that ship with Earshot. Called by the page. Knows no
text: that a place is the one meant is the resolver's to measure.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

import msgspec

from deploy.calibration.places import of_city, of_county, of_zip
from streams.directory import Hospital
from streams.reading.places.locality import COUNTRY, Rule, decide
from streams.reading.places.names import PlaceNames, Zip, fold
from streams.reading.places.place import Place
from streams.reading.places.reach import Reaches
from streams.vocabulary import Precision

BEYOND = 1.5
"""Degrees past the regional radius that places are looked at; what lies farther is national by every measure."""
KM_PER_DEGREE = 111.2


class Agreement(msgspec.Struct, frozen=True):
    """What became of one rule at one precision, over all hospitals."""

    rule: Rule
    precision: Precision
    people: int
    """Who live in the places that it decided, counted once for each hospital."""
    same: int
    """Of them, who have a ZIP of the same tier."""

    @property
    def per_cent(self) -> float:
        """Of the people."""
        return 100 * self.same / self.people


def measure(names: PlaceNames, reaches: Reaches, hospitals: Iterable[Hospital]) -> list[Agreement]:
    """Every rule and precision that occurs near the hospitals, ZIPs excepted; sorted by rule."""
    groups = list(_groups(names))
    zips = [(one, of_zip(one)) for one in names.zips.values() if one.population]
    people: dict[tuple[Rule, Precision], int] = defaultdict(int)
    same: dict[tuple[Rule, Precision], int] = defaultdict(int)
    for hospital in hospitals:
        reach = reaches.of(hospital)
        degrees = reach.regional_km / KM_PER_DEGREE + BEYOND
        near = [pair for pair in zips if _near(pair[0].latitude, pair[0].longitude, hospital, degrees)]
        tiers = {one.zip: decide(place, hospital, reach).tier for one, place in near}
        for place, members in groups:
            if place.latitude is None or place.longitude is None:
                if place.admin1 not in reach.states:
                    continue
            elif not _near(place.latitude, place.longitude, hospital, degrees):
                continue
            found = decide(place, hospital, reach)
            kind = found.rule, place.precision
            people[kind] += sum(one.population for one in members)
            same[kind] += sum(one.population for one in members if tiers.get(one.zip, "national") == found.tier)
    return [Agreement(*kind, people[kind], same[kind]) for kind in sorted(people) if people[kind]]


def _groups(names: PlaceNames) -> Iterator[tuple[Place, list[Zip]]]:
    """Every town that has a ZIP of its name, every county and every state, with its inhabited ZIPs."""
    towns: dict[tuple[str, str], list[Zip]] = defaultdict(list)
    counties: dict[str, list[Zip]] = defaultdict(list)
    states: dict[str, list[Zip]] = defaultdict(list)
    for one in names.zips.values():
        if one.population:
            towns[fold(one.city), one.state].append(one)
            counties[one.county].append(one)
            states[one.state].append(one)
    for (name, state), members in towns.items():
        if city := names.city(name, COUNTRY, state):
            yield of_city(city), members
    for county in names.counties.values():
        yield of_county(county), counties[county.fips]
    for state, members in states.items():
        yield Place(COUNTRY, state, "", None, None, "admin1", "profile", 100), members


def _near(latitude: float, longitude: float, hospital: Hospital, degrees: float) -> bool:
    """Within a box; at these latitudes a degree of longitude is no shorter than 0.6 of one of latitude."""
    return abs(latitude - hospital.latitude) < degrees and abs(longitude - hospital.longitude) * 0.6 < degrees
