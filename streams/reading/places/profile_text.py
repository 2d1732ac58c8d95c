"""What a profile text says before any name in it is looked up: coordinates, flags, and the parts that may be names.

Owns the wording of profiles: separators, pronouns, "born here, living there". Called by the resolver. Deliberately
knows no place: what a part means, and whether the parts agree, is `resolver.py`'s.
"""

import re

LONGEST = 200
"""Characters read; X allows 30, and nothing that is a place needs more."""

_COORDINATES = re.compile(
    r"(-?\d{1,2}\.\d{2,})\s*°?\s*([NS])?\s*,\s*(-?\d{1,3}\.\d{2,})\s*°?\s*([EW](?![A-Za-z]))?", re.I
)
_FLAG = re.compile("([\U0001f1e6-\U0001f1ff])([\U0001f1e6-\U0001f1ff])")
_NATION_FLAG = re.compile("\U0001f3f4([\U000e0061-\U000e007a]{3,6})\U000e007f")
_NATIONS = {"gbeng": "GB/ENG", "gbsct": "GB/SCT", "gbwls": "GB/WLS"}
_PRONOUNS = re.compile(
    r"\b(?:s?he|they|ze|xe|ella|el)(?:\s*/\s*(?:her|him|them|hers|his|s?he|they|theirs|zir|ellx?))+\b", re.I
)
_LIVING = re.compile(
    r"(?:\b(?:living|live|lives|now|currently|based|residing|located)\s+(?:in|at)|(?:^|[,;.|/])\s*now|\bmoved\s+to)"
    r"\s+(\S.*)$",
    re.I,
)
_BY_WAY_OF = re.compile(r"[\s(]+(?:(?:via|by way of|formerly|originally from|with)\s|w/).*$", re.I)
_PAST = re.compile(
    r"^\W*(?:born|raised|originally|formerly|ex|native of|made in)\b"
    r"|\b(?:born|bred|raised|native|transplant|roots|at heart|alum|grad)\W*$",
    re.I,
)
_TRAVEL = re.compile("[→➡✈⇌⇄↔⇆🛫🛬🔜]|<?->|\\s>{1,2}\\s|\\sto\\s")
# Pictures part words as bars do: "Denver 🏔 Mom of 2".
_SEPARATORS = re.compile(
    r"(?:[|•·→;&+/~⇌⇄↔⇆\n#‖▪●]|[\u2600-\u27bf\U0001f300-\U0001faff]|<?->|\s>{1,2}\s)\ufe0f?|\s(?:and|to)\s", re.I
)
_COMMAS = re.compile(r"[,()\[\]،、，]|\s[-–—]\s")
_INSIDE = re.compile(r"^(.*)(?:\b(?:in|at)\s|@)\s*(\S.*)$", re.I)
_ABSENT = re.compile(r"\b(?:not|never|no|isn'?t|ain'?t|nowhere|wish|once|was|were|lost|stuck in|born|raised)\b", re.I)


def coordinates(text: str) -> tuple[float, float] | None:
    """(latitude, longitude) in degrees as they are written, "44.02° N, 92.47° W" or with signs; not checked."""
    found = _COORDINATES.search(text)
    if found is None:
        return None
    south, west = found[2] in ("S", "s"), found[4] in ("W", "w")
    return float(found[1]) * (-1 if south else 1), float(found[3]) * (-1 if west else 1)


def whole(text: str) -> str:
    """The text without flags, pronouns, and what it says of elsewhere: "born here, living there" is there."""
    if "/" in text:
        text = _PRONOUNS.sub(" ", text)
    text = _BY_WAY_OF.sub("", text)
    living = _LIVING.search(text)
    return living[1] if living else text


def flags(text: str) -> tuple[tuple[str, ...], str]:
    """What a text's flags stand for, and the text with bars in their place."""
    if text.isascii():
        return (), text
    found = ["".join(chr(ord(one) - 0x1F1E6 + 65) for one in pair) for pair in _FLAG.findall(text)]
    nations = ["".join(chr(ord(one) - 0xE0000) for one in tag) for tag in _NATION_FLAG.findall(text)]
    found += [_NATIONS[tag] for tag in nations if tag in _NATIONS]
    return tuple(dict.fromkeys(found)), _NATION_FLAG.sub("|", _FLAG.sub("|", text))


def parts(text: str) -> list[str]:
    """Between separators, without those that say where somebody was before, if another is left."""
    found = _SEPARATORS.split(text)
    if len(found) == 1:
        return found
    return [part for part in found if part and not _PAST.search(part)] or found


def travelling(text: str) -> bool:
    """Whether an arrow or an aeroplane parts it: then what is not understood may be the other end."""
    return _TRAVEL.search(text) is not None


def names(part: str) -> list[str]:
    """A part's names between commas: "Fargo", "ND". Of "Chicago born, Denver based" only the second."""
    found = [name for token in _COMMAS.split(part) if (name := token.strip())]
    if len(found) > 1 and any(map(_PAST.search, found)):
        return [name for name in found if not _PAST.search(name)] or found
    return found


def inside(part: str) -> str:
    """What a text says that it is in or at: of "a nurse in Ohio", "Ohio". Empty if it says nothing, or the opposite."""
    found = _INSIDE.match(part)
    return "" if found is None or _ABSENT.search(found[1]) else found[2]
