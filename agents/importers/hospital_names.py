"""Compares names, streets and telephones of hospitals as two public files write them.

Called by `hifld_join.py`. Owns the variants: legal endings, Saint and St, shortened words, what every hospital is
called (medical center, health), and the words that tell two houses of one name apart (behavioral, north, surgical).
Knows no file and decides nothing.
"""

import re
from functools import lru_cache
from typing import Literal, NamedTuple

from streams.reading.places.names import fold

Likeness = Literal["same", "close", "part", "other"]
"""How two names compare: the same words; the same but for what every hospital is called; one a part of the other."""

_LONG: dict[str, str] = {
    "assn": "association", "cmty": "community", "cmnty": "community", "comm": "community", "cntr": "center",
    "centre": "center", "cntry": "country", "cnty": "county", "co": "county", "ctr": "center", "cen": "center",
    "dist": "district", "gen": "general", "hlth": "health", "hlthcare": "healthcare", "hosp": "hospital",
    "hsp": "hospital", "inst": "institute", "med": "medical", "mem": "memorial", "meml": "memorial",
    "natl": "national", "psych": "behavioral", "reg": "regional", "regl": "regional", "rehab": "rehabilitation",
    "saint": "st", "saints": "sts", "svc": "service", "svcs": "service", "sys": "system", "univ": "university",
    "va": "veterans", "vamc": "veterans", "pediatric": "children", "child": "children", "behavioural": "behavioral",
    "psychiatry": "behavioral", "psychiatric": "behavioral", "mental": "behavioral", "surgery": "surgical",
    "orthopaedic": "orthopedic",
    "n": "north", "s": "south", "e": "east", "w": "west", "rehabilitative": "rehabilitation",
}  # fmt: skip
"""Short or other form -> the one that is compared. Plurals lose their s first."""
_LEGAL = frozenset({
    "association", "authority", "cah", "co", "company", "corp", "corporation", "dba", "inc", "incorporated", "llc",
    "llp", "lp", "ltd", "pc", "pllc", "the", "of", "and", "at", "in", "for", "a", "an", "d", "b",
})  # fmt: skip
_COMMON = frozenset({
    "affairs", "campus", "care", "center", "clinic", "community", "facility", "foundation", "general", "health",
    "healthcare", "hospital", "house", "institute", "medical", "medicine", "network", "program", "regional",
    "region", "service", "system", "unit", "acute", "area", "district", "main",
})  # fmt: skip
"""What very many are called: no name differs by it alone."""
_SORTS = frozenset({
    "behavioral", "cancer", "children", "detox", "extended", "eye", "heart", "hospice", "kindred", "long", "ltac",
    "ltach", "nursing", "orthopedic", "recovery", "rehabilitation", "select", "specialty", "spine", "surgical",
    "term", "transitional", "transplant", "veterans", "vibra", "women", "encompass",
})  # fmt: skip
"""What sort of hospital it is: of two at one address, one has the word and the other has not."""
_TELLING = _SORTS | frozenset({
    "indian", "lodge", "state", "north", "south", "east", "west", "northeast", "northwest", "southeast",
    "southwest", "upper", "lower", "bay",
})  # fmt: skip
"""What tells one house of a name from another: both have it, or they are two."""


class Name(NamedTuple):
    """A name, taken apart."""

    words: frozenset[str]
    """All but legal endings and small words."""
    own: frozenset[str]
    """Without what many are called and without the town."""
    telling: frozenset[str]
    sorts: frozenset[str]


@lru_cache(16384)
def name_of(text: str, city: str) -> Name:
    """A hospital's name, in its town."""
    town = _words(city)
    words = frozenset(_words(text)) - _LEGAL
    own = words - _COMMON - frozenset(town)
    telling = words & _TELLING - frozenset(town)
    return Name(words or frozenset(_words(text)), own, telling, telling & _SORTS)


def likeness(one: Name, other: Name) -> Likeness:
    """How two names of one town compare."""
    if one.words == other.words:
        return "same"
    if one.telling != other.telling:
        return "other"
    if one.own and one.own == other.own:
        return "close"
    if one.own and other.own and (one.own < other.own or other.own < one.own):
        return "part"
    return "other"


def shared(one: Name, other: Name) -> int:
    """How many words of their own two names share."""
    return len(one.own & other.own)


def street(address: str) -> str:
    """House number and first word of a street: `12 elm` of `12 N. Elm Street`; empty without a number."""
    words = [_LONG.get(word, word) for word in fold(address).split()]
    for at, word in enumerate(words[:-1]):
        if word[0].isdigit() and words[0] not in ("po", "box", "p"):
            rest = [one for one in words[at + 1 :] if one not in _COMPASS]
            return f"{word} {_ORDINALS.get(rest[0], rest[0])}" if rest else ""
    return ""


def telephone(text: str) -> str:
    """Its ten digits; empty if it is no number of the US."""
    digits = re.sub(r"\D", "", text)
    return digits if len(digits) == 10 and len(set(digits)) > 2 else ""


def town(city: str) -> str:
    """A town's name to compare."""
    return " ".join(_words(city))


_COMPASS = frozenset({"north", "south", "east", "west", "ne", "nw", "se", "sw"})
_ORDINALS = {
    "first": "1st", "second": "2nd", "third": "3rd", "fourth": "4th", "fifth": "5th", "sixth": "6th",
    "seventh": "7th", "eighth": "8th", "ninth": "9th", "tenth": "10th",
}  # fmt: skip


def _words(text: str) -> list[str]:
    found = []
    for word in fold(re.sub(r"[.'\u2019]", "", text)).split():
        long = _LONG.get(word, word)
        if len(long) > 3 and long.endswith("s") and not long.endswith("ss") and long not in _TELLING | _LEGAL:
            long = long[:-1]
        found.append(_LONG.get(long, long))
    return found
