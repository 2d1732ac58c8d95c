"""Finds many phrases in a text in one pass, for topics and intents, and adds up what they weigh.

Owns which finds count: those at word boundaries, outside the idioms that exclude them, and not negated. Called by
`topic_matcher.py` and `intent.py`, which own what the phrases mean, by `overlay.py`, and by `lexicon.py`, which lets
topics and intents share one index, so that each post is scanned once. `words.py` splits the text into words;
`scanner.py` looks the phrases up.

A phrase is written as people write it. A final `*` makes it a beginning: `refill*` finds "refills". `#word` matches a
hashtag only; `@*` matches any handle. A handle is one word, so nothing is found inside it. An emoji may be a phrase or
part of one.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Final

from librt.vecs import vec
from mypy_extensions import i64

from streams.reading import languages
from streams.reading.languages import FunctionWords
from streams.reading.topics.groups import Find, Group, Weighing
from streams.reading.topics.scanner import GROUPS_A_PART, Match, Scanner, parts_of
from streams.reading.topics.words import Words, emoji_of, shortened, spaced

REACH: Final = 3
"""Most words from a negator to the phrase that it negates, in one part of a sentence: "not a bit rude"."""

REMEMBERED_TEXTS: Final = 256
"""Texts whose finds are kept until others come."""


class Found:
    """What a text has: groups and sums of weights. Kept until other texts come, with what callers decided by it."""

    def __init__(self, totals: vec[i64], parts: i64) -> None:
        self.totals = totals
        """The groups with at least one phrase that counts, in `parts` numbers; then, in the form of `weights.py`, the
        weights by lane of all phrases found, each once, whether they count or not, of the groups that count, and of
        any text."""
        self.parts = parts
        self.topics: tuple[str, ...] | None = None
        """What `topic_matcher.py` decided; None if it was not asked yet."""
        self.likely: i64 = 0
        """Bits of the lanes whose topics count and are not sure; set with `topics`."""

    @property
    def bits(self) -> int:
        """Of all groups with at least one phrase that counts."""
        bits = 0
        for part in range(self.parts - 1, -1, -1):
            bits = bits << GROUPS_A_PART | int(self.totals[part])
        return bits

    @property
    def low(self) -> i64:
        """Of the first `GROUPS_A_PART` groups."""
        return self.totals[0]


class Phrases:
    """An index over groups of phrases. Remembers the last texts, because several callers ask about a post in turn."""

    def __init__(
        self, groups: Iterable[Group], words: FunctionWords | None = None, weighing: Weighing | None = None
    ) -> None:
        """`words`: has the negators; without it, the shipped languages. `weighing`: weights of phrases, whether a group
        has them or not, and of groups. Raises `ValueError` for a phrase that has no letter, digit or emoji."""
        groups = tuple(groups)
        weighing = weighing or Weighing()
        self._bits = {group.name: 1 << number for number, group in enumerate(groups)}
        size = len(groups)
        self._negatable = sum(self._bits[group.name] for group in groups if group.negatable)
        self._opposites = [(self._bits[one.name], self._bits[one.opposite]) for one in groups if one.opposite]
        # What a pattern is for: groups it counts for, groups it strikes, and whether it negates.
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
        self._negates = 1 << size
        self._negating_part: i64 = size // GROUPS_A_PART
        words = words or languages.load()
        self._negators = frozenset(word.encode() for word in words.negators)
        self._barriers = frozenset(word.encode() for word in words.barriers)
        if self._negatable:
            add(words.negators, self._negates, counts)
        weighed: dict[bytes, dict[int, int]] = {}
        for phrase, weights in weighing.phrases.items():
            pattern = pattern_of(phrase)
            row = weighed.setdefault(pattern, {})
            for lane, weight in weights.items():
                row[lane] = row.get(lane, 0) + weight
            written.setdefault(pattern, phrase)
            counts.setdefault(pattern, 0)
        self._known = frozenset(word for pattern in written for word in pattern.split()) | self._barriers
        patterns = [*strikes, *(pattern for pattern in counts if pattern not in strikes)]
        self._written = [written[pattern] for pattern in patterns]
        self._masks = [counts.get(pattern, 0) for pattern in patterns]
        self._strikes = [strikes.get(pattern, 0) for pattern in patterns]
        rows_of: list[dict[int, int]] = [weighed.get(pattern, {}) for pattern in patterns]
        of_groups = [*(weighing.groups.get(group.name, {}) for group in groups), {}]  # the last: negators
        self._scanner = Scanner(
            patterns, self._masks, self._strikes, rows_of, of_groups, weighing.start, weighing.lanes
        )
        parts = int(self._scanner.parts)
        self._parts: i64 = parts
        self._every = vec[i64](parts_of((1 << size) - 1, parts))
        self._negation = vec[i64](parts_of(self._negates, parts))
        self._negatable_parts = vec[i64](parts_of(self._negatable, parts))
        self._doubtful = vec[i64]([0] * parts)
        self._counting = vec[i64]([0] * parts)
        self._words = Words(emoji_of("".join(self._written)))
        self._scanned: dict[str, Found] = {}

    @property
    def size(self) -> int:
        """Number of phrases of any kind; one in several groups counts once."""
        return len(self._written)

    def bit(self, group: str) -> int:
        """The group's bit in `Found.bits`."""
        return self._bits[group]

    def prepare(self, texts: list[str]) -> None:
        """Scan texts that are asked for next, and forget earlier ones. Step by step through all of them, so that each
        step's tables stay in the core's cache."""
        words = self._words
        said = [words.letters(text) for text in texts]
        self._scanned = {text: self._scan(text, letters) for text, letters in zip(texts, said, strict=True)}

    def found(self, text: str) -> Found:
        """What the text has. Takes any string."""
        known = self._scanned.get(text)
        if known is None:
            if len(self._scanned) >= REMEMBERED_TEXTS:
                self._scanned = {}
            known = self._scanned[text] = self._scan(text, self._words.letters(text))
        return known

    def _scan(self, text: str, letters: bytes) -> Found:
        """What `found` says of a text with these letters."""
        scanner = self._scanner
        scanner.scan(letters)
        if scanner.stretched:
            letters = self._spoken(text)
            scanner.scan(letters)
        if self._doubt():
            self._settle(text, letters)
        scanner.weigh()
        return Found(scanner.totals[:], self._parts)

    def _doubt(self) -> bool:
        """Whether a group was found that a find may have struck, or a negator negated; notes which in `_doubtful`."""
        scanner, doubtful = self._scanner, self._doubtful
        found = scanner.totals
        negated = any_of(found, self._negation)
        for part in range(self._parts):
            found[part] = found[part] & self._every[part]
            doubtful[part] = found[part] & self._negatable_parts[part] if negated else 0
        masks = scanner.masks
        for number in range(scanner.striking):
            strikes = scanner.strikes(scanner.strikers[number])
            for part in range(self._parts):
                doubtful[part] = doubtful[part] | found[part] & masks[strikes + part]
        return any_of(doubtful, doubtful)

    def _settle(self, text: str, letters: bytes) -> None:
        """Take the `_doubtful` groups out of those found, but for those that a match counts for which nothing strikes
        and no negator negates; add the opposites of negated groups."""
        scanner, doubtful, counting = self._scanner, self._doubtful, self._counting
        found, rows = scanner.totals, scanner.rows
        words = b""
        for part in range(self._parts):
            found[part] = found[part] & ~doubtful[part]
        for match in range(scanner.matches):
            row = scanner.row(match)
            any_part: i64 = 0
            for part in range(self._parts):
                counting[part] = rows[row + part] & doubtful[part]
                any_part |= counting[part]
            if not any_part:
                continue
            self._strike(match)
            if any_of(counting, self._negatable_parts) and self._follows_negator(match):
                words = words or spaced(letters)
                if self._negator(text, words, int(scanner.start(match))):
                    self._negate()
            for part in range(self._parts):
                found[part] = found[part] | counting[part]

    def _strike(self, match: i64) -> None:
        """Take out of `_counting` the groups that other matches strike which share a letter with the match."""
        scanner, counting = self._scanner, self._counting
        masks = scanner.masks
        start, end = scanner.start(match), scanner.end(match)
        for number in range(scanner.striking):
            other = scanner.strikers[number]
            # Both begin and end with a space; sharing only that is not enough.
            if scanner.start(other) < end - 1 and start < scanner.end(other) - 1:
                strikes = scanner.strikes(other)
                for part in range(self._parts):
                    counting[part] = counting[part] & ~masks[strikes + part]

    def _follows_negator(self, match: i64) -> bool:
        """Whether a negator stands anywhere before a match; `_negator` looks closer, which takes longer."""
        scanner, part = self._scanner, self._negating_part
        negation = self._negation[part]
        start = scanner.start(match)
        for other in range(scanner.matches):
            if scanner.start(other) < start and scanner.rows[scanner.row(other) + part] & negation:
                return True
        return False

    def _negate(self) -> None:
        """Take negated groups out of `_counting`; put their opposites there."""
        counting = sum(int(part) << GROUPS_A_PART * place for place, part in enumerate(self._counting))
        opposites = 0
        for bit, opposite in self._opposites:
            if counting & bit:
                opposites |= opposite
        counting = counting & ~self._negatable | opposites
        for place, part in enumerate(parts_of(counting, int(self._parts))):
            self._counting[place] = part

    def _negator(self, text: str, words: bytes, start: int) -> bytes:
        """The negator of a match that begins at `start` of the plain words: among the `REACH` words before it, in the
        same part of the sentence, without a barrier between; empty if there is none."""
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
        matches = self._matched(self._spoken(text))
        return tuple(dict.fromkeys(self._written[index] for index, _, _ in matches))

    def explain(self, text: str) -> tuple[Find, ...]:
        """Every phrase found, in order, with the phrase or negator that stops it from counting."""
        words = self._spoken(text)
        return tuple(self._told(text, words, self._matched(words)))

    def _matched(self, words: bytes) -> list[Match]:
        """Every match."""
        self._scanner.scan(words)
        return self._scanner.matched()

    def _spoken(self, text: str) -> bytes:
        """The plain words, stretched ones shortened."""
        return shortened(self._words.plain(text), self._known)

    def _told(self, text: str, words: bytes, matches: list[Match]) -> Iterator[Find]:
        for index, start, end in matches:
            for group, bit in self._bits.items():
                if self._masks[index] & bit:
                    by = (
                        self._written[other]
                        for other, other_start, other_end in matches
                        if self._strikes[other] & bit and other_start < end - 1 and start < other_end - 1
                    )
                    negator = self._negator(text, words, start) if bit & self._negatable else b""
                    yield Find(group, self._written[index], next(by, ""), negator.decode())


def any_of(bits: vec[i64], others: vec[i64]) -> bool:
    """Whether two masks share a bit. `bits`: may go on with something else."""
    part: i64 = 0
    while part < len(others):
        if bits[part] & others[part]:
            return True
        part += 1
    return False


def pattern_of(phrase: str) -> bytes:
    """The plain words of a phrase. Raises `ValueError` if it has none."""
    # Lower case: a hashtag is split at capitals in texts, never in a phrase.
    pattern = Words().plain(phrase.removesuffix("*").lower())
    if not pattern.strip():
        raise ValueError(f"the phrase {phrase!r} has no letter, digit or emoji")
    return pattern[:-1] if phrase.endswith("*") else pattern
