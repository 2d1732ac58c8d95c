"""Resolves one phrase of a profile text, with its commas: "Fargo, ND", "a nurse in Ohio", "Freiburg im Breisgau".

Owns the order of the rules for a phrase. Called by `resolver.py`, which owns whole profile texts, flags and geo tags;
`several.py` finds lists of places first. Knows no post and no hospital. A wrong place is worse than none, so a phrase
that could mean two places gives an abstention.
"""

import re
import unicodedata
from collections.abc import Sequence

import msgspec

from streams.reading import languages
from streams.reading.places import profile_text, several
from streams.reading.places.answers import (
    ALIAS,
    CITY_ONLY,
    CITY_RIVALS,
    CITY_STATE,
    LOOSE,
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
LARGE = several.LARGE
"""Least inhabitants of a city that counts beside one of its quarters, or that contradicts a wrong state beside it."""
QUARTER_OF, HAMLET = 500_000, 20_000
"""A direction before a name means a part of the city of that name if it has so many inhabitants, and the town that is
called so has fewer than these: "South Boston" is in Boston."""
NICKNAMED = 5_000
"""Least inhabitants of a town whose name ends a longer one before its state: "Sunny San Diego, CA"."""

_DIRECTIONS = frozenset({"north", "south", "east", "west"})
_COUNTY_WORDS = (" county", " parish", " co", " borough")
_ZIP_CODE = re.compile(r"\s*\b(\d{5})(?:-\d{4})?$")
_NO = frozenset({"not", "no", "never"})
_JOINED_SCRIPTS = "\u3040"
"""From this character on, scripts write words without spaces: kana, Chinese characters, Korean."""
_LONGEST_JOINED = 16
_SHORT_WORD = 4
_CODE = 3
"""Most letters of a code."""


class PhrasePlaces:
    """Resolves phrases. Never raises on any string."""

    def __init__(self, names: PlaceNames) -> None:
        self._names = names
        self._house_in = frozenset(languages.load().house_in)
        self._wording = profile_text.shipped()
        self._iso = frozenset(names.countries.values())

    def outdoors(self, parts: list[str], country: str) -> list[str]:
        """Drop the names of hospitals and schools if another part says where they are: of "Mayo Clinic, Phoenix AZ"
        keep the second. Alone, such a name means the place of its alias."""
        names = self._names
        houses = [part for part in parts if names.is_house(fold(part))]
        others = [part for part in parts if part not in houses]
        if houses and any(isinstance(self.resolve(other, country), Place) for other in others):
            return others
        return parts

    def resolve(self, text: str, country: str) -> Place | Abstention:  # noqa: PLR0911 - one return a rule
        """Resolve one phrase with its commas: "City, ST", "City, Country", or a single name. `country`: ISO code of
        where it must lie, or empty."""
        names = self._names
        tokens = [token for token in profile_text.names(text, self._wording) if fold(token)]
        if not tokens:
            return Abstention("junk")
        tokens = several.split(tokens, names)
        if several.contradict(tokens, names):
            return Abstention("multi")
        tokens, coarse = self._finer(tokens)
        tokens, named = self._before_country(tokens)
        country = named or country
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
        if len(tokens) == 1:
            code = tokens[0].upper() if len(tokens[0]) == 2 and tokens[0].isupper() else ""
            if named == US and code in names.codes:
                return state_place(code)
            if coarse and not named and code in self._iso:
                return country_place(code)
            return self._name(tokens[0], country)
        outdoors = self.outdoors(tokens, country)
        return self._pair(tokens, country) if outdoors == tokens else self.resolve(", ".join(outdoors), country)

    def _finer(self, tokens: list[str]) -> tuple[list[str], bool]:
        """The tokens without continents, if any are left, and whether there were some: "Europe, NL" is a country."""
        names = self._names
        state = names.state(fold(tokens[-1]))  # Mena is a region, and a town in Arkansas
        finer = [
            one
            for one in tokens
            if names.regions.get(fold(one)) != ("coarse",) or (state and names.city(fold(one), US, state))
        ]
        return (finer, True) if finer and len(finer) < len(tokens) else (tokens, False)

    def _before_country(self, tokens: list[str]) -> tuple[list[str], str]:
        """The tokens without the countries and empty words at their end, if any are left, and the country."""
        names, country = self._names, ""
        tokens = list(tokens)
        while len(tokens) > 1:
            last = fold(tokens[-1])
            if last in names.countries:
                country = names.countries[last]
            elif self._is_code_of(tokens[-1], fold(tokens[-2])):
                country = tokens[-1]
            elif last not in names.junk:
                break
            tokens.pop()
        head, _, tail = tokens[-1].rpartition(" ")
        if _ZIP_CODE.search(head) and fold(tail) in names.countries:  # "WA 98019 USA"
            tokens[-1], country = head, names.countries[fold(tail)]
        return tokens, country

    def _is_code_of(self, code: str, name: str) -> bool:
        """Whether a text is the ISO code of a country in which the name lies, and the code of no state."""
        names = self._names
        if len(code) != 2 or not code.isupper() or code not in self._iso or code in names.codes:
            return False
        known = names.city(name, code) or names.countries.get(name) == code
        return bool(known) or any(home.startswith(code) for home in names.provinces.get(name, ()))

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
        large = self.inhabitants(found[-1]) >= LARGE and not by_another_name(found[-1], raw)
        if large and all(self._quarter(one) for one in found[:-1]):
            return found[-1]  # "Wicker Park, Chicago"
        if isinstance(found[-1], Abstention) and len(raw) == 2 and raw in self._iso:
            return Abstention("ambiguous")  # "Jersey, CI"
        whole = merged(found)
        # The part beside a bare name may tell which city is meant, and nobody understood it; and "MD, MPH" is no
        # Maryland.
        unsure = isinstance(whole, Place) and (
            whole.confidence <= CITY_RIVALS
            or tokens[0] in names.titles
            or (isinstance(found[-1], Abstention) and 0 < self.inhabitants(whole) < HOUSED)
            or any(by_another_name(one, ", ".join(tokens)) for one in found)  # "Oldtown, Westeros"
        )
        return Abstention("ambiguous") if unsure and any(isinstance(one, Abstention) for one in found) else whole

    def _unlisted(self, name: str, raw: str, last: str, state: str) -> Place | Abstention:
        """Resolve a name that is no place in the state beside it (`raw`, folded `last`)."""
        names = self._names
        abroad = names.city(name, last.upper(), "") if len(last) == 2 else None
        if abroad and abroad.population >= HOUSED:
            return city_place(abroad, CITY_ONLY)  # "Toronto, CA": the code of a country and of a state
        if len(last) == 2 and (not raw.isupper() or state in names.titles):
            return Abstention("unlisted")  # a word or a title, not a state: "fine, me", "Jane Doe, MD"
        if last in names.aliases:
            return Abstention("ambiguous")  # "Hollywood, LA"
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
        if len(name) <= _CODE and _has_accent(raw):
            return self._bare(name, raw, country)  # no code or abbreviation: "Là"
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

    def _tailed(self, raw: str, words: list[str], country: str) -> Place | None:  # noqa: PLR0911 - one return a rule
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
            if home == US and len(name) == 2 and raw[:2].isupper() and name.upper() in names.codes:
                return state_place(name.upper())  # "OR USA"
            if home and names.countries.get(name) == home:
                return country_place(home)  # "United Kingdom Great Britain"
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

    def _bare(self, name: str, raw: str, country: str) -> Place | Abstention:  # noqa: PLR0911 - one return a rule
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
        if not country and (not found or found[0][0].population < HAMLET) and (whole := self._part_of(name)):
            return whole
        if found and (country or _known_alone(name, found)):
            rival = found[1][1] if len(found) > 1 else 0
            if found[0][1] < DOMINANCE * rival:
                return Abstention("ambiguous")
            return city_place(found[0][0], CITY_RIVALS if rival else CITY_ONLY)
        plain = self._undecorated(name)
        if plain != name:
            return self._name(plain, country)
        if house := self._house(name) if country == US else None:
            return house
        if country:
            homes = [home for home in names.provinces.get(name, ()) if home.startswith(country)]
            return province_place(homes[0]) if homes else country_place(country, LOOSE)
        return self._roundabout(name, raw)

    def _roundabout(self, name: str, raw: str) -> Place | Abstention:
        """Resolve a text that contains a name: a county whose name is unique, a hospital named after its city, "a nurse
        in Ohio", or words written without spaces."""
        names = self._names
        if situated := names.situated(name):
            return city_place(situated, CITY_STATE - 2)
        if name.endswith(" county") and (county := names.only_county(name)):
            return county_place(county)
        if house := self._house(name):
            return house
        if where := profile_text.inside(raw, self._wording):
            found = self.resolve(where, "")
            if isinstance(found, Place) and found.confidence > CITY_RIVALS:
                return msgspec.structs.replace(found, confidence=LOOSE)
        if name[0] >= _JOINED_SCRIPTS:
            for end in range(min(len(name), _LONGEST_JOINED), 1, -1):
                start = name[:end].strip()
                if start in names.countries or start in names.aliases or names.candidates(start):
                    return self._joined(start, name[end:].strip())
        return Abstention("unlisted")

    def _part_of(self, name: str) -> Place | None:
        """The large city that a direction stands before: "South Boston"."""
        direction, _, rest = name.partition(" ")
        if direction not in _DIRECTIONS or not rest:
            return None
        known = self._names.candidates(rest)
        if not known or known[0][1] < QUARTER_OF or (len(known) > 1 and known[0][1] < DOMINANCE * known[1][1]):
            return None
        return city_place(known[0][0], CITY_RIVALS)

    def _joined(self, start: str, rest: str) -> Place | Abstention:
        """Resolve a name and what follows without a space: a country's city, a city's ward."""
        country = self._names.countries.get(start, "")
        if country and rest:
            return self._name(rest, country)
        return self._name(start, "") if rest else Abstention("unlisted")

    def _house(self, name: str) -> Place | Abstention | None:
        """Resolve a hospital or university: a listed one, and the place named beside it; or one named after a city or a
        state."""
        names = self._names
        words = name.split()
        for end in range(len(words) - 1, 0, -1):
            start = " ".join(words[:end])
            if start in names.hospitals:
                rest = words[end + 1 if words[end] in self._house_in else end :]
                found = self._name(" ".join(rest), "") if rest else None
                return found if isinstance(found, Place) else city_place(names.aliases[start], LOOSE)
            if name.endswith(names.houses) and start not in names.words:
                if start in names.state_names:
                    return msgspec.structs.replace(state_place(names.state_names[start]), confidence=LOOSE)
                called = names.candidates(start)
                if called and called[0][0].population >= HOUSED:
                    found = self._bare(start, start, "")
                    if isinstance(found, Abstention):
                        return found
                    if found.country != US:
                        return Abstention("ambiguous")  # "Birmingham Children's Hospital"
                    return msgspec.structs.replace(found, confidence=LOOSE)
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
        return found or self._nicknamed(name, state)

    def _nicknamed(self, name: str, state: str) -> City | None:
        """A town of the state whose name ends a longer one: "Motor City Detroit". Not if the words before it often make
        another town's name, as "New Salem" does."""
        words = name.split()
        for start in range(1, len(words)):
            if words[start - 1] in self._names.forming or words[0] in _NO:
                continue
            city = self._names.city(" ".join(words[start:]), US, state)
            if city is not None and city.population >= NICKNAMED:
                return city
        return None

    def _provincial(self, name: str, province: str, country: str) -> City | None:
        """Find a town in what may be a province's name or code: beside Adelaide, "SA" is South Australia."""
        for home in self._names.provinces.get(province, ()):
            land, _, admin1 = home.partition("/")
            if country in ("", land) and (city := self._names.city(name, land, admin1)):
                return city
        return None

    def inhabitants(self, place: Place | Abstention) -> int:
        """Inhabitants of a place that is a city; 0 for any other."""
        if isinstance(place, Abstention) or place.precision != "city":
            return 0
        city = self._names.city(fold(place.city), place.country, place.admin1)
        return city.population if city else 0

    def _quarter(self, place: Place | Abstention) -> bool:
        """Whether a name before a large city may be one of its quarters; it is not if it is a large city itself."""
        return isinstance(place, Abstention) or 0 < self.inhabitants(place) < HOUSED

    def _undecorated(self, name: str) -> str:
        """Remove "greater", "downtown", "metro area" and the like, each once."""
        names = self._names
        if name.startswith(names.before):
            name = next(name[len(word) :] for word in names.before if name.startswith(word))
        if name.endswith(names.after):
            name = next(name[: -len(word)] for word in names.after if name.endswith(word))
        return name


def by_another_name(found: Place | Abstention, text: str) -> bool:
    """Whether a bare name was understood as a city that is mostly called otherwise."""
    return (
        isinstance(found, Place)
        and found.confidence <= CITY_ONLY
        and bool(found.city)
        and (fold(found.city) not in fold(text))
    )


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


def is_inside(found: Place | Abstention) -> bool:
    """Whether it is a place finer than a country."""
    return isinstance(found, Place) and found.precision != "country"


def _has_accent(text: str) -> bool:
    return not text.isascii() and any(map(unicodedata.combining, unicodedata.normalize("NFKD", text)))


def _has_digit(text: str) -> bool:
    return any(c.isdigit() for c in text)
