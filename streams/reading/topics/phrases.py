"""Finding many phrases in a text in one pass: the machinery under topics and intents.

Owns what a word boundary is and what case, accents and punctuation are worth (nothing). Called by `topics.py` and
`intent.py`, which own what the phrases mean; the reader lets both share one index, so that a post is gone through once.
The automaton is ahocorasick_rs's: 1,200 phrases cost about 1.5 µs for a post.

A phrase is written as people write it. A final `*` makes it a beginning: `refill*` finds "refills". `#word` is found as
a hashtag only; `@*` is any handle. Handles are words of their own, so nothing is ever found inside one.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

import ahocorasick_rs
import msgspec

_WORD_BYTES = b"abcdefghijklmnopqrstuvwxyz0123456789@_#"
_TABLE = bytes(low if (low := i + 32 if 65 <= i <= 90 else i) in _WORD_BYTES else 32 for i in range(256))
_GONE = re.compile("[\u0300-\u036f\u200b-\u200f\u2060\ufe0f\ufeff\u2018\u2019\u00b4`]")
"""Accents, zero-width characters and other apostrophes vanish; all else outside ASCII parts words."""


class Group(msgspec.Struct, frozen=True):
    """Phrases of one meaning, and those in which they have another: a find that touches one of `unless` is struck."""

    name: str
    phrases: tuple[str, ...]
    unless: tuple[str, ...] = ()


class Find(msgspec.Struct, frozen=True):
    """One phrase found, for a person to read. `struck_by` is the `unless` phrase that strikes it; empty: it counts."""

    group: str
    phrase: str
    struck_by: str


class Phrases:
    """An index over groups of phrases. Remembers the last text, since several readers ask about one post in turn."""

    def __init__(self, groups: Iterable[Group]) -> None:
        """Raises `ValueError` for a phrase that has no letter or digit."""
        groups = tuple(groups)
        self._bits = {group.name: 1 << number for number, group in enumerate(groups)}
        self._size = len(groups)
        self._all = (1 << self._size) - 1
        counts: dict[bytes, int] = {}
        strikes: dict[bytes, int] = {}
        written: dict[bytes, str] = {}
        for group in groups:
            for phrases, role in ((group.phrases, counts), (group.unless, strikes)):
                for phrase in phrases:
                    pattern = pattern_of(phrase)
                    written.setdefault(pattern, phrase)
                    role[pattern] = role.get(pattern, 0) | self._bits[group.name]
        patterns = list(written)
        self._written = list(written.values())
        # Of each pattern, the groups it counts for, and above them the groups it strikes.
        self._masks = [counts.get(pattern, 0) | strikes.get(pattern, 0) << self._size for pattern in patterns]
        self._find = ahocorasick_rs.BytesAhoCorasick(
            patterns, implementation=ahocorasick_rs.Implementation.DFA
        ).find_matches_as_indexes
        self._last: tuple[str, int] = ("", 0)

    def bit(self, group: str) -> int:
        """The group's bit in what `found` returns."""
        return self._bits[group]

    def found(self, text: str) -> int:
        """The bits of all groups of which at least one phrase counts in the text. Any string."""
        last, found = self._last
        if text == last:
            return found
        matches = self._find(normalise(text), overlapping=True)
        masks, both = self._masks, 0
        for index, _, _ in matches:
            both |= masks[index]
        struck = both >> self._size
        found = both & self._all
        if found & struck:
            found = self._settled(matches, found, found & struck)
        self._last = (text, found)
        return found

    def _settled(self, matches: list[tuple[int, int, int]], found: int, doubtful: int) -> int:
        """`found` without the `doubtful` groups of which no match is free of what strikes it."""
        found &= ~doubtful
        masks, above = self._masks, doubtful << self._size
        strikes = [(start, end, masks[index]) for index, start, end in matches if masks[index] & above]
        for index, start, end in matches:
            counts = masks[index] & doubtful
            if counts:
                for other_start, other_end, mask in strikes:
                    if other_start < end - 1 and start < other_end - 1:  # as in `_touch`
                        counts &= ~(mask >> self._size)
                found |= counts
        return found

    def explain(self, text: str) -> tuple[Find, ...]:
        """Every phrase found, in order, with what strikes it."""
        matches = self._find(normalise(text), overlapping=True)
        return tuple(
            Find(group, self._written[index], self._written[by] if by >= 0 else "")
            for group, index, by in self._places(matches)
        )

    def _places(self, matches: list[tuple[int, int, int]]) -> Iterator[tuple[str, int, int]]:
        """(group, pattern, the pattern that strikes it or -1) of each match."""
        for index, start, end in matches:
            for group, bit in self._bits.items():
                if self._masks[index] & bit:
                    strikes = bit << self._size
                    by = (i for i, a, b in matches if self._masks[i] & strikes and _touch(start, end, a, b))
                    yield group, index, next(by, -1)


def _touch(start: int, end: int, other_start: int, other_end: int) -> bool:
    """Whether two matches share a letter. Both begin and end with a space, and may share that."""
    return other_start < end - 1 and start < other_end - 1


def normalise(text: str) -> bytes:
    """Lower-case words with one space around each; accents and apostrophes gone, all else a space. Any string."""
    if not text.isascii():
        text = _GONE.sub("", unicodedata.normalize("NFKD", text))
    words = text.encode("ascii", "replace").translate(_TABLE, b"'")
    if b"#" in words:
        words = words.replace(b"#", b" # ")
    return b" %b " % b" ".join(words.split())


def pattern_of(phrase: str) -> bytes:
    """What `normalise` makes of the phrase. Raises `ValueError` if nothing is left of it."""
    pattern = normalise(phrase.removesuffix("*"))
    if not pattern.strip():
        raise ValueError(f"the phrase {phrase!r} has no letter or digit")
    return pattern[:-1] if phrase.endswith("*") else pattern
