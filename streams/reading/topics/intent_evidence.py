"""Weighs what a post has for and against each intent: the rules' answer, lists, phrases and marks.

Owns intents.tsv and what a mark is. `make words` writes the file (`training/intents.py`); its form is that of
weights.tsv (`evidence.py`). Called by `intent.py`, whose rules give the answer that is weighed, and by `lexicon.py`,
which puts the weights of phrases and lists into the index. Knows no hospital.

The intent with the largest sum wins; of equal sums, the first in the order of precedence. A post asks
and requests something only if it speaks to the hospital, or has a single handle: then it was most likely meant.
"""

from collections.abc import Iterable
from importlib import resources
from typing import Final

from librt.vecs import vec
from mypy_extensions import i64

from streams.reading.topics.evidence import ANY_POST, Evidence, EvidenceError
from streams.reading.topics.intent_words import IntentFind
from streams.reading.topics.phrases import Found, Phrases
from streams.reading.topics.weights import LANES_A_NUMBER, Weights, numbers_for, unfold
from streams.vocabulary import INTENTS, Intent

FILE = "intents.tsv"
PRECEDENCE: Final[tuple[Intent, ...]] = (
    "crisis",
    "request",
    "question",
    "complaint",
    "compliment",
    "information",
    "none",
)
"""Of the labelling rules: a post of several intents has the first."""
MARKS: Final = (
    "has ?", "has !", "has @", "opens with @", "addressed", "names a hospital",
    "has a name before a word of care", "has a name after a word of place", "opens with a name",
)  # fmt: skip
"""What a post may have beside words, by bit."""
ADDRESSED: Final = 1 << MARKS.index("addressed")
NAMES: Final = MARKS.index("names a hospital")
"""From here on, marks tell of names; all but the first, of names in a post without a handle."""
LENGTHS: Final = (50, 100, 160)
"""Letters that divide posts into four lengths."""

_LENGTH: Final = 1 << len(MARKS)
_FIRST_ASK: Final = PRECEDENCE.index("request")
"""Where the two intents stand that need somebody who is asked; question is the other."""


def load() -> Evidence:
    """The weights that ship with Earshot. Raises `EvidenceError`."""
    return parse((resources.files(__package__) / FILE).read_text(encoding="utf-8"))


def parse(text: str) -> Evidence:
    """The weights in a file's text. Raises `EvidenceError`."""
    evidence = Evidence.parse(text, FILE, INTENTS)
    if missing := sorted(set(INTENTS).difference(evidence.topics)):
        raise EvidenceError(f"{FILE}: {ANY_POST} has no weight for {', '.join(missing)}; `make words` writes the file")
    return evidence


def marks_of(text: str, addressed: bool, names: int) -> int:
    """The marks of a text: bits of `MARKS`, and its length above them. `names`: the bits from `NAMES` on."""
    marks = names << NAMES
    if "?" in text:
        marks |= 1
    if "!" in text:
        marks |= 2
    if "@" in text:
        marks |= 4
        if text[0] == "@":
            marks |= 8
    if addressed:
        marks |= ADDRESSED
    length = len(text)
    for least in LENGTHS:
        if length >= least:
            marks += _LENGTH
    return marks


def mark_names(marks: int) -> list[str]:
    """The names of marks in the file, without brackets."""
    names = [name for bit, name in enumerate(MARKS) if marks >> bit & 1]
    length = marks >> len(MARKS)
    return [*names, f"under {LENGTHS[length]} letters" if length < len(LENGTHS) else f"{LENGTHS[-1]} letters or more"]


class IntentEvidence:
    """Finds the intent that outweighs the others."""

    def __init__(self, evidence: Evidence, phrases: Phrases, rules: Iterable[str], first_lane: int) -> None:
        """`phrases`: an index with the weights of `evidence` from lane `first_lane` on, which begins a number
        (`weights.py`). `rules`: names of what the rules may answer."""
        self._evidence = evidence
        self._phrases = phrases
        self._first: i64 = first_lane // LANES_A_NUMBER
        names = list(rules)
        self._rules = {rule: row for row, rule in enumerate(names)}
        self._marks: i64 = len(names)
        """The row of the first mark; those of lengths stand after the marks'."""
        lengths = [mark_names(length * _LENGTH)[-1] for length in range(len(LENGTHS) + 1)]
        lanes = len(PRECEDENCE)
        rows = [evidence.of_list(name) for name in (*names, *MARKS, *lengths)]
        self._rows = Weights(rows, lanes)
        self._numbers = vec[i64]([0] * numbers_for(lanes))
        self._order = vec[i64]([evidence.topics.index(intent) for intent in PRECEDENCE])
        """The lanes of intents in the order of precedence, from `_first` on."""
        self._sums = vec[i64]([0] * len(PRECEDENCE))
        """By lane from `_first` on, of the last post that was weighed."""

    def heaviest(self, text: str, found: Found, rule: str, marks: int) -> Intent:
        """The intent with the largest sum. `found`: in the text."""
        self._weigh(found, rule, marks)
        sums, order, asks = self._sums, self._order, self._may_ask(text, marks)
        best: i64 = -1
        place: i64 = 0
        while place < len(order):
            if (best < 0 or sums[order[place]] > sums[order[best]]) and (
                asks or not _FIRST_ASK <= place < _FIRST_ASK + 2
            ):
                best = place
            place += 1
        return PRECEDENCE[best]

    def sums(self, text: str, found: Found, rule: str, marks: int) -> dict[Intent, int]:
        """Intent -> sum, in the order of precedence, of those that the post may have."""
        self._weigh(found, rule, marks)
        asks = self._may_ask(text, marks)
        return {
            intent: int(self._sums[self._order[place]])
            for place, intent in enumerate(PRECEDENCE)
            if asks or intent not in ("request", "question")
        }

    def told(self, names: Iterable[str], text: str) -> tuple[IntentFind, ...]:
        """The weights of the lists, rules and marks in `names`, of the phrases found, and of any post."""
        weights = self._evidence.weights
        every = [ANY_POST, *(f"[{name}]" for name in names), *self._phrases.phrases_in(text)]
        rows = [(one, intent, weights.get(one, {}).get(intent, 0)) for one in every for intent in PRECEDENCE]
        return tuple(IntentFind(one, intent, weight) for one, intent, weight in rows if weight)

    def _may_ask(self, text: str, marks: int) -> bool:
        return bool(marks & ADDRESSED) or text.count("@") == 1

    def _weigh(self, found: Found, rule: str, marks: int) -> None:
        """Add up `_sums`."""
        numbers, totals, rows = self._numbers, found.totals, self._rows
        first = found.parts + self._first
        step: i64 = 0
        while step < len(numbers):
            numbers[step] = totals[first + step]
            step += 1
        rows.add(self._rules[rule], numbers, 0)
        row: i64 = self._marks
        rest: i64 = marks
        for _ in MARKS:
            if rest & 1:
                rows.add(row, numbers, 0)
            rest >>= 1
            row += 1
        rows.add(row + rest, numbers, 0)
        unfold(numbers, 0, self._sums)
