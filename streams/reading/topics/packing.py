"""Adds many small numbers at once: one number for each topic, side by side in a single integer.

Called by `evidence.py` and `topic_matcher.py`. A sum of 25 topics costs one addition of 600 bits. Knows no topic.
"""

from collections.abc import Mapping

LANE = 24
"""Bits a number has. The largest sum, 2,000 phrases of weight 2,000, is half of what fits."""
ZERO = 1 << (LANE - 1)
"""What a lane holds when its sum is 0, so that no sum is negative: the lane's top bit tells whether 0 is reached."""


def pack(numbers: Mapping[int, int]) -> int:
    """Lane -> number, as one integer that may be added to others."""
    return sum(number << (LANE * lane) for lane, number in numbers.items())


def zeros(lanes: int) -> int:
    """The beginning of a sum: 0 in each lane."""
    return sum(ZERO << (LANE * lane) for lane in range(lanes))


def top_bits(lanes: int) -> int:
    """The bits that tell which sums reached 0."""
    return zeros(lanes)


def number(packed: int, lane: int) -> int:
    """One lane's number of a sum that began with `zeros`."""
    return (packed >> (LANE * lane) & ((1 << LANE) - 1)) - ZERO
