"""A trie of phrases in one table of numbers: a step from letter to letter is one look at the table.

Called by `scanner.py`, which walks it. It is a double array (Aoe, 1989): a node is a number; its child by
byte b is the cell at that number + b, if that cell was made for b. No two nodes share a number, so the byte alone tells
a child from a neighbour's. 88,000 nodes take 0.4 MB, and what texts meet of them stays in a core's cache. Knows no
phrase's meaning.

A cell holds, from its lowest bit on: the byte it was made for (8 bits), whether a pattern ends there (1), whether
any goes on (1), and the number of its node (21). 0 is an empty cell: no pattern has the byte 0. What ends in a cell
stands in a table beside it, `values`, which few steps need.
"""

from collections.abc import Sequence
from typing import Final

from librt.vecs import append, vec
from mypy_extensions import i32, i64

END: Final = 0x100
MORE: Final = 0x200
ENDS: Final = 0x1FF
"""Of a cell: equal to a byte + `END` if a pattern ends with this byte."""
GOES: Final = 0x2FF
"""Of a cell: equal to a byte + `MORE` if patterns go on after this byte."""
NODE_SHIFT: Final = 10
ROOT: Final = 1
NEVER: Final = 1
"""A byte that no pattern may have: a walk ends there."""
_NODES: Final = 0x1FFFFF
_BYTES: Final = 256
_TRIES: Final = 64
"""After so many places in vain, places further on are tried first: else a full table makes building slow."""


class Trie:
    """Patterns by their bytes. Read only."""

    def __init__(self, patterns: Sequence[bytes], values: Sequence[int]) -> None:
        """`patterns`: each once, none empty or with a byte 0 or `NEVER`; `values`: of each. Raises `ValueError` for
        more nodes than fit."""
        self.cells: vec[i32] = vec[i32]([0] * (4 * _BYTES))
        self.values: vec[i32] = vec[i32]([0] * (4 * _BYTES))
        """By cell: the value of the pattern that ends there."""
        self._taken: vec[i32] = vec[i32]([0] * (4 * _BYTES))
        """1 for a number that is a node's."""
        self._free: i64 = ROOT + 1
        ordered = sorted(zip(patterns, values, strict=True))
        self._taken[ROOT] = 1
        # Level by level: the first letters of all patterns, which every walk meets, lie side by side. Then what only
        # one pattern goes on with, each whole: its letters lie side by side, too, and a walk fetches them at once.
        level = [(0, len(ordered), -1)]
        tails: list[tuple[int, int, int]] = []
        depth = 0
        while level:
            grown = [below for first, end, cell in level for below in self._grown(ordered, first, end, cell, depth)]
            depth += 1
            tails += [(first, cell, depth) for first, end, cell in grown if end == first + 1]
            level = [below for below in grown if below[1] > below[0] + 1]
        for first, cell, depth in tails:
            self._end(ordered[first][0], ordered[first][1], cell, depth)

    def _grown(
        self, ordered: list[tuple[bytes, int]], first: int, end: int, cell: int, depth: int
    ) -> list[tuple[int, int, int]]:
        """Give the node in `cell` (-1: the root) its children: the patterns `first` to `end`, which agree in `depth`
        bytes. Returns the same of each child."""
        if cell >= 0 and len(ordered[first][0]) == depth:
            self._end(*ordered[first], cell, depth)
            first += 1
        if first == end:
            return []
        starts = [first]
        labels = [ordered[first][0][depth]]
        for place in range(first + 1, end):
            label = ordered[place][0][depth]
            if label != labels[-1]:
                starts.append(place)
                labels.append(label)
        node = self._child(cell, labels) if cell >= 0 else ROOT
        for label in labels:
            self.cells[node + label] = label
        ends = [*starts[1:], end]
        return [(start, after, int(node) + label) for start, after, label in zip(starts, ends, labels, strict=True)]

    def _end(self, pattern: bytes, value: int, cell: int, depth: int) -> None:
        """Give a cell the rest of one pattern, from `depth` on."""
        for label in pattern[depth:]:
            node = self._child(cell, [label])
            cell = int(node) + label
            self.cells[cell] = label
        self.cells[cell] = self.cells[cell] | END
        self.values[cell] = value

    def _child(self, cell: int, labels: list[int]) -> i64:
        """A node for a cell, with room for the labels (ascending)."""
        node = self._room_for(labels)
        self._taken[node] = 1
        self.cells[cell] = self.cells[cell] | MORE | i32(node << NODE_SHIFT)
        return node

    def _room_for(self, labels: list[int]) -> i64:
        """A number that is no node's yet, with an empty cell for each of the labels (ascending)."""
        lowest: i64 = labels[0]
        place = self._free
        tries: i64 = 0
        while True:
            node = place - lowest
            if node > ROOT:
                self._reach(node + _BYTES)
                if self.cells[place] == 0 and self._taken[node] == 0 and self._fits(node, labels):
                    break
            place += 1
            tries += 1
        if node > _NODES:
            raise ValueError("too many phrases: their letters do not fit the table")
        if tries > _TRIES:
            self._free = place
        return node

    def _fits(self, node: i64, labels: list[int]) -> bool:
        for label in labels:  # noqa: SIM110 - compiled, a loop costs a tenth of all() over a generator
            if self.cells[node + i64(label)] != 0:
                return False
        return True

    def _reach(self, size: i64) -> None:
        while len(self.cells) < size:
            self.cells = append(self.cells, 0)
            self.values = append(self.values, 0)
            self._taken = append(self._taken, 0)
