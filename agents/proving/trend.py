"""How a figure went over a run: where it began and ended, and its slope.

Called by `soak.py`. Pure: numbers in, numbers out.
"""

from collections.abc import Sequence
from typing import NamedTuple

HOUR = 3600.0


class Trend(NamedTuple):
    """One figure over a run; in its own unit."""

    first: float
    """At the end of the warm-up."""
    last: float
    most: float
    """Warm-up included."""
    hourly: float | None
    """Slope after the warm-up by least squares, per hour; None with fewer than three samples there."""


def trend(points: Sequence[tuple[float, float]], warm_up: float) -> Trend:
    """Of (seconds since the start, value), oldest first, at least one."""
    warm = [(at, value) for at, value in points if at >= warm_up] or list(points[-1:])
    return Trend(warm[0][1], warm[-1][1], max(value for _, value in points), _slope(warm))


def _slope(points: Sequence[tuple[float, float]]) -> float | None:
    count = len(points)
    if count < 3:  # two points have a slope, and nothing tells it from chance
        return None
    middle = sum(at for at, _ in points) / count
    mean = sum(value for _, value in points) / count
    spread = sum((at - middle) ** 2 for at, _ in points)
    return HOUR * sum((at - middle) * (value - mean) for at, value in points) / spread if spread else None
