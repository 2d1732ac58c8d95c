"""Whether an hour has more posts than the same hour of past weeks had: the surprise of one series of hourly counts.

Owns the baseline, the score, the sum of small excesses (CUSUM) and their limits. Called with the counts of one
hospital, of all posts or of one topic, once for each hour that closes; an hour that is still running may be judged,
too, for more posts can only raise its score. Does not know what is counted, nor whether the stream was down: hours
that were not heard look like quiet ones.

Sources: Anscombe 1948 (square root of counts), Page 1954 (CUSUM), Fricker, Hegler and Dunfee 2008 (CUSUM finds more
than EARS' C1 to C3). The limits of `Rule` are tuned in `bench/surges.py`, which says on what.
"""

from collections.abc import Sequence
from math import sqrt
from typing import Literal

import msgspec

from streams.vocabulary import SurgeVerdict

WEEK = 168
"""Hours."""
WEEKS = 4
"""How far back the baseline looks: hours are kept 28 days."""
DRIFT_HOURS = 46
"""How long small excesses add up. The oldest baseline then begins 46 + 672 + 1 hours back: within the 720 hours that an
hour's row is kept."""
HISTORY = DRIFT_HOURS + WEEKS * WEEK + 2
"""Counts that decide an answer, the hour itself included. Older ones change nothing."""

State = SurgeVerdict
Why = Literal["history", "usual", "few", "hour", "drift"]
"""`history`: less than two weeks heard. `few`: unusual, but of too few posts. `hour`: this hour by itself. `drift`:
many small excesses."""


class Rule(msgspec.Struct, frozen=True):
    """The limits. The defaults are the product's; the bench tries others."""

    score: float = 3.7
    """One hour is a surge from here, in standard deviations."""
    slack: float = 1.0
    """An hour's score less this is what adds up: below it nothing does."""
    drift: float = 3.0
    """What added up is a surge from here."""
    fewest: int = 5
    """Posts, in the hour (or in the hours that added up), below which nothing is a surge."""
    spread: float = 0.06
    """Variance of one hour beyond Poisson's, as a share of its mean squared: 0.06 is an hour that is 24 % off."""
    drift_spread: float = 0.15
    """The same where hours add up: larger, for a day that is off is so in all its hours, and they are not chance."""
    prior: float = 3.0
    """Posts that the series' own mean weighs against what the same hours of past weeks had."""
    outlier: float = 3.0
    """A past week that is so many standard deviations above the mean of the others is left out."""


RULE = Rule()


class Surge(msgspec.Struct, frozen=True):
    """One hour of one series, judged."""

    state: State
    why: Why
    observed: int
    """Posts."""
    expected: float
    """Posts; 0 while learning."""
    score: float
    """Standard deviations above expectation; negative below it."""
    cusum: float
    """Sum of the excesses of up to 46 hours, in standard deviations."""


def surge(counts: Sequence[int], at: int | None = None, rule: Rule = RULE) -> Surge:
    """Judge the hour `counts[at]` (the last one, if not said) by the hours before it.

    `counts`: posts an hour, oldest first, none left out, from the first hour that was heard or the oldest that is
    kept. Hours after `at` are not looked at, and of those before it the last `HISTORY` alone. Costs up to 46 baselines:
    `Watch` says the same for one.
    """
    last = len(counts) - 1 if at is None else at
    watch = Watch(rule)
    first = max(0, last + 1 - HISTORY)
    window = list(counts[first : last + 1])
    fed = max(0, len(window) - DRIFT_HOURS)
    watch.begin(window[:fed])
    answer = _LEARNING
    for count in window[fed:]:
        answer = watch.push(count)
    return answer


