"""Where an author says to be: a profile text or a geo tag becomes a place, or an abstention with its reason.

Owns the order of the rules; the names are `names.py`'s. Called by the reader, once a post. Deliberately knows no
hospital (near and far are `locality.py`) and reads no post text: a place that is written about is not where its author
is.

The rule order is the one measured before the project began (precision .96 on held-out strings); wrong is worse than
unknown, so whatever could mean two things abstains.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

import msgspec

from streams.reading.places import names as place_names
from streams.reading.places.names import US, City, County, PlaceNames, fold
from streams.reading.places.place import Abstention, Place, km
from streams.reading.post import Post
from streams.vocabulary import Abstained, Evidence, Precision

CACHE = 65_536
"""Texts remembered. A third of all profile texts are the commonest hundred, and all that remain are short."""
LONGEST = 200
"""Characters read of a profile text; X allows 30, and nothing that is a place needs more."""
DOMINANCE = 1.5
"""A bare name is its largest city if that has so many times the inhabitants of the next of that name."""
US_PRIOR = 2.0
"""What an inhabitant of the US weighs: most who write to US hospitals are. With 5 Vancouver would be in Washington."""
ALONE_US, ALONE_ABROAD, ALONE_TWO_WORDS, ALONE_ALTERNATE = 5_000, 50_000, 2_000, 300_000
"""Inhabitants that a city has at least to be meant by its name alone; the last by another name than its own."""
SAME_TOWN_KM = 50.0
"""Two cities of one state so near each other are one answer ("Minneapolis/St. Paul"); also how far coordinates may be
from a city."""

# Per cent. What each kind of text was worth in the measurement, rounded down; a bare name is worth least.
_TAGGED, _ZIP, _CITY_STATE, _STATE, _ALIAS, _CITY_ONLY, _CITY_RIVALS, _LOOSE = 99, 95, 97, 95, 90, 80, 70, 60

_FINENESS: dict[Precision, int] = {
    "none": 0, "country": 1, "admin1": 2, "county": 3, "city": 4, "zip": 5, "coordinates": 6,
}  # fmt: skip
_COORDINATES = re.compile(r"(-?\d{1,2}\.\d{2,})\s*,\s*(-?\d{1,3}\.\d{2,})")
_FLAG = re.compile("([\U0001f1e6-\U0001f1ff])([\U0001f1e6-\U0001f1ff])")
_NATION_FLAG = re.compile("\U0001f3f4([\U000e0061-\U000e007a]{3,6})\U000e007f")
_NATIONS = {"gbeng": "ENG", "gbsct": "SCT", "gbwls": "WLS"}
_PRONOUNS = re.compile(
    r"\b(?:s?he|they|ze|xe|ella|el)(?:\s*/\s*(?:her|him|them|hers|his|s?he|they|theirs|zir|ellx?))+\b", re.I
)
_LIVING = re.compile(r"\b(?:living|live|now|currently|based)\s+in\s+(\S.*)$", re.I)
_BY_WAY_OF = re.compile(r"\s+(?:(?:via|by way of|formerly|originally from|with)\s|w/).*$", re.I)
_SEPARATORS = re.compile(r"(?:[|•·→➡✈;&+/~⇌⇄\n]|<?->)\ufe0f?|\s(?:and|to)\s", re.I)
_COMMAS = re.compile(r"[,()\[\]]|\s[-–—]\s")
_COUNTY_WORDS = (" county", " parish", " co", " borough")
_ZIP_CODE = re.compile(r"\s*\b(\d{5})(?:-\d{4})?$")


class Gazetteer:
    """Resolves profile texts and geo tags. Never raises on any string; answers are kept in bounded caches."""

    def __init__(self, names: PlaceNames) -> None:
        self._names = names
        self._resolve_cached = lru_cache(CACHE)(self._resolve)
        self._tag_cached = lru_cache(CACHE)(self._tag)

    @classmethod
    def load(cls) -> "Gazetteer":
        """The gazetteer that ships with Earshot. Raises `place_names.GazetteerError`."""
        return cls(place_names.load())

    def resolve(self, text: str) -> Place | Abstention:
        """The place a profile text means."""
        return self._resolve_cached(text)

    def tag(self, country: str, name: str, kind: str) -> Place | Abstention:
        """The place of a geo tag: ISO country, full name such as `Fargo, ND`, and X's place type."""
        return self._tag_cached(country, name, kind)

    def at(self, latitude: float, longitude: float, evidence: Evidence) -> Place | Abstention:
        """The place of exact coordinates (degrees), named after the nearest listed city within 50 km."""
        if not (abs(latitude) <= 90 and abs(longitude) <= 180) or (latitude, longitude) == (0.0, 0.0):
            return Abstention("junk")
        near = self._names.nearest(latitude, longitude)
        if near is None:
            return Place("", "", "", latitude, longitude, "coordinates", evidence, _TAGGED)
        city = near[0]
        return Place(
            city.country, city.admin1, city.name, latitude, longitude, "coordinates", evidence, _TAGGED, "",
            city.county, city.hsa, city.hrr,
        )  # fmt: skip

    def _tag(self, country: str, name: str, kind: str) -> Place | Abstention:
        found: Place | Abstention = Abstention("empty")
        if name and kind != "country":
            found = self._phrase(name, country)
        if isinstance(found, Place) and country in ("", found.country):
            return msgspec.structs.replace(found, evidence="geo_tag", confidence=_TAGGED)
        if country:
            return Place(country, "", "", None, None, "country", "geo_tag", _TAGGED)
        return found

    def _resolve(self, text: str) -> Place | Abstention:
        text = text[:LONGEST]
        if not text.strip():
            return Abstention("empty")
        if coordinates := _COORDINATES.search(text):
            return self.at(float(coordinates[1]), float(coordinates[2]), "profile")
        flagged, text = _flags(text)
        flag = flagged[0].country if len({one.country for one in flagged}) == 1 else ""
        text = _PRONOUNS.sub(" ", _BY_WAY_OF.sub("", text))
        if living := _LIVING.search(text):
            text = living[1]
        whole = fold(text)
        if whole in self._names.junk:
            text = ""
        parts = [text] if whole in self._names.aliases else [part for part in _SEPARATORS.split(text) if fold(part)]
        found = [self._phrase(part, flag) for part in parts]
        if flag or not any(isinstance(one, Place) for one in found):
            found += flagged
        if not found:
            return Abstention("junk")
        return _merged(found)

    def _phrase(self, text: str, country: str) -> Place | Abstention:
        """One phrase with its commas: "City, ST", "City, Country", or a single name. `country` (ISO or empty) is known
        already."""
        names = self._names
        tokens = [token.strip() for token in _COMMAS.split(text) if fold(token)]
        if not tokens:
            return Abstention("junk")
        if len(tokens) > 1 and fold(tokens[-1]).isdigit() and not _ZIP_CODE.fullmatch(tokens[-1]):
            tokens.pop()  # an area code
        if (zipped := _ZIP_CODE.search(tokens[-1])) and country in ("", US):
            known = names.zips.get(zipped[1])
            tokens[-1] = tokens[-1][: zipped.start()]
            rest = names.state(fold(tokens[-1]))
            if known and (not fold(tokens[-1]) or rest in ("", known.state)) and not any(map(_has_digit, tokens)):
                return Place(
                    US, known.state, known.city, known.latitude, known.longitude, "zip", "profile", _ZIP,
                    known.zip, known.county, known.hsa, known.hrr,
                )  # fmt: skip
            tokens = [token for token in tokens if fold(token)]
            if not tokens:
                return Abstention("unlisted")
        while len(tokens) > 1:
            last = fold(tokens[-1])
            if last in names.countries:
                country = names.countries[last]
            elif last not in names.junk:
                break
            tokens.pop()
        if len(tokens) == 1:
            return self._name(tokens[0], country)
        return self._pair(tokens, country)

    def _pair(self, tokens: list[str], country: str) -> Place | Abstention:  # noqa: PLR0911 - one return a rule
        """A name and what it lies in: "Fargo, ND", "London, Ontario"."""
        names = self._names
        name, raw, last = fold(tokens[-2]), tokens[-1], fold(tokens[-1])
        state = names.state(last) if country in ("", US) else ""
        if state:
            city = self._town(tokens[-2], state)
            if city is None and state == "DC":
                city = names.aliases["dc"]
            if city:
                return _city(city, _CITY_STATE)
            if county := names.county(name, state):
                return _county(county)
            if names.regions.get(name) == (state, US):
                return _state(state)
            if abroad := names.city(name, names.doubtful_countries.get(last, ""), ""):
                return _city(abroad, _CITY_ONLY)  # "Tbilisi, Georgia"
            abroad = names.city(name, last.upper(), "") if len(last) == 2 else None
            if abroad and abroad.population >= 100_000:
                return _city(abroad, _CITY_ONLY)  # "Toronto, CA": a country's code that is a state's as well
            if len(last) == 2 and (not raw.isupper() or state in names.titles):
                return Abstention("unlisted")  # a word or a title, not a state: "fine, me", "Jane Doe, MD"
            return _state(state)
        region = names.regions.get(last, ())
        if len(region) == 2 and country in ("", region[1]):
            city = names.city(name, region[1], region[0])
            return _city(city, _CITY_STATE) if city else _province("/".join(reversed(region)))
        if last in names.provinces and country in ("", names.provinces[last][:2]):
            home, _, admin1 = names.provinces[last].partition("/")
            city = names.city(name, home, admin1)
            return _city(city, _CITY_STATE) if city else _province(names.provinces[last])
        found = _merged([self._name(token, country) for token in tokens])
        # What stands beside a bare name may be what tells it from its rivals, and was not understood.
        rivalled = isinstance(found, Place) and found.confidence <= _CITY_RIVALS
        return Abstention("ambiguous") if rivalled else found

    def _name(self, raw: str, country: str) -> Place | Abstention:  # noqa: PLR0911 - one return a rule
        """A text without commas. `country` (ISO or empty) is where it must lie."""
        names = self._names
        name = fold(raw)
        if not name or name in names.junk:
            return _country(country) if country else Abstention("junk")
        if (alias := names.aliases.get(name)) and country in ("", alias.country):
            return _city(alias, _ALIAS)
        if region := names.regions.get(name):
            if region[0] in ("ambiguous", "coarse"):
                return Abstention("ambiguous" if region[0] == "ambiguous" else "too_coarse")
            if country in ("", region[-1]):
                return _province("/".join(reversed(region))) if len(region) == 2 else _country(region[0])
        whole = name in names.state_names or (len(name) > 3 and name not in names.words)
        if whole and country in ("", US) and (state := names.states.get(name)):
            return _state(state)
        if name in names.countries and raw != "us":
            return _country(names.countries[name])
        if len(name) > 2 and name in names.provinces and country in ("", names.provinces[name][:2]):
            return _province(names.provinces[name])
        if len(name) == 2 and raw.isupper() and name.upper() in names.codes and country in ("", US):
            return Abstention("ambiguous") if name.upper() in names.not_alone else _state(name.upper())
        return self._tailed(raw, country) or self._bare(name, country)

    def _tailed(self, raw: str, country: str) -> Place | None:  # noqa: PLR0911 - one return a rule
        """A name and its state or country without a comma: "Corvallis OR", "fargo north dakota", "Toronto Canada"."""
        names = self._names
        words = raw.split()
        for size in (3, 2, 1):
            if len(words) <= size:
                continue
            name, tail = fold(" ".join(words[:-size])), fold(" ".join(words[-size:]))
            state = names.states.get(tail) or (names.state(tail) if size == 1 else "")
            # Two letters in lower case may be a word: then only after a town of that state, and not if it often is one.
            word = size == 1 and len(tail) == 2 and words[-1].islower()
            if state and country in ("", US) and not (word and state in names.not_alone):
                if city := self._town(" ".join(words[:-size]), state):
                    return _city(city, _CITY_STATE - 2)
                if word:
                    continue
                if name in names.parts and not (name == "the" and len(tail) == 2):  # "the OR" is no part of Oregon
                    return _state(state)
                if name.endswith(_COUNTY_WORDS) and (county := names.county(name, state)):
                    return _county(county)
            if tail in names.provinces and (len(tail) > 2 or words[-1].isupper()):
                home, _, admin1 = names.provinces[tail].partition("/")
                if city := names.city(name, home, admin1):
                    return _city(city, _CITY_STATE - 2)
                if name in names.parts:
                    return _province(names.provinces[tail])
            home = names.countries.get(tail, "")
            if home and country in ("", home):
                inner = self._name(" ".join(words[:-size]), home)
                if isinstance(inner, Place) and inner.precision != "country":
                    return inner
        return None

    def _bare(self, name: str, country: str) -> Place | Abstention:
        """A name alone: its largest city, if no other of that name comes near."""
        names = self._names
        if name in names.words and not country:
            return Abstention("ambiguous")
        found = [
            (city, weight * US_PRIOR if city.country == US else weight)
            for city, weight in names.candidates(name)
            if country in ("", city.country)
        ]
        found.sort(key=lambda pair: -pair[1])
        if found and (country or _known_alone(name, found[0])):
            rival = found[1][1] if len(found) > 1 else 0
            if found[0][1] < DOMINANCE * rival:
                return Abstention("ambiguous")
            return _city(found[0][0], _CITY_RIVALS if rival else _CITY_ONLY)
        plain = self._undecorated(name)
        if plain != name:
            return self._name(plain, country)
        return _country(country, _LOOSE) if country else Abstention("unlisted")

    def _town(self, raw: str, state: str) -> City | None:
        """A US town by its name in a state: as written, without decoration, or the first of a pair with a hyphen."""
        name = fold(raw)
        found = self._names.city(name, US, state) or self._names.city(self._undecorated(name), US, state)
        if found is None and "-" in raw:
            found = self._names.city(fold(raw.split("-", maxsplit=1)[0]), US, state)
        return found

    def _undecorated(self, name: str) -> str:
        """Without "greater", "downtown", "metro area" and the like, each once."""
        for word in self._names.before:
            if name.startswith(word):
                name = name[len(word) :]
                break
        for word in self._names.after:
            if name.endswith(word):
                return name[: -len(word)]
        return name


