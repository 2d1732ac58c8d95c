"""What is said of surges, and what of a service line's is held back.

Called by `hospital.py` with what was judged last. Does not judge: `streams/indicators/surge.py` does.
"""

from collections.abc import Mapping

import msgspec

from streams.figures.about import Names
from streams.figures.shape import SurgeFigure, Surges
from streams.indicators import surge
from streams.indicators.small_cells import MINIMUM_CELL

WHY: Mapping[surge.Why, str] = {
    "history": "less than two weeks heard",
    "usual": "as in past weeks",
    "few": "more than usual, but of too few posts",
    "hour": "this hour has far more posts than the same hour of past weeks",
    "drift": "the last two days have more posts than usual, hour after hour",
}
HELD_BACK = f"fewer than {MINIMUM_CELL} posts: held back"
NOT_YET = "not judged yet since this worker took the hospital over"
POSTS = "posts"
"""Name of the series of all inbound posts; a topic's is its id."""


class Judged(msgspec.Struct, frozen=True):
    """One hospital's series, judged at the end of an hour."""

    hour: int
    """Since the epoch."""
    series: Mapping[str, surge.Surge]
    """`POSTS`, and every topic."""
    counted: tuple[int, ...] = ()
    """What the hour and the 28 days up to it counted when it was judged."""


def surges(judged: Judged | None, names: Names) -> Surges:
    """`judged`: None before the first time."""
    if judged is None:
        return Surges(hour=None, posts=None, topics={}, service_lines={}, why=NOT_YET)
    series = judged.series
    return Surges(
        hour=judged.hour,
        posts=figure(series[POSTS]),
        topics={one: figure(series[one]) for one in names.topics if one in series},
        service_lines={one: figure_held_back(series[one]) for one in names.service_lines if one in series},
    )


def figure(found: surge.Surge) -> SurgeFigure:
    """Of posts that may be shown one by one."""
    return SurgeFigure(
        state=found.state,
        observed=found.observed,
        expected=found.expected,
        score=found.score,
        drift=found.cusum,
        why=WHY[found.why],
    )


def figure_held_back(found: surge.Surge) -> SurgeFigure:
    """Of a service line: from expectation and score a small count could be worked out again."""
    if found.observed >= MINIMUM_CELL:
        return figure(found)
    return SurgeFigure(state=found.state, observed=None, expected=None, score=None, drift=None, why=HELD_BACK)
