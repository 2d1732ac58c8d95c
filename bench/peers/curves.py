"""How long records took, from two curves: what was sent when, and how many were in rows when.

Called by `measures.py`, for contenders that say no more than a number. The k-th record in a row is taken for the k-th
sent, though with several partitions it may be its neighbour.
"""

from bisect import bisect_left

Curve = list[tuple[float, int]]
"""(seconds, records by then), both rising."""


def latencies(due: list[int], rate: float, folded: Curve) -> list[float]:
    """Seconds that each record took, ascending. `due`: records of the first post, of the first two, and so on, one post
    each 1/`rate` s from 0; `folded`: what was seen, to the last record."""
    counts = [count for _, count in folded]
    written = 0
    late: list[float] = []
    for number, upto in enumerate(due):
        for record in range(written + 1, upto + 1):
            late.append(folded[bisect_left(counts, record)][0] - number / rate)
        written = upto
    return sorted(late)
