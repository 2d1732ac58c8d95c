"""What phrases are looked for, in groups of one meaning, what they weigh, and what is told of one that was found.

Made by `taxonomy.py`, `intent_words.py` and `overlay.py`; `phrases.py` finds them. Shapes alone: a module with shapes
cannot be compiled (`deploy/compiled/modules.py`), so they stand apart from the functions that use them.
"""

from collections.abc import Mapping

import msgspec


class Group(msgspec.Struct, frozen=True):
    """Phrases of one meaning."""

    name: str
    phrases: tuple[str, ...]
    unless: tuple[str, ...] = ()
    """Phrases in which they mean something else: a find that overlaps one does not count."""
    negatable: bool = False
    """A find soon after a negator ("not rude") does not count. Set it for praise and blame; a topic stays the same when
    negated."""
    opposite: str = ""
    """Name of the group for which a negated find counts; empty if for none."""


class Find(msgspec.Struct, frozen=True):
    """One phrase found, for a person to read. It counts if both `struck_by` and `negated_by` are empty."""

    group: str
    phrase: str
    struck_by: str
    """The `unless` phrase that it overlaps."""
    negated_by: str = ""
    """The negator before it."""


class Weighing(msgspec.Struct, frozen=True):
    """What finds weigh, by lane: a topic or an intent, by its number. What is absent weighs 0."""

    lanes: int = 0
    """How many there are."""
    start: Mapping[int, int] = {}
    """What any text has: lane -> weight."""
    phrases: Mapping[str, Mapping[int, int]] = {}
    groups: Mapping[str, Mapping[int, int]] = {}
    """By a group's name, where one of its phrases counts."""

    def beside(self, other: "Weighing", first: int) -> "Weighing":
        """Both, with the lanes of `other` from `first` on, which is above these."""
        return Weighing(
            first + other.lanes,
            _above(self.start, other.start, first),
            {
                one: _above(self.phrases.get(one, {}), other.phrases.get(one, {}), first)
                for one in (*self.phrases, *(one for one in other.phrases if one not in self.phrases))
            },
            {
                one: _above(self.groups.get(one, {}), other.groups.get(one, {}), first)
                for one in (*self.groups, *(one for one in other.groups if one not in self.groups))
            },
        )


def _above(lower: Mapping[int, int], upper: Mapping[int, int], first: int) -> dict[int, int]:
    return {**lower, **{lane + first: weight for lane, weight in upper.items()}}