class Watch:
    """One series, hour by hour: the same answers as `surge`, for the cost of one baseline an hour."""

    __slots__ = ("_counts", "_rule", "_scores")

    def __init__(self, rule: Rule = RULE) -> None:
        self._rule = rule
        self._counts: list[int] = []
        self._scores: list[tuple[int, float]] = []

    def begin(self, counts: Sequence[int]) -> None:
        """Take hours as heard, oldest first, without judging them."""
        self._counts = list(counts)
        self._scores = []

    def push(self, count: int) -> Surge:
        """Take the next hour's posts and judge it."""
        rule, counts, scores = self._rule, self._counts, self._scores
        counts.append(count)
        if len(counts) > 2 * HISTORY:
            del counts[:-HISTORY]
        mean = expected(counts, len(counts) - 1, rule)
        if mean is None:
            return Surge("learning", "history", count, 0.0, 0.0, 0.0)
        score = surprise(count, mean, rule.spread)
        scores.append((count, surprise(count, mean, rule.drift_spread)))
        if len(scores) > DRIFT_HOURS:
            del scores[0]
        total, posts = _cusum(scores, rule)
        state, why = _judge(count, score, total, posts, rule)
        return Surge(state, why, count, mean, score, total)


_LEARNING = Surge("learning", "history", 0, 0.0, 0.0, 0.0)


def expected(counts: Sequence[int], at: int, rule: Rule = RULE) -> float | None:
    """Posts to expect in the hour `at`; None with less than two weeks before it.

    The mean of that hour and the two beside it in each of the past four weeks, without a week that stands out, drawn
    towards the series' own mean by as much as the hours have few posts (the mean of a gamma prior worth
    `rule.prior` posts, after Poisson counts).
    """
    near: list[int] = []
    whole: list[int] = []
    middle, end = at - WEEK, at
    for _ in range(WEEKS):
        if middle < 1:
            break
        near.append(counts[middle - 1] + counts[middle] + counts[middle + 1])
        whole.append(sum(counts[middle:end]))
        middle, end = middle - WEEK, middle
    if len(near) < 2:
        return None
    own = _usual(whole, rule) / WEEK
    if own == 0.0:
        return _usual(near, rule) / 3
    kept = _kept(near, rule)
    return (sum(kept) + rule.prior) / (3 * len(kept) + rule.prior / own)


def surprise(observed: float, mean: float, spread: float = 0.0) -> float:
    """Standard deviations by which a count exceeds its mean, by Anscombe's square root, 0 at the mean.

    `spread`: variance beyond Poisson's, as a share of the mean squared.
    """
    return 2 * (sqrt(observed + 0.375) - sqrt(mean + 0.375)) / sqrt(1 + spread * mean)


def _kept(weeks: list[int], rule: Rule) -> list[int]:
    """The weeks without the highest, if it stands out from the others: a past surge is no part of the usual."""
    highest = max(weeks)
    others = (sum(weeks) - highest) / (len(weeks) - 1)
    if surprise(highest, others, rule.spread) < rule.outlier:
        return weeks
    kept = list(weeks)
    kept.remove(highest)
    return kept


def _usual(weeks: list[int], rule: Rule) -> float:
    kept = _kept(weeks, rule)
    return sum(kept) / len(kept)


def _cusum(scores: Sequence[tuple[int, float]], rule: Rule) -> tuple[float, int]:
    """What added up until now, and the posts of the hours that it is made of.

    Held at one and a half times the limit, so that it ends soon after its cause.
    """
    total, posts = 0.0, 0
    slack, most = rule.slack, 1.5 * rule.drift
    for count, score in scores:
        total += score - slack
        if total <= 0.0:
            total, posts = 0.0, 0
            continue
        posts += count
        total = min(total, most)
    return total, posts


def _judge(count: int, score: float, cusum: float, posts: int, rule: Rule) -> tuple[State, Why]:
    if score >= rule.score and count >= rule.fewest:
        return "surge", "hour"
    if cusum >= rule.drift and posts >= rule.fewest:
        return "surge", "drift"
    if score >= rule.score or cusum >= rule.drift:
        return "normal", "few"
    return "normal", "usual"
