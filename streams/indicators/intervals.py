"""How far chance alone may have moved a figure: 95 % intervals of shares, rates and medians.

Owns their formulas. Called by `goals.py` and `service.py`. Knows no goal and no post.

Sources: Wilson 1927 for shares, as Brown, Cai and DasGupta 2001 advise; Garwood 1936 for counts by Poisson (exact);
order statistics for a median (Conover 1999, section 3.2), with the ranks from the normal approximation.
"""

from math import exp, inf, lgamma, log, sqrt
from typing import NamedTuple

Z95 = 1.959964
"""97.5 % of the normal distribution lie below it."""
FEWEST = 30
"""Posts below which a share is not shown: a Wilson interval is then up to 34 percentage points wide."""


class Interval(NamedTuple):
    """From `low` to `high`, both within."""

    low: float
    high: float


def wilson(hits: int, of: int, z: float = Z95) -> Interval:
    """Of the share `hits / of`, between 0 and 1. Nothing asked, nothing known: 0 to 1.

    Raises `ValueError` unless 0 <= hits <= of.
    """
    if not 0 <= hits <= of:
        raise ValueError(f"{hits} of {of}")
    if of == 0:
        return Interval(0.0, 1.0)
    share, squared = hits / of, z * z
    middle = (share + squared / (2 * of)) / (1 + squared / of)
    half = z * sqrt(share * (1 - share) / of + squared / (4 * of * of)) / (1 + squared / of)
    # At the ends the formula is exact but for rounding, which must not put the share outside.
    return Interval(0.0 if hits == 0 else max(0.0, middle - half), 1.0 if hits == of else min(1.0, middle + half))


def poisson(count: int, exposure: float = 1.0) -> Interval:
    """Of the rate `count / exposure`. The limits are half the chi-square quantiles of 2 count and 2 count + 2 degrees.

    Exact to 1e-6 for counts up to a million; costs time by the root of the count. Raises `ValueError` for a negative
    count or no exposure.
    """
    if count < 0 or exposure <= 0:
        raise ValueError(f"{count} in {exposure}")
    low = 0.0 if count == 0 else _mean_with_tail(count, _byar(count, -Z95), upper=True)
    return Interval(low / exposure, _mean_with_tail(count, _byar(count + 1, Z95), upper=False) / exposure)


def median_ranks(of: int) -> tuple[float, float]:
    """Between which shares of `of` sorted values the median of what they are drawn from lies, each between 0 and 1."""
    if of == 0:
        return 0.0, 1.0
    half = Z95 / (2 * sqrt(of))
    return max(0.0, 0.5 - half), min(1.0, 0.5 + half)


def quantile(edges: tuple[float, ...], counts: tuple[int, ...], share: float) -> float:
    """The value below which `share` of a histogram lies: within a bucket as if it were evenly filled.

    `edges` are the buckets' upper ones, from 0 up; `counts` has one more, of what lies beyond the last (or never came):
    there the answer is infinity. So it is for an empty histogram.
    """
    wanted, below, edge = share * sum(counts), 0, 0.0
    for upper, count in zip(edges, counts, strict=False):
        if count and below + count >= wanted:
            return edge + (upper - edge) * max(0.0, wanted - below) / count
        below, edge = below + count, upper
    return inf


def _byar(count: int, z: float) -> float:
    """Where the exact limit nearly is: Byar's approximation, good to 1 % from a count of 5."""
    return float(max(1e-3, count * (1 - 1 / (9 * count) + z / (3 * sqrt(count))) ** 3))


def _mean_with_tail(count: int, start: float, *, upper: bool) -> float:
    """The mean with which P(X >= count) (`upper`), or P(X <= count), is 2.5 %: Newton's method from nearby."""
    mean, tail = start, 0.025
    for _ in range(20):
        # d/dmean of P(X >= count) is the probability of count - 1; that of P(X <= count) is minus that of count.
        if upper:
            error, slope = _tail(count, mean, 1) - tail, _probability(count - 1, mean)
        else:
            error, slope = _tail(count, mean, -1) - tail, -_probability(count, mean)
        step = error / slope
        mean = max(mean / 2, mean - step)
        if abs(step) < 1e-9 * mean:
            break
    return mean


def _probability(count: int, mean: float) -> float:
    return exp(count * log(mean) - mean - lgamma(count + 1))


def _tail(count: int, mean: float, step: int) -> float:
    """P(X >= count) for `step` 1, P(X <= count) for -1: terms until they no longer matter."""
    total, term = 0.0, _probability(count, mean)
    while term > 1e-17 * total and count >= 0:
        total += term
        term *= mean / (count + 1) if step == 1 else count / mean
        count += step
    return total