def place_of(post: Post, gazetteer: Gazetteer) -> Place | Abstention:
    """Where the author of a post is: its own coordinates, else its geo tag, else the profile text."""
    if post.coordinates is not None:
        return gazetteer.at(*post.coordinates, "geo_tag")
    if post.geo_name or post.geo_country:
        place = gazetteer.tag(post.geo_country, post.geo_name, post.geo_type)
        if isinstance(place, Place):
            return place
    return gazetteer.resolve(post.author_location)


def _known_alone(name: str, heaviest: tuple[City, float]) -> bool:
    """Whether a name without anything else can mean its heaviest city. The less known the city, the likelier the text
    is a word of some language."""
    city, weight = heaviest
    if weight < city.population:  # by another name than its own
        return city.population >= ALONE_ALTERNATE
    least = ALONE_TWO_WORDS if " " in name else ALONE_US if city.country == US else ALONE_ABROAD
    return city.population >= least


def _flags(text: str) -> tuple[list[Place], str]:
    """The countries of a text's flags, each once, and the text without them. Three nations have flags of their own."""
    if text.isascii():
        return [], text
    codes = ["".join(chr(ord(one) - 0x1F1E6 + 65) for one in pair) for pair in _FLAG.findall(text)]
    nations = ["".join(chr(ord(one) - 0xE0000) for one in tag) for tag in _NATION_FLAG.findall(text)]
    found = [_country(code) for code in dict.fromkeys(codes)]
    found += [_province(f"GB/{_NATIONS[tag]}") for tag in dict.fromkeys(nations) if tag in _NATIONS]
    return found, _NATION_FLAG.sub(" ", _FLAG.sub(" ", text))


