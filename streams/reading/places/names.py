"""The names of places as data: the gazetteer file and words.yaml, indexed.

Owns folding and lookup; the rules that read a profile text are in `resolver.py`. Called by `resolver.py`, `reach.py`,
the importers (`agents/importers/cms.py` and others) and `earshot locate`. Knows no post and no
hospital. `make gazetteer` builds the file; `deploy/gazetteer/sources.py` lists its sources.
"""

import re
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from importlib import resources
from typing import Literal, TypeVar

import msgspec

from streams.errors import UserError
from streams.reading.places.bands import Bands
from streams.reading.places.columns import columns, records
from streams.reading.places.place import km

US = "US"
FILE = "gazetteer.bin"
FORMAT = 2
ALTERNATE_WEIGHT = 0.02
"""A city's weight under a name that is not its own, as measured on profile texts. Philadelphia was once Amman's
name."""
FOLDED = 4_096
"""Foldings remembered: resolving a text folds each part several times, which was a quarter of all work."""
NEAREST_KM = 50.0
"""Most kilometres from a point to the city that names it."""

_SHORT = {"saint": "st", "fort": "ft", "mount": "mt"}
_NOT_WORD = re.compile(r"[\W_]+")
_APOSTROPHES = str.maketrans("", "", "'’‘`´")


class GazetteerError(UserError):
    """A file of the gazetteer is wrong. One line that names it."""


class City(msgspec.Struct, frozen=True, gc=False):
    """One populated place."""

    name: str
    country: str
    """ISO code."""
    admin1: str
    """Postal code in the US, GeoNames' code elsewhere."""
    latitude: float
    longitude: float
    population: int
    county: str = ""
    """FIPS; this and the two below are empty outside the US."""
    hsa: str = ""
    """Hospital service area, Dartmouth Atlas."""
    hrr: str = ""
    """Hospital referral region, Dartmouth Atlas."""


class Zip(msgspec.Struct, frozen=True, gc=False):
    """One ZIP code and its centre, degrees."""

    zip: str
    city: str
    state: str
    county: str
    hsa: str
    hrr: str
    latitude: float
    longitude: float
    population: int
    """0 if nobody lives there, or nobody is known to."""


class County(msgspec.Struct, frozen=True, gc=False):
    """One county, parish or borough of the US."""

    fips: str
    name: str
    state: str
    hsa: str
    hrr: str
    """The region of most of its people; `hsa` likewise."""
    latitude: float
    longitude: float
    """With `latitude`: the centre of its people, degrees."""


class Content(msgspec.Struct, frozen=True):
    """The content of the gazetteer file."""

    format: int
    sources: dict[str, str]
    """Package -> version."""
    attribution: str
    cities: list[City]
    """Most inhabitants first."""
    names: dict[str, int | list[int]]
    """Folded name -> number of the city of that name, or numbers, the heaviest first; -1 - number if it is not the
    city's own name."""
    zips: list[Zip]
    counties: list[County]
    countries: dict[str, str]
    """Folded name -> ISO code."""


class _File(msgspec.Struct, frozen=True):
    """`Content` in the form of the file; `columns.py` owns the columns."""

    format: int
    sources: dict[str, str]
    attribution: str
    texts: list[str]
    zips: list[bytes]
    counties: list[bytes]
    cities: list[bytes]
    names: list[str]
    numbers: list[int | list[int]]
    countries: dict[str, str]


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """words.yaml; its comments explain each part."""

    version: int
    states: dict[str, list[str]]
    provinces: dict[str, list[str]]
    beside: dict[str, list[str]]
    countries: dict[str, list[str]]
    cities: dict[str, str]
    hospitals: dict[str, str]
    houses: list[str]
    regions: dict[str, str]
    parts: list[str]
    before: list[str]
    after: list[str]
    situated: list[str]
    forming: list[str]
    words: list[str]
    not_alone: list[str]
    titles: list[str]
    junk: list[str]


@lru_cache(FOLDED)
def fold(text: str) -> str:
    """Lower case, no accents, no punctuation, single spaces; saint, fort, mount shortened. Takes any string in any
    script."""
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
        # NFKD takes Korean syllables apart; composing again keeps scripts comparable.
        text = unicodedata.normalize("NFC", text)
    words = _NOT_WORD.sub(" ", text.translate(_APOSTROPHES).lower()).split()
    return " ".join([_SHORT.get(word, word) for word in words])


