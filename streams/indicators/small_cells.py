"""Counts that could point at a person are held back while they are small.

Owns the minimum and the rule. Called by `streams/metrics/` and `streams/figures/`, so that no two places show
different numbers. Knows no count by name.
"""

from collections.abc import Iterable

MINIMUM_CELL = 5
"""A service-line count below it could point at a person."""


def shown(count: int) -> int:
    """A count that may point at a person: 0 while it is small."""
    return count if count >= MINIMUM_CELL else 0


def held_back(counts: Iterable[int]) -> int:
    """How many of them `shown` shows as 0 although they are not."""
    return sum(0 < count < MINIMUM_CELL for count in counts)
