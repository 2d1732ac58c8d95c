"""What a hospital set itself beside what it has: actual, target and whether one can say that it is met.

Owns how each goal of the directory is computed, over which window, and the rule of its state. Called with counts that
the windows and responses hold. Knows no table. `docs/directory.md` names the goals, `docs/indicators.md` explains them.
"""

from collections.abc import Callable, Iterable
from math import inf, isinf
from typing import Literal

import msgspec

from streams.directory.hospital import GOALS, Goal
from streams.indicators.intervals import FEWEST, Interval, median_ranks, poisson, quantile, wilson
from streams.vocabulary import GoalVerdict

Window = Literal["28d", "72h"]
State = GoalVerdict | Literal["no_target"]
Why = Literal["interval", "within", "fewest", "nothing", "census", "none"]
"""What decided the state; `RULES` has it in words."""

RULES: dict[Why, str] = {
    "interval": "the whole 95 % interval is on one side of the target",
    "within": "the target is within the 95 % interval: chance alone could decide",
    "fewest": f"fewer than {FEWEST} posts",
    "nothing": "nothing is known yet",
    "census": "counted, not estimated: compared as it is",
    "none": "the hospital set itself no target",
}

DISTINCT_ERROR = 0.0
"""Relative standard error of an exact count of authors; the default."""


class Cohort(msgspec.Struct, frozen=True):
    """Questions old enough to be judged: asked within the window, and at least as long ago as an answer may take."""

    asked: int = 0
    answered: int = 0
    """Of these, within that time."""


class Times(msgspec.Struct, frozen=True):
    """Minutes to the first answer of a cohort, as a histogram."""

    edges: tuple[float, ...]
    """Upper edges of the buckets, rising, minutes."""
    counts: tuple[int, ...]
    """One more than edges: the last are answers that took longer."""
    unanswered: int = 0
    """Asked long enough ago and never answered: they count as later than any answer."""


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """Of one hospital. All but the last group are of the 28 days."""

    posts: int = 0
    """Inbound."""
    located: int = 0
    """Of these, with an author who has a place."""
    local: int = 0
    """Of these, local."""
    complaints: int = 0
    """Inbound posts that complain."""
    within_1h: Cohort = Cohort()
    """Asked at least an hour ago."""
    within_24h: Cohort = Cohort()
    """Asked at least a day ago."""
    times: Times = Times((), (0,))
    """Of questions asked at least as long ago as one stays open."""
    local_authors: int = 0
    """Different ones."""
    local_authors_error: float = DISTINCT_ERROR
    """Relative standard error of their estimate: 1.04 / sqrt(registers) of a HyperLogLog (Flajolet and others 2007)."""
    residents: int = 0
    """Of the hospital's service area; 0: not known."""
    unanswered: int | None = None
    """Questions and requests of the last 72 h that are open now; None where it is not known."""


class Reading(msgspec.Struct, frozen=True):
    """What is, of one goal, in the goal's unit."""

    actual: float | None
    """None: nothing to compute it from, or (a median) not reached because fewer than half were answered."""
    low: float | None
    high: float | None
    """The 95 % interval; None for a count of what is. Infinity: beyond the longest time that is told apart."""
    of: int
    """Posts (or residents) that it rests on."""
    window: Window
    enough: bool
    """Whether it rests on enough to be compared."""


class GoalState(msgspec.Struct, frozen=True):
    """One goal of one hospital."""

    goal: Goal
    unit: str
    better: Literal["higher", "lower"]
    target: float | None
    state: State
    why: Why
    reading: Reading

    @property
    def rule(self) -> str:
        """What decided, in words."""
        return RULES[self.why]


def goals(targets: Iterable[tuple[Goal, float]], counts: Counts) -> tuple[GoalState, ...]:
    """Every goal that there is, in the directory's order; those without a target show what is."""
    wanted = dict(targets)
    return tuple(judge(goal, wanted.get(goal), read(goal, counts)) for goal in GOALS)


def judge(goal: Goal, target: float | None, reading: Reading) -> GoalState:
    """Whether a target is met, as far as one can say. A target is met when it is just reached."""
    kind = GOALS[goal]
    state: State = "too_few"
    why: Why
    if target is None:
        state, why = "no_target", "none"
    elif not reading.enough:
        why = "fewest" if reading.of else "nothing"
    else:
        # Lower is better: the same question with every sign turned.
        sign = 1 if kind.better == "higher" else -1
        ends = [sign * end for end in (reading.low, reading.high) if end is not None]
        why = "interval" if ends else "census"
        ends = ends or [sign * (reading.actual or 0.0)]
        if min(ends) >= sign * target:
            state = "met"
        elif max(ends) < sign * target:
            state = "missed"
        else:
            why = "within"
    return GoalState(goal, kind.unit, kind.better, target, state, why, reading)


def read(goal: Goal, counts: Counts) -> Reading:
    """What is, of one goal."""
    return _READ[goal](counts)


def _share(hits: int, of: int) -> Reading:
    low, high = wilson(hits, of)
    return Reading(100 * hits / of if of else None, 100 * low, 100 * high, of, "28d", of >= FEWEST)


def _median(times: Times) -> Reading:
    counts = (*times.counts[:-1], times.counts[-1] + times.unanswered)
    of = sum(counts)
    low, high = (quantile(times.edges, counts, share) for share in median_ranks(of))
    actual = quantile(times.edges, counts, 0.5)
    # Where the ranks reach below the first or beyond the last, few as they are, no limit is known.
    return Reading(None if isinf(actual) else actual, low, high, of, "28d", of >= FEWEST)


def _authors(counts: Counts) -> Reading:
    if not counts.residents:
        return Reading(None, None, None, 0, "28d", False)
    per = counts.residents / 10_000
    low, high = _widened(poisson(counts.local_authors), counts.local_authors_error)
    return Reading(counts.local_authors / per, low / per, high / per, counts.residents, "28d", True)


def _widened(interval: Interval, error: float) -> Interval:
    """As far again as the estimate itself may be off, either way."""
    off = min(1.0, 1.96 * error)
    return Interval(interval.low * (1 - off), interval.high / (1 - off) if off < 1 else inf)


def _open(counts: Counts) -> Reading:
    return Reading(counts.unanswered, None, None, counts.unanswered or 0, "72h", counts.unanswered is not None)


_READ: dict[Goal, Callable[[Counts], Reading]] = {
    "local_share": lambda counts: _share(counts.local, counts.located),
    "located_share": lambda counts: _share(counts.located, counts.posts),
    "answered_1h_share": lambda counts: _share(counts.within_1h.answered, counts.within_1h.asked),
    "answered_24h_share": lambda counts: _share(counts.within_24h.answered, counts.within_24h.asked),
    "first_response_minutes": lambda counts: _median(counts.times),
    "unanswered_questions": _open,
    "complaint_share": lambda counts: _share(counts.complaints, counts.posts),
    "local_authors_per_10000": _authors,
}
