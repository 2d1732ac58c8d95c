"""The names of places as data: what is read from places.csv, zips.csv and words.yaml, folded and indexed.

Owns folding and looking up; the rules that read a profile text are `resolver.py`. Called by it and, for folding, by
`locality.py`. Knows no post and no hospital. A later gazetteer replaces the files, not the questions asked here.
"""

import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator
from importlib import resources
from typing import TypeVar

import msgspec

from streams.errors import UserError

US = "US"
_Row = TypeVar("_Row")
_SHORT = {"saint": "st", "fort": "ft", "mount": "mt"}
_NOT_WORD = re.compile(r"[\W_]+")
_APOSTROPHES = str.maketrans("", "", "'’‘`´")


class GazetteerError(UserError):
    """A file of the gazetteer is wrong. One line that names it."""


class City(msgspec.Struct, frozen=True, gc=False):
    """One populated place. `admin1` is the postal code in the US, GeoNames' code elsewhere; degrees; inhabitants."""

    name: str
    country: str
    admin1: str
    latitude: float
    longitude: float
    population: int


class Zip(msgspec.Struct, frozen=True, gc=False):
    """One ZIP code and its centre, degrees."""

    zip: str
    city: str
    state: str
    latitude: float
    longitude: float


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """words.yaml, whose comments say what each part is."""

    version: int
    states: dict[str, list[str]]
    provinces: dict[str, list[str]]
    countries: dict[str, list[str]]
    cities: dict[str, str]
    regions: dict[str, str]
    parts: list[str]
    before: list[str]
    after: list[str]
    words: list[str]
    not_alone: list[str]
    titles: list[str]
    junk: list[str]


def fold(text: str) -> str:
    """Lower case, no accents, no punctuation, single spaces; saint, fort, mount shortened. Any script, any string."""
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
        # Some marks live alone after NFKD (Korean syllables come apart); composing again keeps scripts comparable.
        text = unicodedata.normalize("NFC", text)
    words = _NOT_WORD.sub(" ", text.translate(_APOSTROPHES).lower()).split()
    return " ".join(_SHORT.get(word, word) for word in words)


class PlaceNames:
    """Every name, indexed. Read only; made by `load`."""

    def __init__(self, words: Words, cities: Iterable[City], zips: Iterable[Zip]) -> None:
        """Raises `GazetteerError` if an alias points at no city."""
        self.cities = tuple(sorted(cities, key=lambda city: -city.population))
        self.zips = {one.zip: one for one in zips}
        self.states = {word: code for code, names in words.states.items() for word in names}
        self.state_names = {names[0]: code for code, names in words.states.items()}
        self.codes = frozenset(words.states)
        self.provinces = {word: code for code, names in words.provinces.items() for word in names}
        self.countries = {word: code for code, names in words.countries.items() for word in names}
        self.parts = frozenset(words.parts)
        # Longest first: "live in" before "in".
        self.before = tuple(sorted((f"{word} " for word in words.before), key=len, reverse=True))
        self.after = tuple(sorted((f" {word}" for word in words.after), key=len, reverse=True))
        self.words = frozenset(words.words)
        self.not_alone = frozenset(words.not_alone)
        self.titles = frozenset(words.titles)
        self.junk = frozenset(words.junk)
        self._by_name: dict[str, list[City]] = {}
        for city in self.cities:
            self._by_name.setdefault(fold(city.name), []).append(city)
        self.aliases: dict[str, City] = {}
        self.aliases = {alias: self._target(alias, target) for alias, target in words.cities.items()}
        self.regions = {name: tuple(target.split(", ")) for name, target in words.regions.items()}

    def _target(self, alias: str, target: str) -> City:
        name, admin1, country = target.split(", ")
        city = self.city(fold(name), country, admin1)
        if city is None:
            raise GazetteerError(f"words.yaml: the alias {alias!r} points at {target!r}, which is not in places.csv")
        return city

    def named(self, folded: str) -> list[City]:
        """Every city of that name, most inhabitants first."""
        return self._by_name.get(folded, [])

    def city(self, folded: str, country: str, admin1: str = "") -> City | None:
        """The largest city of that name in the country, and in the state or province if one is given."""
        alias = self.aliases.get(folded)
        candidates = [*self.named(folded), alias] if alias else self.named(folded)
        for city in candidates:
            if city.country == country and admin1 in ("", city.admin1):
                return city
        return None

    def state(self, folded: str) -> str:
        """The postal code of a US state's name, abbreviation or code; empty if it is none."""
        code = folded.upper()
        return self.states.get(folded) or (code if code in self.codes else "")


def load() -> PlaceNames:
    """The gazetteer that ships with Earshot. Raises `GazetteerError`."""
    folder = resources.files(__package__)
    try:
        words = msgspec.yaml.decode((folder / "words.yaml").read_bytes(), type=Words)
    except msgspec.DecodeError as error:
        raise GazetteerError(f"words.yaml: {error}") from None
    return PlaceNames(words, _rows("places.csv", City), _rows("zips.csv", Zip))


def _rows(name: str, kind: type[_Row]) -> Iterator[_Row]:
    lines = (resources.files(__package__) / name).read_text(encoding="utf-8").splitlines()
    for number, row in enumerate(csv.DictReader(lines), start=2):
        try:
            yield msgspec.convert(row, kind, strict=False)
        except msgspec.ValidationError as error:
            raise GazetteerError(f"{name}, line {number}: {error}") from None
