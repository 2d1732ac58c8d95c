"""Weights and their sums, three in a number: adding two numbers adds three weights, and no step hangs on which are 0.

Called by `scanner.py`, `intent_evidence.py` and `topic_matcher.py`. A lane is a topic or an intent, by
its number. Knows neither.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from librt.vecs import vec
from mypy_extensions import i64

LANES_A_NUMBER: Final = 3
LANE_BITS: Final = 21
LARGEST: Final = (1 << LANE_BITS - 1) - 1
"""A sum may be so large, or so far below 0: beyond, it would change its neighbour. All shipped weights of one topic
together, each without its sign, come to a tenth of it."""
_MASK: Final = (1 << LANE_BITS) - 1
_HALF: Final = 1 << LANE_BITS - 1


def numbers_for(lanes: int) -> int:
    """How many numbers hold so many lanes."""
    return -(-lanes // LANES_A_NUMBER)


def aligned(lanes: int) -> int:
    """The first lane from `lanes` on that begins a number."""
    return numbers_for(lanes) * LANES_A_NUMBER


def numbers_of(row: Mapping[int, int], lanes: int) -> list[int]:
    """A row (lane -> weight), as numbers for all lanes."""
    numbers = [0] * numbers_for(lanes)
    for lane, weight in row.items():
        numbers[lane // LANES_A_NUMBER] += weight << LANE_BITS * (lane % LANES_A_NUMBER)
    return numbers


def require_fit(rows: Iterable[Mapping[int, int]]) -> None:
    """Raise `ValueError` if there is a text whose sums could be beyond `LARGEST`: one that has all of `rows`."""
    largest: dict[int, int] = {}
    for row in rows:
        for lane, weight in row.items():
            largest[lane] = largest.get(lane, 0) + abs(weight)
    if max(largest.values(), default=0) > LARGEST:
        raise ValueError(f"all weights of one topic come to more than {LARGEST}: it has too many phrases")


def unfold(numbers: vec[i64], first: i64, sums: vec[i64]) -> None:
    """Write the sums by lane that stand in `numbers` from the place `first` on; `sums` says how many."""
    place = first
    number: i64 = 0
    left: i64 = 0
    for lane in range(len(sums)):
        if left == 0:
            number = numbers[place]
            place += 1
            left = LANES_A_NUMBER
        value = ((number + _HALF) & _MASK) - _HALF
        sums[lane] = value
        number = (number - value) >> LANE_BITS
        left -= 1


class Weights:
    """Rows by number. Read only."""

    def __init__(self, rows: Iterable[Mapping[int, int]], lanes: int) -> None:
        """`rows`: lane -> weight; `lanes`: how many there are."""
        self._size: i64 = numbers_for(lanes)
        self._numbers = vec[i64]([number for row in rows for number in numbers_of(row, lanes)])

    def add(self, row: i64, sums: vec[i64], first: i64) -> None:
        """Add a row, in place, to the sums that stand in `sums` from the place `first` on."""
        numbers = self._numbers
        size = self._size
        place = row * size
        for step in range(size):
            sums[first + step] = sums[first + step] + numbers[place + step]
