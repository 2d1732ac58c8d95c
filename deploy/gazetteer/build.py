"""Joins the sources to one gazetteer. Same sources, same bytes: everything is sorted, nothing tells the time.

Called by `earshot gazetteer build`. Knows no file format (`names.pack`) and no resolver rule.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from deploy.gazetteer import sources
from streams.reading.places.names import ALTERNATE_WEIGHT, FORMAT, City, Content, County, Zip, fold, most_people
from streams.reading.places.place import km

ATTRIBUTION = (
    "Contains data of GeoNames (geonames.org, CC BY 4.0), the US Postal Service, the Dartmouth Atlas of Health Care "
    "(crosswalks, by way of CMU Delphi) and the US Census Bureau; see NOTICE."
)
NAMED_ALIKE_KM = 50.0
"""Two places of one name and state nearer than this are one, listed twice."""
ALTERNATES_FROM = 100_000
"""Inhabitants: of a smaller place only its own name is kept. GeoNames' other names hold many traps."""
SHORTEST_ALTERNATE = 4
"""Letters, of a Latin name: shorter ones are airport codes and words."""
_DEGREES = 4
_ASIDE = re.compile(r"^City of (?=.*\()|\s*\(.*\)$|\s*/.*$")


def build() -> Content:
    """The gazetteer of the sources. Raises `UserError` when they are not here."""
    tables = sources.Tables()
    counties = sources.counties()
    zips = _zips(tables, counties)
    cities, alternates = _cities(sources.places(), _Joined(zips))
    return Content(
        FORMAT,
        {one.package: one.version for one in sources.SOURCES},
        ATTRIBUTION,
        cities,
        _names(cities, alternates),
        [one for one, _ in zips],
        _counties(counties, [one for one, _ in zips]),
        {fold(name): code for name, code in sorted(sources.countries().items())},
    )


def _zips(tables: sources.Tables, counties: Iterable[Mapping[str, str]]) -> list[tuple[Zip, dict[str, Any]]]:
    """Each ZIP code with the row that it comes from."""
    hsa, hrr = tables.column("zip_hsa_table", "zip", "hsa"), tables.column("zip_hrr_table", "zip", "hrr")
    fips, population = tables.column("zip_fips_table", "zip", "fips"), tables.column("zip_pop", "zip", "pop")
    by_name = {(_county(one["name"]), one["state"]): one["fips"] for one in counties}
    found = []
    for row in sorted(sources.zip_codes(), key=lambda row: row["zip_code"]):
        code = row["zip_code"]
        county = fips.get(code) or by_name.get((_county(row["county"] or ""), row["state"]), "")
        found.append((
            Zip(
                code, row["city"], row["state"], county, hsa.get(code, ""), hrr.get(code, ""),
                round(float(row["lat"]), _DEGREES), round(float(row["long"]), _DEGREES),
                int(float(population.get(code, 0))),
            ),
            row,
        ))  # fmt: skip
    return found


def _county(name: str) -> str:
    return fold(name).removesuffix(" county").removesuffix(" parish")


class _Joined:
    """Finds the county, HSA and HRR of a place: those of most people in the ZIP codes of its name, else of the nearest
    ZIP code. Against the name, the nearest alone is right in 96 of 100."""

    def __init__(self, zips: Iterable[tuple[Zip, dict[str, Any]]]) -> None:
        self._named: dict[tuple[str, str], list[Zip]] = defaultdict(list)
        self._cells: dict[tuple[int, int], list[Zip]] = defaultdict(list)
        for one, row in zips:
            for name in {row["city"], *row["acceptable_cities"]}:
                self._named[fold(name), one.state].append(one)
            if row["zip_code_type"] == "STANDARD" and one.hsa:
                self._cells[math.floor(one.latitude), math.floor(one.longitude)].append(one)

    def areas(self, name: str, state: str, latitude: float, longitude: float) -> tuple[str, str, str]:
        """(county, HSA, HRR)."""
        near = [
            one
            for one in self._named.get((fold(name), state), ())
            if km(latitude, longitude, one.latitude, one.longitude) <= NAMED_ALIKE_KM
        ]
        if any(one.hsa for one in near):
            return most_people(near, "county"), most_people(near, "hsa"), most_people(near, "hrr")
        row, column = math.floor(latitude), math.floor(longitude)
        around = [one for r in (-1, 0, 1) for c in (-1, 0, 1) for one in self._cells.get((row + r, column + c), ())]
        if not around:
            return "", "", ""
        nearest = min(around, key=lambda one: (km(latitude, longitude, one.latitude, one.longitude), one.zip))
        return nearest.county, nearest.hsa, nearest.hrr


def _cities(places: list[dict[str, Any]], joined: _Joined) -> tuple[list[City], list[list[str]]]:
    """All cities, most inhabitants first, and the other names of each."""
    kept: list[dict[str, Any]] = []
    alike: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
    for place in places:
        place["name"] = _ASIDE.sub("", place["name"])  # "City of Milford (balance)"
    for place in sorted(places, key=lambda place: (-place["population"], place["geonameid"])):
        same = alike[fold(place["name"]), place["countrycode"], place["admin1code"]]
        if all(_apart(place, other) > NAMED_ALIKE_KM for other in same):
            same.append(place)
            kept.append(place)
    cities, alternates = [], []
    for place in kept:
        latitude, longitude = round(place["latitude"], _DEGREES), round(place["longitude"], _DEGREES)
        home = place["countrycode"] == "US"
        areas = joined.areas(place["name"], place["admin1code"], latitude, longitude) if home else ("", "", "")
        cities.append(
            City(
                place["name"],
                place["countrycode"],
                place["admin1code"],
                latitude,
                longitude,
                place["population"],
                *areas,
            )
        )
        many = place["population"] >= ALTERNATES_FROM
        alternates.append(sorted({fold(name) for name in place["alternatenames"]}) if many else [])
    return cities, alternates


def _apart(place: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    return km(place["latitude"], place["longitude"], other["latitude"], other["longitude"])


def _names(cities: list[City], alternates: list[list[str]]) -> dict[str, int | list[int]]:
    names: dict[str, list[int]] = defaultdict(list)
    for number, city in enumerate(cities):
        if own := fold(city.name):
            names[own].append(number)
        for other in alternates[number]:
            if other != own and (len(other) >= SHORTEST_ALTERNATE or (other and not other.isascii())):
                names[other].append(-1 - number)

    def weight(number: int) -> float:
        return -cities[number].population if number >= 0 else -cities[-1 - number].population * ALTERNATE_WEIGHT

    return {
        name: numbers[0] if len(numbers) == 1 else sorted(numbers, key=weight)
        for name, numbers in sorted(names.items())
    }


def _counties(rows: Iterable[Mapping[str, str]], zips: Iterable[Zip]) -> list[County]:
    inside: dict[str, list[Zip]] = defaultdict(list)
    for one in zips:
        if one.county and one.population:
            inside[one.county].append(one)
    found = []
    for row in sorted(rows, key=lambda row: row["fips"]):
        mine = inside.get(row["fips"])
        if not mine:
            continue
        people = sum(one.population for one in mine)
        latitude = sum(one.latitude * one.population for one in mine) / people
        longitude = sum(one.longitude * one.population for one in mine) / people
        found.append(
            County(
                row["fips"],
                row["name"],
                row["state"],
                most_people(mine, "hsa"),
                most_people(mine, "hrr"),
                round(latitude, _DEGREES),
                round(longitude, _DEGREES),
            )
        )
    return found
