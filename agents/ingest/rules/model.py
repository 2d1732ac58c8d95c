"""The wanted rules: whose accounts are listened to, and which words of which communities.

Owns the shapes, the tags that lead back from a rule to what it came from, and what counts as a word. Made by
`files.py`; `agents/ingest/x/rule_plan.py` and `matcher.py` compile it, so that both sources select the same posts.
Knows no source's wording.
"""

import unicodedata
from collections.abc import Iterable, Mapping

import msgspec

from streams.directory import Directory, Handle, Hospital
from streams.vocabulary import NETWORKS

_HOSPITALS, _COMMUNITY = "hospitals:", "community:"


class Point(msgspec.Struct, frozen=True):
    """Around a hospital. Degrees, and miles (X allows 25)."""

    longitude: float
    latitude: float
    miles: int


class Place(msgspec.Struct, frozen=True):
    """A named place, as X lists it: `Fargo, ND`."""

    name: str


class Community(msgspec.Struct, frozen=True):
    """A configured query. A post is of it that has one of `keywords` or `hashtags` (any, if there are none of both), is
    in one of `languages` (any, if there are none) and is tagged within `near` (anywhere, without). It has keywords,
    hashtags or `near`."""

    name: str
    keywords: tuple[str, ...] = ()
    """Words or phrases, whole words; a phrase's words stand in a row."""
    hashtags: tuple[str, ...] = ()
    """Without #."""
    languages: tuple[str, ...] = ()
    """ISO 639 codes of two letters, lower case."""
    near: Point | Place | None = None


Owners = Mapping[str, tuple[str, ...]]
"""Account -> ids of its hospitals, in the directory's order."""


Accounts = Mapping[str, Owners]
"""The directory's accounts by network, each lower case and without @: what they write, and what is written to and about
them."""


def accounts_of(directory: Directory, day: str = "") -> Accounts:
    """Those of a day, `2026-11-24`; none: all, whatever their dates."""
    return {
        network: _owners(((one, one.accounts[network]) for one in directory.hospitals), day) for network in NETWORKS
    }


class RuleSet(msgspec.Struct, frozen=True):
    """All that is wanted on one day."""

    accounts: Accounts
    """Of that day."""
    ever: Accounts
    """Whatever their dates: a search looks back."""
    communities: tuple[Community, ...] = ()
    """In their file's order."""

    @classmethod
    def of(cls, directory: Directory, day: str = "", communities: tuple[Community, ...] = ()) -> "RuleSet":
        """From a directory, for a day as in `accounts_of`."""
        return cls(accounts_of(directory, day), accounts_of(directory), communities)


def hospitals_tag(ids: Iterable[str]) -> str:
    """The tag of a rule that hears these hospitals' accounts."""
    return _HOSPITALS + ",".join(ids)


def community_tag(*names: str) -> str:
    """The tag of a rule that hears these communities."""
    return _COMMUNITY + ",".join(names)


def hospitals_of(tag: str) -> tuple[str, ...]:
    """The hospital ids that a rule's tag leads back to; none for any other tag."""
    return tuple(tag.removeprefix(_HOSPITALS).split(",")) if tag.startswith(_HOSPITALS) else ()


def communities_of(tag: str) -> tuple[str, ...]:
    """The names of the communities that a rule's tag leads back to; none for any other tag."""
    return tuple(tag.removeprefix(_COMMUNITY).split(",")) if tag.startswith(_COMMUNITY) else ()


def spellings(term: str) -> tuple[str, ...]:
    """A keyword or hashtag as it is looked for: as written and, where that has accents, without them too.

    X's stream wants accents to match, its search does not (X API v2, building a rule), and people leave them out. So
    `médico` finds `medico` everywhere; the other way round nothing could on the stream.
    """
    written = unicodedata.normalize("NFC", " ".join(term.split()))
    plain = unicodedata.normalize(
        "NFC", "".join(char for char in unicodedata.normalize("NFD", written) if not "\u0300" <= char <= "\u036f")
    )
    return (written,) if plain == written else (written, plain)


def folded(text: str) -> str:
    """Text as it is compared: composed, without case."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def words(text: str) -> list[str]:
    """The words of a text, folded. Splits where X does, at punctuation, symbols, blanks; `#tag` is the word `tag`."""
    return folded(text).translate(_SEAMS).split()


class _Seams(dict[int, str]):
    """For `str.translate`: a blank for what is between words. Filled as characters occur."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        self[code] = found = " " if unicodedata.category(char)[0] in "PSZC" else char
        return found


_SEAMS = _Seams()


def _owners(accounts: Iterable[tuple[Hospital, tuple[Handle, ...]]], day: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for hospital, handles in accounts:
        for handle in handles:
            if not day or handle.valid_on(day):
                found.setdefault(handle.handle, {})[hospital.id] = None
    return {handle: tuple(ids) for handle, ids in found.items()}
