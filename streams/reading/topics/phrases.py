"""Finds many phrases in a text in one pass, for topics and intents.

Owns which finds count: those at word boundaries, outside the idioms that exclude them, and not negated. Called by
`taxonomy.py` and `intent.py`, which own what the phrases mean, by `overlay.py`, and by `lexicon.py`, which lets topics
and intents share one index, so that each post is scanned once. The automaton is ahocorasick_rs's; `words.py` splits the
text into words.

A phrase is written as people write it. A final `*` makes it a beginning: `refill*` finds "refills". `#word` matches a
hashtag only; `@*` matches any handle. A handle is one word, so nothing is found inside it. An emoji may be a phrase or
part of one.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from operator import itemgetter, or_

import ahocorasick_rs

from streams.reading import languages
from streams.reading.languages import FunctionWords
from streams.reading.topics.groups import Find, Group
from streams.reading.topics.words import Words, emoji_of, shortened

Match = tuple[int, int, int]
"""(pattern, start, end) in the plain words. A match includes the space before it, and the space after it unless the
phrase is a beginning."""

_STRETCHED = tuple(3 * bytes([letter]) for letter in b"abcdefghijklmnopqrstuvxyz")
"""Patterns that find stretched words in the same pass; without w, because of "www"."""

REACH = 3
"""Most words from a negator to the phrase that it negates, in one part of a sentence: "not a bit rude"."""

_NUMBER = itemgetter(0)
"""Of a match, its pattern."""
_FEW = 16
"""Up to so many suppressing matches, a loop is quicker than a binary search."""


class Phrases:
    """An index over groups of phrases. Remembers the last text, because several callers ask about one post in turn."""

    def __init__(
        self, groups: Iterable[Group], words: FunctionWords | None = None, weights: Mapping[str, int] | None = None
    ) -> None:
        """`words`: has the negators; without it, the shipped languages. `weights`: of phrases, whether a group has them
        or not. Raises `ValueError` for a phrase that has no letter, digit or emoji."""
        weights = weights or {}
        groups = tuple(groups)
        self._bits = {group.name: 1 << number for number, group in enumerate(groups)}
        self._size = size = len(groups)
        self._all = (1 << size) - 1
        self._negatable = sum(self._bits[group.name] for group in groups if group.negatable)
        self._opposites = [(self._bits[one.name], self._bits[one.opposite]) for one in groups if one.opposite]
        # What a pattern is for: groups it counts for, groups it strikes, and whether it negates or is `_STRETCHED`.
        counts: dict[bytes, int] = {}
        strikes: dict[bytes, int] = {}
        written: dict[bytes, str] = {}

        def add(phrases: Iterable[str], bit: int, masks: dict[bytes, int]) -> None:
            for phrase in phrases:
                pattern = pattern_of(phrase)
                written.setdefault(pattern, phrase)
                masks[pattern] = masks.get(pattern, 0) | bit

        for group in groups:
            add(group.phrases, self._bits[group.name], counts)
            add(group.unless, self._bits[group.name], strikes)
        self._negates, self._stretched = 1 << size, 2 << size
        words = words or languages.load()
        self._negators = frozenset(word.encode() for word in words.negators)
        self._barriers = frozenset(word.encode() for word in words.barriers)
        if self._negatable:
            add(words.negators, self._negates, counts)
        # Phrases that only have a weight.
        weighed = {pattern_of(phrase): weight for phrase, weight in weights.items()}
        for phrase in weights:
            pattern = pattern_of(phrase)
            written.setdefault(pattern, phrase)
            counts.setdefault(pattern, 0)
        self._known = frozenset(word for pattern in written for word in pattern.split()) | self._barriers
        counts.update(dict.fromkeys(_STRETCHED, self._stretched))
        # Suppressing patterns come first, so that a match's number tells whether it suppresses.
        patterns = [*strikes, *(pattern for pattern in counts if pattern not in strikes)]
        self._strikes = list(strikes.values())
        self._longest = max(map(len, patterns), default=0)
        self._written = [written.get(pattern, "") for pattern in patterns]
        # Equal masks share one object: a few hundred fit into the core's cache, 12,000 do not.
        shared = {mask: mask for mask in (0, *counts.values())}
        self._masks = [shared[counts.get(pattern, 0)] for pattern in patterns]
        self._weights = [weighed.get(pattern, 0) for pattern in patterns]
        self._words = Words(emoji_of("".join(self._written)))
        self._plain = self._words.plain
        # A DFA of 11,000 phrases does not fit a core's cache: 8 us for a post full of them, against 6.
        self._find = ahocorasick_rs.BytesAhoCorasick(
            patterns, implementation=ahocorasick_rs.Implementation.ContiguousNFA
        ).find_matches_as_indexes
        self._last_text, self._last_found, self._last_weight = "", 0, 0

    @property
    def size(self) -> int:
        """Number of phrases of any kind; one in several groups counts once."""
        return sum(map(bool, self._written))

    def bit(self, group: str) -> int:
        """The group's bit in the answer of `found`."""
        return self._bits[group]

    def found(self, text: str) -> int:
        """The bits of all groups with at least one phrase that counts in the text. Takes any string."""
        if text == self._last_text:
            return self._last_found
        words = self._plain(text)
        matches = self._find(words, overlapping=True)
        masks, weights, striking = self._masks, self._weights, len(self._strikes)
        strikes: list[Match] = []
        # Folded in C: a loop over numbers of hundreds of bits costs twice as much, compiled, too.
        indices = set(map(_NUMBER, matches))
        every: int = reduce(or_, map(masks.__getitem__, indices), 0)
        weight = sum(map(weights.__getitem__, indices))
        if min(indices, default=striking) < striking:
            strikes = [match for match in matches if match[0] < striking]
        doubtful = 0
        found = every
        if every > self._all:  # a stretched word or a negator, too
            if every & self._stretched:
                words, matches, every = self._unstretched(words)
                weight = sum([weights[index] for index in {match[0] for match in matches}])
                strikes = [match for match in matches if match[0] < striking]
            found = every & self._all
            doubtful = found & self._negatable if every & self._negates else 0
        for index, _, _ in strikes:
            doubtful |= found & self._strikes[index]
        if doubtful:
            found = self._settled(text, words, matches, strikes, found, doubtful)
        self._last_text, self._last_found, self._last_weight = text, found, weight
        return found

    def weight(self, text: str) -> int:
        """The sum of the weights of all phrases found in the text, each once, whether they count or not."""
        self.found(text)
        return self._last_weight

    def _unstretched(self, words: bytes) -> tuple[bytes, list[Match], int]:
        """The words with stretched ones shortened, their matches, and the union of the matches' masks."""
        words = shortened(words, self._known)
        matches = [one for one in self._find(words, overlapping=True) if self._masks[one[0]] != self._stretched]
        every = 0
        for index, _, _ in matches:
            every |= self._masks[index]
        return words, matches, every

    def _settled(
        self, text: str, words: bytes, matches: list[Match], strikes: list[Match], found: int, doubtful: int
    ) -> int:
        """`found` without the `doubtful` groups whose every match is suppressed or negated, and with the opposites of
        negated groups. Both lists are sorted by end, as the automaton finds them."""
        found &= ~doubtful
        masks, struck_by, negatable = self._masks, self._strikes, self._negatable
        many = len(strikes) > _FEW
        ends = [end for _, _, end in strikes] if many else []
        for index, start, end in matches:
            counts = masks[index] & doubtful
            if not counts:
                continue
            for other, other_start, other_end in (
                strikes[bisect_right(ends, start + 1) : bisect_left(ends, end + self._longest)] if many else strikes
            ):
                if other_start < end - 1 and start < other_end - 1:  # `_touch`, inlined: a call doubles the cost
                    counts &= ~struck_by[other]
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
        """The negator of a match that begins at `start`: among the `REACH` words before it, in the same part of the
        sentence, without a barrier between; empty if there is none."""
        before = words[:start].rsplit(b" ", REACH)
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

    def phrases_in(self, text: str) -> tuple[str, ...]:
        """Every phrase found, each once, as it was written, whether it counts or not."""
        _, matches, _ = self._unstretched(self._words.plain(text))
        return tuple(dict.fromkeys(self._name(index) for index, _, _ in matches))

    def explain(self, text: str) -> tuple[Find, ...]:
        """Every phrase found, in order, with the phrase or negator that stops it from counting."""
        words, matches, _ = self._unstretched(self._words.plain(text))
        return tuple(self._told(text, words, matches))

    def _told(self, text: str, words: bytes, matches: list[Match]) -> Iterator[Find]:
        strikes = [match for match in matches if match[0] < len(self._strikes)]
        for index, start, end in matches:
            for group, bit in self._bits.items():
                if self._masks[index] & bit:
                    by = (i for i, a, b in strikes if self._strikes[i] & bit and _touch(start, end, a, b))
                    negator = self._negator(text, words, start) if bit & self._negatable else b""
                    yield Find(group, self._name(index), self._name(next(by, -1)), negator.decode())

    def _name(self, pattern: int) -> str:
        return self._written[pattern] if pattern >= 0 else ""


def _touch(start: int, end: int, other_start: int, other_end: int) -> bool:
    """Whether two matches share a letter. Both begin and end with a space; sharing only that is not enough."""
    return other_start < end - 1 and start < other_end - 1


def pattern_of(phrase: str) -> bytes:
    """The plain words of a phrase. Raises `ValueError` if it has none."""
    # Lower case: a hashtag is split at capitals in texts, never in a phrase.
    pattern = Words().plain(phrase.removesuffix("*").lower())
    if not pattern.strip():
        raise ValueError(f"the phrase {phrase!r} has no letter, digit or emoji")
    return pattern[:-1] if phrase.endswith("*") else pattern