class PlaceNames:
    """Every name, indexed. Read only; `load` makes it."""

    def __init__(self, words: Words, content: Content) -> None:
        """Raises `GazetteerError` if an alias points at no city."""
        self.sources: Mapping[str, str] = content.sources
        self.attribution = content.attribution
        self.cities: Sequence[City] = content.cities
        self.zips: Mapping[str, Zip] = {one.zip: one for one in content.zips}
        self.counties: Mapping[str, County] = {one.fips: one for one in content.counties}
        self.states = _inverted(words.states)
        self.state_names = {fold(names[0]): code for code, names in words.states.items()}
        self.codes = frozenset(words.states)
        self.provinces: dict[str, tuple[str, ...]] = {}
        """Folded name or code -> each `country/admin1` that it may mean."""
        for homes in (words.provinces, words.beside):
            for home, called in homes.items():
                for one in map(fold, called):
                    self.provinces[one] = (*self.provinces.get(one, ()), home)
        self.alone = frozenset(fold(one) for called in words.provinces.values() for one in called)
        """Those of them that count with nothing beside them."""
        self.countries = content.countries | _inverted(words.countries)
        self.doubtful_countries = {
            name: self.countries.pop(name) for name in (*self.state_names, "jersey") if name in self.countries
        }
        """Countries whose name means a US state for most authors."""
        self.parts = frozenset(map(fold, words.parts))
        # Longest first: "live in" before "in".
        self.before = tuple(sorted((f"{fold(word)} " for word in words.before), key=len, reverse=True))
        self.after = tuple(sorted((f" {fold(word)}" for word in words.after), key=len, reverse=True))
        self._situated = re.compile(rf"(.+?) (?:{'|'.join(map(re.escape, map(fold, words.situated)))}) \w+")
        self.forming = frozenset(map(fold, words.forming))
        """Words that begin names of towns: a town whose name lacks them is another one."""
        self.words = frozenset(map(fold, words.words))
        self.not_alone = frozenset(words.not_alone)
        self.titles = frozenset(words.titles)
        self.junk = frozenset(map(fold, words.junk))
        self._numbers = content.names
        self._by_county = {(_county_name(one.name), one.state): one for one in content.counties}
        alike = Counter(name for name, _ in self._by_county)
        self._only_county = {name: one for (name, _), one in self._by_county.items() if alike[name] == 1}
        self._bands = Bands((city.latitude, city.longitude) for city in content.cities)
        self.aliases: dict[str, City] = {}
        aliases = words.cities | words.hospitals
        self.aliases = {fold(alias): self._target(alias, target) for alias, target in aliases.items()}
        self.hospitals = frozenset(map(fold, words.hospitals))
        self.houses = tuple(f" {fold(word)}" for word in words.houses)
        """Endings of the names of hospitals and schools."""
        self.regions = {fold(name): tuple(target.split(", ")) for name, target in words.regions.items()}

    def _target(self, alias: str, target: str) -> City:
        name, admin1, country = target.split(", ")
        city = self.city(fold(name), country, admin1)
        if city is None:
            raise GazetteerError(f"words.yaml: the alias {alias!r} points at {target!r}, which is not in the gazetteer")
        return city

    def candidates(self, folded: str) -> list[tuple[City, float]]:
        """Every city of that name with its weight, the heaviest first. A city weighs its inhabitants, or 2 % of them if
        the name is not its own."""
        numbers = self._numbers.get(folded)
        if numbers is None:
            return []
        if isinstance(numbers, int):
            return [self._weighed(numbers)]
        return [self._weighed(number) for number in numbers]

    def _weighed(self, number: int) -> tuple[City, float]:
        if number >= 0:
            city = self.cities[number]
            return city, float(city.population)
        city = self.cities[-1 - number]
        return city, city.population * ALTERNATE_WEIGHT

    def city(self, folded: str, country: str, admin1: str = "") -> City | None:
        """The heaviest city of that name in the country, and in the state or province if one is given."""
        for city, _ in self.candidates(folded):
            if city.country == country and admin1 in ("", city.admin1):
                return city
        alias = self.aliases.get(folded)
        if alias is not None and alias.country == country and admin1 in ("", alias.admin1):
            return alias
        return None

    def situated(self, folded: str) -> City | None:
        """The German, Austrian or Swiss town of a name with its river or region: "freiburg im breisgau"."""
        found = self._situated.fullmatch(folded)
        if found is None:
            return None
        known = [city for city, _ in self.candidates(found[1]) if city.country in ("DE", "AT", "CH")]
        return known[0] if known else None

    def county(self, folded: str, state: str) -> County | None:
        """The county of that name, with or without "county", "parish" or the like."""
        return self._by_county.get((_county_name(folded), state))

    def is_house(self, folded: str) -> bool:
        """Whether it is the name of a hospital or school but of no town: Stanford is both."""
        return (folded in self.hospitals or folded.endswith(self.houses)) and folded not in self._numbers

    def only_county(self, folded: str) -> County | None:
        """The county of that name, if no other state has one."""
        return self._only_county.get(_county_name(folded))

    def state(self, folded: str) -> str:
        """The postal code of a US state's name, abbreviation or code; empty if it is none."""
        code = folded.upper()
        return self.states.get(folded) or (code if code in self.codes else "")

    def nearest(self, latitude: float, longitude: float) -> tuple[City, float] | None:
        """The nearest city within `NEAREST_KM` and its distance in kilometres."""
        found = self._bands.nearest(latitude, longitude, NEAREST_KM)
        return (self.cities[found[0]], found[1]) if found else None


