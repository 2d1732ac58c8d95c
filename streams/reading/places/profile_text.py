"""Takes a profile text apart before any name in it is looked up: coordinates, flags, and the parts that may be names.

Owns the wording of profiles: separators, pronouns, "born here, living there"; the words themselves are in
languages.yaml. Called by `resolver.py`. Knows no place: what a part means and whether parts agree is up to
`resolver.py`.
"""

import re
from functools import lru_cache

from streams.reading import languages
from streams.reading.languages import FunctionWords, any_of

LONGEST = 200
"""Characters of a profile text that are read; X allows 30, and no place needs more."""

_COORDINATES = re.compile(
    r"(-?\d{1,2}\.\d{2,})\s*°?\s*([NS])?\s*,\s*(-?\d{1,3}\.\d{2,})\s*°?\s*([EW](?![A-Za-z]))?", re.I
)
_FLAG = re.compile("([\U0001f1e6-\U0001f1ff])([\U0001f1e6-\U0001f1ff])")
_NATION_FLAG = re.compile("\U0001f3f4([\U000e0061-\U000e007a]{3,6})\U000e007f")
_NATIONS = {"gbeng": "GB/ENG", "gbsct": "GB/SCT", "gbwls": "GB/WLS"}
_SPACELESS = re.compile(r"\W$")
_COMMAS = re.compile(r"[,()\[\]،、，]|\s[-–—]\s")


class Wording:
    """The wording of profiles in all languages, as patterns; languages.yaml explains each list of words."""

    def __init__(self, words: FunctionWords) -> None:
        within, to = any_of(words.living_in), any_of(words.going_to)
        self.pronouns = re.compile(
            rf"\b(?:{any_of(words.pronouns)})(?:\s*/\s*(?:{any_of(words.pronouns_after)}))+\b", re.I
        )
        self.living = re.compile(
            rf"(?:\b(?:{any_of(words.living)})\s+(?:{within})|(?:^|[,;.|/])\s*(?:{any_of(words.now)})"
            rf"|\b(?:{any_of(words.moved)})\s+(?:{to}))\s+(\S.*)$",
            re.I,
        )
        spaced = any_of(one for one in words.by_way_of if not _SPACELESS.search(one))
        spaceless = any_of(one for one in words.by_way_of if _SPACELESS.search(one))
        self.by_way_of = re.compile(rf"[\s(]+(?:(?:{spaced})\s|{spaceless}).*$", re.I)
        self.past = re.compile(rf"^\W*(?:{any_of(words.past_first)})\b|\b(?:{any_of(words.past_last)})\W*$", re.I)
        self.travel = re.compile(f"[→➡✈⇌⇄↔⇆🛫🛬🔜]|<?->|\\s>{{1,2}}\\s|\\s(?:{to})\\s")
        # Emoji separate words as bars do: "Denver 🏔 Mom of 2".
        self.separators = re.compile(
            r"(?:[|•·→;&+/~⇌⇄↔⇆\n#‖▪●]|[\u2600-\u27bf\U0001f300-\U0001faff]|<?->|\s>{1,2}\s)\ufe0f?"
            rf"|\s(?:{any_of(words.joined)}|{to})\s",
            re.I,
        )
        self.inside = re.compile(rf"^(.*)(?:\b(?:{within})\s|@)\s*(\S.*)$", re.I)
        self.near = re.compile(rf"^(.*?\S)[\s(]+(?:{any_of(words.near)})\s", re.I)
        self.not_there = re.compile(rf"\b(?:{any_of(words.not_there)})\b", re.I)


@lru_cache(maxsize=1)
def shipped() -> Wording:
    """The wording of the shipped languages. Raises `LanguagesError`."""
    return Wording(languages.load())


def coordinates(text: str) -> tuple[float, float] | None:
    """(latitude, longitude) in degrees as the text has them, "44.02° N, 92.47° W" or with signs; unchecked."""
    found = _COORDINATES.search(text)
    if found is None:
        return None
    south, west = found[2] in ("S", "s"), found[4] in ("W", "w")
    return float(found[1]) * (-1 if south else 1), float(found[3]) * (-1 if west else 1)


def whole(text: str, wording: Wording) -> str:
    """Remove flags, pronouns and places the author has left: "born here, living there" becomes "there"."""
    if "/" in text:
        text = wording.pronouns.sub(" ", text)
    text = wording.by_way_of.sub("", text)
    living = wording.living.search(text)
    return living[1] if living else text


def flags(text: str) -> tuple[tuple[str, ...], str]:
    """(countries and nations of the flags in a text, the text with bars in their place)."""
    if text.isascii():
        return (), text
    found = ["".join(chr(ord(one) - 0x1F1E6 + 65) for one in pair) for pair in _FLAG.findall(text)]
    nations = ["".join(chr(ord(one) - 0xE0000) for one in tag) for tag in _NATION_FLAG.findall(text)]
    found += [_NATIONS[tag] for tag in nations if tag in _NATIONS]
    return tuple(dict.fromkeys(found)), _NATION_FLAG.sub("|", _FLAG.sub("|", text))


def parts(text: str, wording: Wording) -> list[str]:
    """Split the text at separators. Drop parts about the past if any other part is left."""
    found = wording.separators.split(text)
    if len(found) == 1:
        return found
    return [part for part in found if part and not wording.past.search(part)] or found


def travelling(text: str, wording: Wording) -> bool:
    """Whether an arrow or an aeroplane separates the parts: then a part that cannot be resolved may be the
    destination."""
    return wording.travel.search(text) is not None


def before_near(text: str, wording: Wording) -> str:
    """What stands before "near" and the like: of "Moorhead, MN near Fargo", the town. Empty without them."""
    found = wording.near.match(text)
    return found[1] if found else ""


def names(part: str, wording: Wording) -> list[str]:
    """Split a part at commas: "Fargo", "ND". Of "Chicago born, Denver based" keep only the second."""
    found = [name for token in _COMMAS.split(part) if (name := token.strip())]
    if len(found) > 1 and any(map(wording.past.search, found)):
        return [name for name in found if not wording.past.search(name)] or found
    return found


def inside(part: str, wording: Wording) -> str:
    """The place that a text says its author is in or at: of "a nurse in Ohio", "Ohio". Empty if it names none, or says
    "not in"."""
    found = wording.inside.match(part)
    return "" if found is None or wording.not_there.search(found[1]) else found[2]
