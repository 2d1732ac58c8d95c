"""Finding many phrases in a text in one pass: the machinery under topics and intents.

Owns which finds count: those at word boundaries, free of the idioms that strike them, not turned round by a negator.
Called by `taxonomy.py` and `intent.py`, which own what the phrases mean; the reader lets both share one index, so that
a post is gone through once. The automaton is ahocorasick_rs's; what a text is made of is `words.py`'s.

A phrase is written as people write it. A final `*` makes it a beginning: `refill*` finds "refills". `#word` is found as
a hashtag only; `@*` is any handle. Handles are words of their own, so nothing is ever found inside one. An emoji may be
a phrase or stand in one.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from importlib import resources

import ahocorasick_rs
import msgspec

from streams.reading.topics.words import Words, emoji_of, shortened

Match = tuple[int, int, int]
"""Pattern, and where it begins and ends in the plain words. It takes the space before it, and the one behind it unless
it is a beginning."""

_STRETCHED = tuple(3 * bytes([letter]) for letter in b"abcdefghijklmnopqrstuvxyz")
"""Patterns that show a stretched word at no cost; not w, for the sake of "www"."""

_FEW = 16
"""So many strikes are quicker gone through than sought."""


class Group(msgspec.Struct, frozen=True):
    """Phrases of one meaning."""

    name: str
    phrases: tuple[str, ...]
    unless: tuple[str, ...] = ()
    """Phrases in which they mean something else: a find that touches one is struck."""
    negatable: bool = False
    """A find soon after a negator ("not rude") does not count. Right for praise and blame, wrong for what a post is
    about: that stays the same."""
    opposite: str = ""
    """Name of the group for which a negated find counts; empty: for none."""


class Find(msgspec.Struct, frozen=True):
    """One phrase found, for a person to read. It counts if both `struck_by` and `negated_by` are empty."""

    group: str
    phrase: str
    struck_by: str
    """The `unless` phrase that strikes it."""
    negated_by: str = ""
    """The negator before it."""


class Negation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """negation.yaml, whose comments say what each part is."""

    version: int
    reach: int
    negators: tuple[str, ...]
    barriers: tuple[str, ...]

    @classmethod
    def load(cls) -> "Negation":
        """The words that ship with Earshot."""
        return msgspec.yaml.decode((resources.files(__package__) / "negation.yaml").read_bytes(), type=cls)


class Phrases:
    """An index over groups of phrases. Remembers the last text, since several readers ask about one post in turn."""

    def __init__(self, groups: Iterable[Group]) -> None:
        """Raises `ValueError` for a phrase that has no letter, digit or emoji."""
        groups = tuple(groups)
        self._bits = {group.name: 1 << number for number, group in enumerate(groups)}
        self._size = size = len(groups)
        self._all = (1 << size) - 1
        self._negatable = sum(self._bits[group.name] for group in groups if group.negatable)
        self._opposites = [(self._bits[one.name], self._bits[one.opposite]) for one in groups if one.opposite]
        # A pattern's mask, from below: the groups it counts for, the groups it strikes, and what it is besides.
        self._negates, stretched = 1 << 2 * size, 2 << 2 * size
        self._stretched = stretched
        masks: dict[bytes, int] = {}
        written: dict[bytes, str] = {}

        def add(phrases: Iterable[str], mask: int) -> None:
            for phrase in phrases:
                pattern = pattern_of(phrase)
                written.setdefault(pattern, phrase)
                masks[pattern] = masks.get(pattern, 0) | mask

        for group in groups:
            add(group.phrases, self._bits[group.name])
            add(group.unless, self._bits[group.name] << size)
        negation = Negation.load()
        self._reach = negation.reach
        self._negators = frozenset(word.encode() for word in negation.negators)
        self._barriers = frozenset(word.encode() for word in negation.barriers)
        if self._negatable:
            add(negation.negators, self._negates)
        self._known = frozenset(word for pattern in masks for word in pattern.split()) | self._barriers
        masks.update(dict.fromkeys(_STRETCHED, stretched))
        self._longest = max(map(len, masks), default=0)
        # First the patterns of which a place can matter, for they strike or can be struck or negated.
        placed = self._negatable | sum(self._bits[group.name] for group in groups if group.unless)
        placed |= self._all << size
        masks = dict(sorted(masks.items(), key=lambda one: not one[1] & placed))
        self._placed = sum(1 for mask in masks.values() if mask & placed)
        self._written = [written[pattern] for pattern in masks if pattern in written]
        # Equal masks are one object: a few hundred stay in the core's cache, 12,000 do not.
        shared = {mask: mask for mask in masks.values()}
        self._masks = [shared[mask] for mask in masks.values()]
        self._words = Words(emoji_of("".join(self._written)))
        # A DFA of 11,000 phrases does not fit a core's cache: 8 us for a post full of them, against 6.
        self._find = ahocorasick_rs.BytesAhoCorasick(
            masks, implementation=ahocorasick_rs.Implementation.ContiguousNFA
        ).find_matches_as_indexes
        self._last: tuple[str, int] = ("", 0)

    @property
    def size(self) -> int:
        """Phrases of any kind, one that stands in several groups once."""
        return len(self._written)

    def bit(self, group: str) -> int:
        """The group's bit in what `found` returns."""
        return self._bits[group]

    def found(self, text: str) -> int:
        """The bits of all groups of which at least one phrase counts in the text. Any string."""
        last, found = self._last
        if text == last:
            return found
        words = self._words.plain(text)
        matches = self._find(words, overlapping=True)
        masks, every = self._masks, 0
        for index, _, _ in matches:
            every |= masks[index]
        if every & self._stretched:
            words, matches, every = self._unstretched(words)
        found = every & self._all
        doubtful = found & every >> self._size
        if every & self._negates:
            doubtful |= found & self._negatable
        if doubtful:
            found = self._settled(text, words, matches, found, doubtful)
        self._last = (text, found)
        return found

    def _unstretched(self, words: bytes) -> tuple[bytes, list[Match], int]:
        """The words with stretched ones shortened, their matches, and the masks of these together."""
        words = shortened(words, self._known)
        matches = [one for one in self._find(words, overlapping=True) if self._masks[one[0]] != self._stretched]
        every = 0
        for index, _, _ in matches:
            every |= self._masks[index]
        return words, matches, every

    def _settled(self, text: str, words: bytes, matches: list[Match], found: int, doubtful: int) -> int:
        """`found` without the `doubtful` groups of which every match is struck or negated; with the opposites of the
        negated."""
        found &= ~doubtful
        size, masks, negatable = self._size, self._masks, self._negatable
        bearing = doubtful << size | doubtful
        placed = self._placed
        hits = [
            (mask, start, end) for index, start, end in matches if index < placed and (mask := masks[index] & bearing)
        ]
        strikes = [(mask >> size, start, end) for mask, start, end in hits if mask >> size]
        many = len(strikes) > _FEW
        ends = [end for _, _, end in strikes] if many else []  # ascending, as the automaton finds them
        for mask, start, end in hits:
            counts = mask & doubtful
            if not counts:
                continue
            for groups, other_start, other_end in (
                strikes[bisect_right(ends, start + 1) : bisect_left(ends, end + self._longest)] if many else strikes
            ):
                if other_start < end - 1 and start < other_end - 1:  # as in `_touch`; a call costs as much again
                    counts &= ~groups
            if not counts:
                continue
            if counts & negatable and self._negator(text, words, start):
                for bit, opposite in self._opposites:
                    if counts & bit:
                        found |= opposite
                counts &= ~negatable
            found |= counts
            doubtful &= ~counts | negatable
            if not doubtful:
                break
        return found

    def _negator(self, text: str, words: bytes, start: int) -> bytes:
        """What negates a match that begins at `start`: a negator among the words before it, within reach, in the same
        part of the sentence, without a barrier between; empty if nothing does."""
        before = words[:start].rsplit(b" ", self._reach)
        for place in range(len(before) - 1, 0, -1):
            word = before[place]
            if word in self._barriers:
                break
            if word in self._negators:
                second = words.count(b" ", 0, start + 1) - 1
                first = second - len(before) + place
                ends = self._words.clause_ends(text)
                return word if bisect_right(ends, first) == bisect_right(ends, second) else b""
        return b""

    def explain(self, text: str) -> tuple[Find, ...]:
        """Every phrase found, in order, with what strikes or negates it."""
        words, matches, _ = self._unstretched(self._words.plain(text))
        return tuple(self._told(text, words, matches))

    def _told(self, text: str, words: bytes, matches: list[Match]) -> Iterator[Find]:
        for index, start, end in matches:
            for group, bit in self._bits.items():
                if self._masks[index] & bit:
                    strikes = bit << self._size
                    by = (i for i, a, b in matches if self._masks[i] & strikes and _touch(start, end, a, b))
                    negator = self._negator(text, words, start) if bit & self._negatable else b""
                    yield Find(group, self._name(index), self._name(next(by, -1)), negator.decode())

    def _name(self, pattern: int) -> str:
        return self._written[pattern] if pattern >= 0 else ""


def _touch(start: int, end: int, other_start: int, other_end: int) -> bool:
    """Whether two matches share a letter. Both begin and end with a space, and may share that."""
    return other_start < end - 1 and start < other_end - 1


def pattern_of(phrase: str) -> bytes:
    """The plain words of a phrase. Raises `ValueError` if nothing is left of it."""
    # In small letters: a hashtag's parts are words of their own only in a text.
    pattern = Words().plain(phrase.removesuffix("*").lower())
    if not pattern.strip():
        raise ValueError(f"the phrase {phrase!r} has no letter, digit or emoji")
    return pattern[:-1] if phrase.endswith("*") else pattern