def _has_digit(text: str) -> bool:
    return any(c.isdigit() for c in text)


def _city(city: City, confidence: int) -> Place:
    return Place(
        city.country, city.admin1, city.name, city.latitude, city.longitude, "city", "profile", confidence, "",
        city.county, city.hsa, city.hrr,
    )  # fmt: skip


def _county(county: County) -> Place:
    return Place(
        US, county.state, "", county.latitude, county.longitude, "county", "profile", _STATE, "",
        county.fips, county.hsa, county.hrr,
    )  # fmt: skip


def _state(code: str) -> Place:
    return Place(US, code, "", None, None, "admin1", "profile", _STATE)


def _province(code: str) -> Place:
    """`CA/08`: Ontario."""
    country, _, admin1 = code.partition("/")
    return Place(country, admin1, "", None, None, "admin1", "profile", _STATE)


def _country(code: str, confidence: int = _STATE) -> Place:
    return Place(code, "", "", None, None, "country", "profile", confidence)


def _merged(found: Iterable[Place | Abstention]) -> Place | Abstention:
    """One answer from several parts: the finest, if all the others contain it or name its neighbour; else none."""
    places = [one for one in found if isinstance(one, Place)]
    reasons = {one.reason for one in found if isinstance(one, Abstention)}
    if not places:
        order: tuple[Abstained, ...] = ("multi", "ambiguous", "too_coarse", "unlisted", "junk")
        return Abstention(next(reason for reason in order if reason in reasons))
    if reasons & {"ambiguous", "multi"}:
        return Abstention("multi")
    best = max(places, key=lambda place: _FINENESS[place.precision])
    return best if all(_agree(best, place) for place in places) else Abstention("multi")


def _agree(best: Place, other: Place) -> bool:
    if other.country != best.country or other.admin1 not in ("", best.admin1):
        return False
    if other.city in ("", best.city):
        return True
    a, b, c, d = best.latitude, best.longitude, other.latitude, other.longitude
    return a is None or b is None or c is None or d is None or km(a, b, c, d) <= SAME_TOWN_KM
