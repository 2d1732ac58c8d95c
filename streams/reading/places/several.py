"""Whether the names of one phrase mean several places: "TX, OK, KS", "Salem, OR - Mesa, AZ", "Peru, USA".

Called by `phrase_places.py` with a phrase split at its commas, before any name is resolved. Owns what contradicts
what: a state or country that is followed by another one, unless the first is the name of a town in the second ("Cuba,
MO"). A phrase that it lets pass may still turn out to be ambiguous. Knows no post and no hospital.
"""

import re
from collections.abc import Iterator, Sequence

from streams.reading.places.names import US, PlaceNames, fold
from streams.reading.places.place import TERRITORIES

LARGE = 300_000
"""Least inhabitants of a city that contradicts another place named behind it."""
_PARTS_OF = frozenset({"HK CN", "MO CN", "GP FR", "MQ FR", "RE FR", "GF FR", "GL DK", "FO DK"})
"""A country, and the country that people name behind it."""
_CODE_AND_NAME = re.compile(r"([A-Z]{2})\s+(\S.*)")


def split(texts: Sequence[str], names: PlaceNames) -> list[str]:
    """The texts, with the code of a state apart from the town that follows it without a comma: of "Boise", "ID Omaha",
    "NE" make four. Only where a state or country ends the list: "Fargo", "ND Bison fan" stays as it is."""
    if len(texts) < 3 or not _holds(texts[-1], names):
        return list(texts)
    found: list[str] = []
    for number, text in enumerate(texts):
        parts = _CODE_AND_NAME.fullmatch(text) if 0 < number < len(texts) - 1 else None
        if parts is not None and parts[1] in names.codes and fold(parts[2]) not in names.countries:
            found += parts.groups()
        else:
            found.append(text)
    return found


def _holds(text: str, names: PlaceNames) -> bool:
    """Whether a text is a state or a country, so that a town may stand before it."""
    return bool(_state(text, names)) or fold(text) in names.countries


def _state(text: str, names: PlaceNames) -> str:
    """The postal code of a state written in full or as its code in capitals; empty for all else."""
    name = fold(text)
    if name in names.state_names:
        return names.state_names[name]
    return text if len(text) == 2 and text.isupper() and text in names.codes else ""


def contradict(texts: Sequence[str], names: PlaceNames) -> bool:
    """Whether the texts name places that do not lie in one another."""
    for number, text in enumerate(texts[:-1]):
        for place, later in enumerate(texts[number + 1 :]):
            if _apart(text, later, place == 0, names):
                return True
    return _far(texts, names)


def _apart(text: str, later: str, adjacent: bool, names: PlaceNames) -> bool:  # noqa: PLR0911 - one return a rule
    """Whether a state, province or country cannot lie in the state or country behind it. `adjacent`: nothing stands
    between them, so that the first may be a town."""
    name, behind = fold(text), fold(later)
    state, country = _state(text, names), names.countries.get(name, "") if text != "us" else ""
    homes = names.provinces.get(name, ()) if name in names.alone and not state else ()
    if not (state or country or homes):
        return False
    if within := _state(later, names):
        if within == state or (adjacent and (names.city(name, US, within) or names.county(name, within))):
            return False
        # "Perth, WA, AU" and "Naples, IT": a code of several meanings contradicts nothing that one of them fits.
        return not (homes or country) or within not in _codes(name, names)
    land = names.countries.get(behind, "")
    if not land:
        return False
    if state:
        return land != US and not _fits(name, land, names)
    if country:
        known = country == land or (country in TERRITORIES and land == US) or f"{country} {land}" in _PARTS_OF
        return not known and not _fits(name, land, names)
    return not any(home.startswith(land) for home in homes)


def _codes(name: str, names: PlaceNames) -> Iterator[str]:
    yield from (home.partition("/")[2] for home in names.provinces.get(name, ()))


def _fits(name: str, land: str, names: PlaceNames) -> bool:
    """Whether a name is also the code of the country, or a province of it: "DE" of Germany, "WA" of Australia."""
    return name.upper() == land or any(home.startswith(land) for home in names.provinces.get(name, ()))


def _far(texts: Sequence[str], names: PlaceNames) -> bool:
    """Whether a town that everybody knows stands before the state of another one: "NYC, LA", "Leeds, Kent, Fargo,
    ND"."""
    state = _state(texts[-1], names)
    if not state:
        return False
    for number, text in enumerate(texts[:-1]):
        name = fold(text)
        if names.city(name, US, state) or names.county(name, state):
            continue
        if text.isupper() and len(text) <= 3 and (known := names.aliases.get(name)):
            return known.admin1 != state
        known_cities = names.candidates(name)
        if number < len(texts) - 2 and known_cities and known_cities[0][1] >= LARGE:
            return True
    return False
