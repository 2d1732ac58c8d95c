"""Kinds of questions: intent, tier and topics, each written down once and then known by a number.

Called by `questions.py`, which keeps a number for each question, and by `question_counts.py`, which counts by the names
that stand here. One table of kinds serves all rows of a worker; it knows no question and no row, and nothing of it is
written anywhere: a row on the wire says its kinds in full.
"""

from sys import intern

from streams.tables.cells import near_of
from streams.tables.question_wire import Kind
from streams.vocabulary import Intent, Tier

SAFETY = "safety_event"
"""The topic of class X: something may have gone wrong in care."""


def is_urgent(intent: Intent, topics: tuple[str, ...] | list[str]) -> bool:
    """Whether somebody may be in danger, or something went wrong in care: such questions stand first."""
    return intent == "crisis" or SAFETY in topics


class Kinds:
    """Numbers of kinds. It only grows: by one for each combination of intent, tier and topics, some 400 bytes."""

    __slots__ = ("_names", "_numbers", "kinds", "urgent")

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str, tuple[str, ...]], int] = {}
        self.kinds: list[Kind] = []
        """Number -> the kind."""
        self.urgent: list[bool] = []
        self._names: dict[tuple[int, str], tuple[str, ...]] = {}

    def number(self, intent: Intent, tier: Tier, topics: tuple[str, ...]) -> int:
        """The number of a kind, a new one if need be."""
        found = self._numbers.get((intent, tier, topics))
        if found is None:
            kind = Kind(intent, tier, tuple(topics))
            found = self._numbers[intent, tier, kind.topics] = len(self.kinds)
            self.kinds.append(kind)
            self.urgent.append(is_urgent(intent, kind.topics))
        return found

    def names(self, number: int, end: str) -> tuple[str, ...]:
        """The cells that a question of a kind raises: `q/asked`, `q/intent/question/asked`, `q/near/local/asked`.
        `end`: `asked`, or `within/` and an edge. The same strings each time, for they are kept in many counts."""
        found = self._names.get((number, end))
        if found is None:
            kind = self.kinds[number]
            starts = ("q", f"q/intent/{kind.intent}", f"q/near/{near_of(kind.tier)}")
            found = self._names[number, end] = tuple([intern(f"{start}/{end}") for start in starts])
        return found
