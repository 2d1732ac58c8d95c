"""Resolves where an author is: a profile text or a geo tag becomes a place, or an abstention with its reason.

Owns the order of the rules. `profile_text.py` owns the wording of profiles, `names.py` the names, `answers.py` how
several parts become one answer. Called by `streams/reading/reader.py`, once for each post, by `text_places.py` and by
`earshot locate`. Does not know how far a hospital is (`locality.py` does), and reads no post text: an author is not in
every place that the author writes about.

The rules stand in the order that was measured before the project began (precision .96 on held-out strings). A wrong
place is worse than none, so a text that could mean two places gives an abstention.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import msgspec

from streams.reading import languages
from streams.reading.places import names as place_names
from streams.reading.places import profile_text
from streams.reading.places.answers import (
    ALIAS,
    CITY_ONLY,
    CITY_RIVALS,
    CITY_STATE,
    LOOSE,
    TAGGED,
    ZIP,
    city_place,
    country_place,
    county_place,
    merged,
    province_place,
    state_place,
)
from streams.reading.places.names import US, City, PlaceNames, fold
from streams.reading.places.place import Abstention, Place
from streams.reading.post import Post
from streams.vocabulary import Evidence

CACHE = 65_536
"""Texts remembered. The hundred commonest are a third of all profile texts; all are short."""
DOMINANCE = 1.5
"""A bare name means its largest city if that has so many times the inhabitants of the next one of that name."""
US_PRIOR = 2.0
"""Weight of an inhabitant of the US: most people who write to US hospitals live there. With 5, Vancouver would be in
Washington."""
ALONE_US, ALONE_ABROAD, ALONE_TWO_WORDS, ALONE_ALTERNATE = 5_000, 50_000, 1_000, 300_000
"""Least inhabitants of a city that its name alone can mean: in the US, abroad, with a name of two words, and by a name
that is not its own."""
HOUSED = 100_000
"""Least inhabitants of a city that the name of a hospital or school can mean: "Phoenix Children's"."""
LARGE = 300_000
"""Least inhabitants of a city that counts beside one of its quarters, or that contradicts a wrong state beside it."""

_COUNTY_WORDS = (" county", " parish", " co", " borough")
_ZIP_CODE = re.compile(r"\s*\b(\d{5})(?:-\d{4})?$")
_JOINED_SCRIPTS = "\u3040"
"""From this character on, scripts write words without spaces: kana, Chinese characters, Korean."""
_LONGEST_JOINED = 16
_SHORT_WORD = 4


class Asked(NamedTuple):
    """How often profile texts were asked for since the start."""

    hits: int
    """Answered from memory."""
    misses: int


class Gazetteer:
    """Resolves profile texts and geo tags. Never raises on any string; answers are kept in bounded caches."""

    def __init__(self, names: PlaceNames) -> None:
        self._names = names
        self._house_in = frozenset(languages.load().house_in)
        self._wording = profile_text.shipped()
        self._resolve_cached = lru_cache(CACHE)(self._resolve)
        self._tag_cached = lru_cache(CACHE)(self._tag)

    @classmethod
    def load(cls) -> "Gazetteer":
        """The gazetteer that ships with Earshot. Raises `place_names.GazetteerError`."""
        return cls(place_names.load())

    def resolve(self, text: str) -> Place | Abstention:
        """The place that a profile text means."""
        return self._resolve_cached(text)

    def tag(self, country: str, name: str, kind: str) -> Place | Abstention:
        """The place of a geo tag: ISO country, full name such as `Fargo, ND`, and X's place type."""
        return self._tag_cached(country, name, kind)

    def asked(self) -> Asked:
        """Hits and misses of the memory of profile texts."""
        counts = self._resolve_cached.cache_info()
        return Asked(counts.hits, counts.misses)

    def at(self, latitude: float, longitude: float, evidence: Evidence) -> Place | Abstention:
        """The place of exact coordinates (degrees), named after the nearest listed city within 50 km."""
        if not (abs(latitude) <= 90 and abs(longitude) <= 180) or (latitude, longitude) == (0.0, 0.0):
            return Abstention("junk")
        near = self._names.nearest(latitude, longitude)
        if near is None:
            return Place("", "", "", latitude, longitude, "coordinates", evidence, TAGGED)
        city = near[0]
        return Place(
            city.country, city.admin1, city.name, latitude, longitude, "coordinates", evidence, TAGGED, "",
            city.county, city.hsa, city.hrr,
        )  # fmt: skip

    def _tag(self, country: str, name: str, kind: str) -> Place | Abstention:
        found: Place | Abstention = Abstention("empty")
        if name and kind != "country":
            found = self._phrase(name, country)
        if isinstance(found, Place) and country in ("", found.country):
            return msgspec.structs.replace(found, evidence="geo_tag", confidence=TAGGED)
        if country:
            return Place(country, "", "", None, None, "country", "geo_tag", TAGGED)
        return found

    def _resolve(self, text: str) -> Place | Abstention:
        text = text.strip()[: profile_text.LONGEST]
        if not text:
            return Abstention("empty")
        if point := profile_text.coordinates(text):
            return self.at(*point, "profile")
        flags, text = profile_text.flags(text)
        flagged = [province_place(flag) for flag in flags]
        country = flagged[0].country if len({one.country for one in flagged}) == 1 else ""
        text = profile_text.whole(text, self._wording)
        name = fold(text)
        if name in self._names.junk or not name:
            text = ""
        parts = [text]
        if name not in self._names.aliases:
            parts = [part for part in profile_text.parts(text, self._wording) if fold(part)]
        found = [self._phrase(part, country) for part in self._outdoors(parts, country)]
        if (
            len(found) > 1
            and profile_text.travelling(text, self._wording)
            and any(isinstance(one, Abstention) for one in found)
        ):
            return Abstention("multi")
        if country or not any(isinstance(one, Place) for one in found):
            found += flagged
        return merged(found) if found else Abstention("junk")

    def _outdoors(self, parts: list[str], country: str) -> list[str]:
        """Drop the names of hospitals and schools if another part says where they are: of "Mayo Clinic, Phoenix AZ"
        keep the second. Alone, such a name means the place of its alias."""
        names = self._names
        houses = [part for part in parts if names.is_house(fold(part))]
        others = [part for part in parts if part not in houses]
        if houses and any(isinstance(self._phrase(other, country), Place) for other in others):
            return others
        return parts

    def _phrase(self, text: str, country: str) -> Place | Abstention:
        """Resolve one phrase with its commas: "City, ST", "City, Country", or a single name. `country`: ISO code of
        where it must lie, or empty."""
        names = self._names
        tokens = [token for token in profile_text.names(text, self._wording) if fold(token)]
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
                    US, known.state, known.city, known.latitude, known.longitude, "zip", "profile", ZIP,
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
        outdoors = self._outdoors(tokens, country)
        return self._pair(tokens, country) if outdoors == tokens else self._phrase(", ".join(outdoors), country)

    def _pair(self, tokens: list[str], country: str) -> Place | Abstention:  # noqa: PLR0911 - one return a rule
        """Resolve a name and what it lies in: "Fargo, ND", "London, Ontario"."""
        names = self._names
        name, raw, last = fold(tokens[-2]), tokens[-1], fold(tokens[-1])
        state = (names.state(last) or names.state(self._undecorated(last))) if country in ("", US) else ""
        if state:
            if city := self._town(name, tokens[-2], state):
                return city_place(city, CITY_STATE)
            if county := names.county(name, state):
                return county_place(county)
            if names.regions.get(name) == (state, US):
                return state_place(state)
            if abroad := names.city(name, names.doubtful_countries.get(last, ""), ""):
                return city_place(abroad, CITY_ONLY)  # "Tbilisi, Georgia"
        if city := self._provincial(name, last, country):
            return city_place(city, CITY_STATE)
        if state:
            return self._unlisted(name, raw, last, state)
        region = names.regions.get(last, ())
        if len(region) == 2 and country in ("", region[1]):
            city = names.city(name, region[1], region[0])
            return city_place(city, CITY_STATE) if city else province_place("/".join(reversed(region)))
        if last in names.alone and country in ("", names.provinces[last][0][:2]):
            return province_place(names.provinces[last][0])
        found = [self._name(token, country) for token in tokens]
        if self._inhabitants(found[-1]) >= LARGE and all(self._quarter(one) for one in found[:-1]):
            return found[-1]  # "Wicker Park, Chicago"
        whole = merged(found)
        # The part beside a bare name may tell which city is meant, and nobody understood it; and "MD, MPH" is no
        # Maryland.
        unsure = isinstance(whole, Place) and (whole.confidence <= CITY_RIVALS or tokens[0] in names.titles)
        return Abstention("ambiguous") if unsure and any(isinstance(one, Abstention) for one in found) else whole

    def _unlisted(self, name: str, raw: str, last: str, state: str) -> Place | Abstention:
        """Resolve a name that is no place in the state beside it (`raw`, folded `last`)."""
        names = self._names
        abroad = names.city(name, last.upper(), "") if len(last) == 2 else None
        if abroad and abroad.population >= HOUSED:
            return city_place(abroad, CITY_ONLY)  # "Toronto, CA": the code of a country and of a state
        if len(last) == 2 and (not raw.isupper() or state in names.titles):
            return Abstention("unlisted")  # a word or a title, not a state: "fine, me", "Jane Doe, MD"
        elsewhere = names.candidates(name)
        if elsewhere and elsewhere[0][1] >= LARGE:
            return Abstention("multi")  # "Minneapolis, MI"
        return state_place(state)

    def _name(self, raw: str, country: str) -> Place | Abstention:  # noqa: PLR0911 - one return a rule
        """Resolve a text without commas. `country`: ISO code of where it must lie, or empty."""
        names = self._names
        name = fold(raw)
        if not name or name in names.junk:
            return country_place(country) if country else Abstention("junk")
        if (alias := names.aliases.get(name)) and country in ("", alias.country):
            # "CHI" is Chicago, "chi" a word.
            word = not country and name in names.words and not raw.isupper() and len(name) <= _SHORT_WORD
            return Abstention("ambiguous") if word else city_place(alias, ALIAS)
        if region := names.regions.get(name):
            if region[0] in ("ambiguous", "coarse"):
                return Abstention("ambiguous" if region[0] == "ambiguous" else "too_coarse")
            if country in ("", region[-1]):
                return province_place("/".join(reversed(region)))
        whole = name in names.state_names or (len(name) > 3 and name not in names.words)
        if whole and country in ("", US) and (state := names.states.get(name)):
            return state_place(state)
        if name in names.countries and raw != "us":
            return country_place(names.countries[name])
        if len(name) > 2 and name in names.alone and country in ("", names.provinces[name][0][:2]):
            return province_place(names.provinces[name][0])
        if raw[-1] == "." and raw[0].isupper() and country in ("", US) and (state := names.states.get(name)):
            return state_place(state)  # "Fla.", "N.C."
        if len(name) == 2 and raw.isupper() and name.upper() in names.codes and country in ("", US):
            return Abstention("ambiguous") if name.upper() in names.not_alone else state_place(name.upper())
        return self._tailed(raw, name.split(), country) or self._bare(name, raw, country)

    def _tailed(self, raw: str, words: list[str], country: str) -> Place | None:
        """Resolve a name and its state or country without a comma: "Corvallis OR", "fargo north dakota", "Toronto
        Canada"."""
        names = self._names
        for size in range(min(3, len(words) - 1), 0, -1):
            tail = " ".join(words[-size:])
            state = names.states.get(tail) or (names.state(tail) if size == 1 else "")
            home = names.countries.get(tail, "")
            if not (state or home or tail in names.provinces):
                continue
            name = " ".join(words[:-size])
            upper = raw[-1:].isupper() or len(tail) > 2
            if (
                state
                and country in ("", US)
                and (upper or state not in names.not_alone)
                and (found := self._in_state(name, raw, state, upper))
            ):
                return found
            if upper and (city := self._provincial(name, tail, country)):
                return city_place(city, CITY_STATE - 2)
            if upper and tail in names.alone and name in names.parts:
                return province_place(names.provinces[tail][0])
            if home and country in ("", home):
                inner = self._name(raw.rsplit(maxsplit=size)[0] if " " in raw else name, home)
                if isinstance(inner, Place) and inner.precision != "country":
                    return inner
        return None

    def _in_state(self, name: str, raw: str, state: str, upper: bool) -> Place | None:
        """Resolve the name before a state without a comma. Two letters that are not `upper` may be a word: then only a
        town of that state counts."""
        if city := self._town(name, raw, state):
            return city_place(city, CITY_STATE - 2)
        if not upper:
            return None
        if name in self._names.parts and not (name == "the" and raw.endswith(state)):  # "the OR" is no part of Oregon
            return state_place(state)
        county = self._names.county(name, state) if name.endswith(_COUNTY_WORDS) else None
        return county_place(county) if county else None

    def _bare(self, name: str, raw: str, country: str) -> Place | Abstention:
        """Resolve a bare name: its largest city, if no other of that name is nearly as large."""
        names = self._names
        if name in names.words and not country:
            return Abstention("ambiguous")
        found = [
            (city, weight * US_PRIOR if city.country == US else weight, weight == city.population)
            for city, weight in names.candidates(name)
            if country in ("", city.country)
        ]
        found.sort(key=lambda one: -one[1])
        if found and (country or _known_alone(name, found)):
            rival = found[1][1] if len(found) > 1 else 0
            if found[0][1] < DOMINANCE * rival:
                return Abstention("ambiguous")
            return city_place(found[0][0], CITY_RIVALS if rival else CITY_ONLY)
        plain = self._undecorated(name)
        if plain != name:
            return self._name(plain, country)
        if country:
            homes = [home for home in names.provinces.get(name, ()) if home.startswith(country)]
            return province_place(homes[0]) if homes else country_place(country, LOOSE)
        return self._roundabout(name, raw)

    def _roundabout(self, name: str, raw: str) -> Place | Abstention:
        """Resolve a text that contains a name: a county whose name is unique, a hospital named after its city, "a nurse
        in Ohio", or words written without spaces."""
        names = self._names
        if name.endswith(" county") and (county := names.only_county(name)):
            return county_place(county)
        if house := self._house(name):
            return house
        if where := profile_text.inside(raw, self._wording):
            found = self._phrase(where, "")
            if isinstance(found, Place) and found.confidence > CITY_RIVALS:
                return msgspec.structs.replace(found, confidence=LOOSE)
        if name[0] >= _JOINED_SCRIPTS:
            for end in range(min(len(name), _LONGEST_JOINED), 1, -1):
                start = name[:end].strip()
                if start in names.countries or start in names.aliases or names.candidates(start):
                    return self._joined(start, name[end:].strip())
        return Abstention("unlisted")

    def _joined(self, start: str, rest: str) -> Place | Abstention:
        """Resolve a name and what follows without a space: a country's city, a city's ward."""
        country = self._names.countries.get(start, "")
        if country and rest:
            return self._name(rest, country)
        return self._name(start, "") if rest else Abstention("unlisted")

    def _house(self, name: str) -> Place | None:
        """Resolve a hospital or university: a listed one, and the place named beside it; or one named after a city."""
        names = self._names
        words = name.split()
        for end in range(len(words) - 1, 0, -1):
            start = " ".join(words[:end])
            if start in names.hospitals:
                rest = words[end + 1 if words[end] in self._house_in else end :]
                found = self._name(" ".join(rest), "") if rest else None
                return found if isinstance(found, Place) else city_place(names.aliases[start], LOOSE)
            if name.endswith(names.houses) and start not in names.words:
                called = names.candidates(start)
                if called and called[0][0].country == US and called[0][0].population >= HOUSED:
                    found = self._bare(start, start, "")
                    return msgspec.structs.replace(found, confidence=LOOSE) if isinstance(found, Place) else None
        return None

    def _town(self, name: str, raw: str, state: str) -> City | None:
        """Find a US town in a state by its name: as written, without decoration, or the first of a hyphenated pair."""
        found = self._names.city(name, US, state)
        if found is None and (plain := self._undecorated(name)) != name:
            found = self._names.city(plain, US, state)
        if found is None and "-" in raw:
            found = self._names.city(fold(raw.split("-", maxsplit=1)[0]), US, state)
        if found is None and (where := profile_text.inside(raw, self._wording)):
            found = self._names.city(fold(where), US, state)
        return found

    def _provincial(self, name: str, province: str, country: str) -> City | None:
        """Find a town in what may be a province's name or code: beside Adelaide, "SA" is South Australia."""
        for home in self._names.provinces.get(province, ()):
            land, _, admin1 = home.partition("/")
            if country in ("", land) and (city := self._names.city(name, land, admin1)):
                return city
        return None

    def _inhabitants(self, place: Place | Abstention) -> int:
        """Inhabitants of a place that is a city; 0 for any other."""
        if isinstance(place, Abstention) or place.precision != "city":
            return 0
        city = self._names.city(fold(place.city), place.country, place.admin1)
        return city.population if city else 0

    def _quarter(self, place: Place | Abstention) -> bool:
        """Whether a name before a large city may be one of its quarters; it is not if it is a large city itself."""
        return isinstance(place, Abstention) or 0 < self._inhabitants(place) < HOUSED

    def _undecorated(self, name: str) -> str:
        """Remove "greater", "downtown", "metro area" and the like, each once."""
        names = self._names
        if name.startswith(names.before):
            name = next(name[len(word) :] for word in names.before if name.startswith(word))
        if name.endswith(names.after):
            name = next(name[: -len(word)] for word in names.after if name.endswith(word))
        return name


def place_of(post: Post, gazetteer: Gazetteer) -> Place | Abstention:
    """Where a post's author is: by the post's coordinates, else its geo tag, else the profile text."""
    if post.coordinates is not None:
        return gazetteer.at(*post.coordinates, "geo_tag")
    if post.geo_name or post.geo_country:
        place = gazetteer.tag(post.geo_country, post.geo_name, post.geo_type)
        if isinstance(place, Place):
            return place
    return gazetteer.resolve(post.author_location)


def _known_alone(name: str, found: Sequence[tuple[City, float, bool]]) -> bool:
    """Whether a bare name can mean its heaviest city. The smaller the city, the likelier the text is a word of some
    language. `found`: (city, weight, whether the name is its own), the heaviest first."""
    city, _, own = found[0]
    if not own:
        # Pekin, IL is not Beijing.
        shadowed = any(other.country == US and other.population >= ALONE_US for other, _, its in found if its)
        return city.population >= ALONE_ALTERNATE and not shadowed
    least = ALONE_TWO_WORDS if " " in name else ALONE_US if city.country == US else ALONE_ABROAD
    return city.population >= least


def _has_digit(text: str) -> bool:
    return any(c.isdigit() for c in text)
