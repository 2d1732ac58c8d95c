"""Shares, medians and numbers of people as the figures show them, with the reason where they cannot be said.

Called by the modules beside it. Knows no hospital.
"""

from collections.abc import Mapping
from math import ceil, floor, isinf

from streams.figures.shape import Median, People, Share
from streams.indicators.intervals import FEWEST, median_ranks, quantile, wilson
from streams.tables.questions import EDGES
from streams.tables.sketch import EXACT_UP_TO, STANDARD_ERROR

TOO_FEW = f"fewer than {FEWEST} posts: too few to say"
NOTHING = "nothing yet"
MINUTES = tuple(edge / 60 for edge in EDGES.values())
"""Upper edges of the buckets of answer times."""


def share(hits: int, of: int) -> Share:
    """Raises `ValueError` unless 0 <= hits <= of."""
    low, high = wilson(hits, of)
    why = "" if of >= FEWEST else TOO_FEW if of else NOTHING
    return Share(share=None if why else 100 * hits / of, low=100 * low, high=100 * high, hits=hits, of=of, why=why)


def median(within: Mapping[str, int], unanswered: int = 0) -> Median:
    """Of answer times by bucket. `unanswered`: later than any answer."""
    counts = (*(within.get(edge, 0) for edge in EDGES), unanswered)
    of = sum(counts)
    if not of:
        return Median(minutes=None, low=None, high=None, of=0, why=NOTHING)
    low, high = (_finite(quantile(MINUTES, counts, rank)) for rank in median_ranks(of))
    middle = _finite(quantile(MINUTES, counts, 0.5))
    return Median(
        minutes=middle, low=low, high=high, of=of, why="" if middle is not None else "fewer than half were answered"
    )


def _finite(number: float) -> float | None:
    return None if isinf(number) else number


def people(estimate: int) -> People:
    """An estimate of different people, with what its own error leaves open (95 %)."""
    off = 1.96 * STANDARD_ERROR * estimate if estimate > EXACT_UP_TO else 0.0
    return People(people=estimate, low=floor(estimate - off), high=ceil(estimate + off))