def _inverted(words: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {fold(word): code for code, names in words.items() for word in names}


_COUNTY_WORDS = ("county", "parish", "borough", "census area", "municipality", "municipio", "city and borough")


def _county_name(name: str) -> str:
    folded = fold(name)
    for word in _COUNTY_WORDS:
        folded = folded.removesuffix(f" {word}")
    return folded


def pack(content: Content) -> bytes:
    """The file's bytes; the same for the same content."""
    texts: dict[str, int] = {}
    zips, counties, cities = (columns(rows, texts) for rows in (content.zips, content.counties, content.cities))
    names = sorted(content.names)
    file = _File(
        content.format,
        content.sources,
        content.attribution,
        list(texts),
        zips,
        counties,
        cities,
        names,
        [content.names[name] for name in names],
        content.countries,
    )
    return zlib.compress(msgspec.msgpack.encode(file, order="sorted"), 9)


@lru_cache(maxsize=1)
def load() -> PlaceNames:
    """The gazetteer that ships with Earshot; all callers share one, which is read only. Raises `GazetteerError`."""
    return PlaceNames(_words(), unpack(_shipped()))


def known(crosswalk: Mapping[str, tuple[str, str]]) -> PlaceNames:
    """The gazetteer with another crosswalk, ZIP -> (HSA, HRR). Raises `GazetteerError`."""
    return PlaceNames(_words(), recrossed(unpack(_shipped()), crosswalk)) if crosswalk else load()


def recrossed(content: Content, crosswalk: Mapping[str, tuple[str, str]]) -> Content:
    """A gazetteer with another crosswalk. ZIPs and places that the crosswalk lacks keep their markets."""
    zips = [
        msgspec.structs.replace(one, hsa=crosswalk[one.zip][0], hrr=crosswalk[one.zip][1])
        if one.zip in crosswalk
        else one
        for one in content.zips
    ]
    by_town: dict[tuple[str, str], list[Zip]] = {}
    by_county: dict[str, list[Zip]] = {}
    for one in zips:
        if one.zip in crosswalk:
            by_town.setdefault((fold(one.city), one.state), []).append(one)
            by_county.setdefault(one.county, []).append(one)
    cities = []
    for city in content.cities:
        inside = by_town.get((fold(city.name), city.admin1), []) if city.country == US else []
        near = [one for one in inside if km(city.latitude, city.longitude, one.latitude, one.longitude) <= NEAREST_KM]
        cities.append(_moved(city, near))
    counties = [_moved(one, by_county.get(one.fips, [])) for one in content.counties]
    return msgspec.structs.replace(content, zips=zips, cities=cities, counties=counties)


def most_people(zips: Iterable[Zip], field: Literal["county", "hsa", "hrr"]) -> str:
    """The county or market in which most of some ZIP codes' people live; empty if none is known."""
    people: Counter[str] = Counter()
    for one in zips:
        area: str = getattr(one, field)
        if area:
            people[area] += max(1, one.population)
    return min(people, key=lambda area: (-people[area], area), default="")


_Area = TypeVar("_Area", City, County)


def _moved(area: _Area, zips: list[Zip]) -> _Area:
    return msgspec.structs.replace(area, hsa=most_people(zips, "hsa"), hrr=most_people(zips, "hrr")) if zips else area


def _words() -> Words:
    try:
        return msgspec.yaml.decode((resources.files(__package__) / "words.yaml").read_bytes(), type=Words)
    except msgspec.DecodeError as error:
        raise GazetteerError(f"words.yaml: {error}") from None


def _shipped() -> bytes:
    return (resources.files(__package__) / FILE).read_bytes()


def unpack(packed: bytes) -> Content:
    """The gazetteer in a file's bytes. Raises `GazetteerError`."""
    try:
        file = msgspec.msgpack.decode(zlib.decompress(packed), type=_File)
        if file.format != FORMAT:
            raise GazetteerError(f"{FILE} has format {file.format}, not {FORMAT}: `make gazetteer` builds it anew")
        return Content(
            file.format,
            file.sources,
            file.attribution,
            records(City, file.cities, file.texts),
            dict(zip(file.names, file.numbers, strict=True)),
            records(Zip, file.zips, file.texts),
            records(County, file.counties, file.texts),
            file.countries,
        )
    except (zlib.error, msgspec.DecodeError, ValueError, IndexError) as error:
        raise GazetteerError(f"{FILE} is damaged ({error}): `make gazetteer` builds it anew") from None
