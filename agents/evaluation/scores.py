"""Figures over labelled answers: F1 of label sets, accuracy and confusion of one label. Plain arithmetic.

Called by `posts.py` and `accuracy.py`. Knows no topic and no file.
"""

import random
from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

DIGITS = 4


class Score(msgspec.Struct, frozen=True):
    """One label's figures."""

    precision: float
    recall: float
    f1: float
    labelled: int
    """Posts that have the label."""
    answered: int
    """Posts for which it was the answer."""


class Scores(msgspec.Struct, frozen=True):
    """Figures over sets of labels."""

    macro_f1: float
    """Mean over labels that occur in the labelling or in the answers; 0 where none does."""
    micro_f1: float
    """Of all labels thrown together."""
    per_topic: dict[str, Score]
    """By label, sorted."""


class Choices(msgspec.Struct, frozen=True):
    """Figures over exactly one label each."""

    accuracy: float
    confusion: dict[str, dict[str, int]]
    """Label -> answer -> posts; only what occurs."""

    def scores(self) -> dict[str, Score]:
        """By label, sorted."""
        answered: Counter[str] = Counter()
        for row in self.confusion.values():
            answered.update(row)
        rows = {label: self.confusion.get(label, {}) for label in sorted(self.confusion.keys() | answered.keys())}
        return {label: _score(row.get(label, 0), sum(row.values()), answered[label]) for label, row in rows.items()}


def over_sets(pairs: Iterable[tuple[frozenset[str], frozenset[str]]]) -> Scores:
    """(labelled, answered) of each post."""
    right: Counter[str] = Counter()
    labelled: Counter[str] = Counter()
    answered: Counter[str] = Counter()
    for truth, answer in pairs:
        labelled.update(truth)
        answered.update(answer)
        right.update(truth & answer)
    per_topic = {
        one: _score(right[one], labelled[one], answered[one]) for one in sorted(labelled.keys() | answered.keys())
    }
    macro = sum(one.f1 for one in per_topic.values()) / len(per_topic) if per_topic else 0.0
    micro = _score(right.total(), labelled.total(), answered.total()).f1
    return Scores(round(macro, DIGITS), micro, per_topic)


def over_choices(pairs: Sequence[tuple[str, str]]) -> Choices:
    """(labelled, answered) of each post."""
    confusion: dict[str, dict[str, int]] = {}
    for (truth, answer), count in sorted(Counter(pairs).items()):
        confusion.setdefault(truth, {})[answer] = count
    return Choices(accuracy(pairs), confusion)


def accuracy(pairs: Sequence[tuple[object, object]]) -> float:
    """Share of (labelled, answered) that agree; 0 of none."""
    return round(sum(truth == answer for truth, answer in pairs) / len(pairs), DIGITS) if pairs else 0.0


def _score(right: int, labelled: int, answered: int) -> Score:
    precision = right / answered if answered else 0.0
    recall = right / labelled if labelled else 0.0
    f1 = 2 * right / (labelled + answered) if labelled + answered else 0.0
    return Score(round(precision, DIGITS), round(recall, DIGITS), round(f1, DIGITS), labelled, answered)


def bootstrap(pairs: Sequence[tuple[bool, bool]], samples: int) -> tuple[float, float]:
    """Between which F1 lie 95 % of `samples` drawn with replacement from (labelled, answered). Seeded."""
    draw = random.Random(0)  # noqa: S311 - no secret
    found: list[float] = []
    for _ in range(samples):
        drawn = draw.choices(pairs, k=len(pairs))
        right = sum(truth and answer for truth, answer in drawn)
        both = sum(truth for truth, _ in drawn) + sum(answer for _, answer in drawn)
        found.append(2 * right / both if both else 0.0)
    found.sort()
    return found[int(0.025 * samples)], found[int(0.975 * samples) - 1]
