"""Which chunks of facts the changelog of one partition holds, so that each gets its tombstone: 16 bytes a chunk.

Called by the memory. A commit every half second makes 172,800 chunks a day and partition, a few posts each, so they are
packed, too. Sorted by first offset; does not know what is in them.
"""

from array import array
from bisect import bisect_left

COMPACT = 4096
"""Forgotten chunks at the front before the arrays are moved up: well below a millisecond for a day's chunks."""
_ENDED = 0xFFFFFFFF
"""In the place of a length: the chunk's tombstone stands already."""


class Chunks:
    """Chunks by first offset, with length in offsets and the last fact's seconds."""

    def __init__(self) -> None:
        self._first = array("q")
        self._length = array("I")
        self._at = array("I")
        self._head = 0
        """Chunks before it are forgotten."""

    def add(self, first: int, last: int, at: int) -> None:
        """A chunk was written or read; again is no harm."""
        firsts, length = self._first, last - first
        if not firsts or first > firsts[-1]:
            place = len(firsts)
        else:
            place = bisect_left(firsts, first, self._head)
            while place < len(firsts) and firsts[place] == first:
                if self._length[place] == length:
                    return
                place += 1
        firsts.insert(place, first)
        self._length.insert(place, length)
        self._at.insert(place, at)

    def end(self, first: int, last: int) -> int | None:
        """Its tombstone was read. The chunk's seconds; None: not known here."""
        place = bisect_left(self._first, first, self._head)
        while place < len(self._first) and self._first[place] == first:
            if self._length[place] == last - first:
                self._length[place] = _ENDED
                return self._at[place]
            place += 1
        return None

    def expired(self, before: int, below: int, most: int) -> list[tuple[int, int, int]]:
        """Forget chunks from the front that end before second `before` or below offset `below`, at most `most` of
        them: first and last offset, seconds."""
        found: list[tuple[int, int, int]] = []
        while self._head < len(self._first) and len(found) < most:
            first, length, at = self._first[self._head], self._length[self._head], self._at[self._head]
            if length != _ENDED:
                if at >= before and first + length >= below:
                    break
                found.append((first, first + length, at))
            self._head += 1
        if self._head >= COMPACT and 2 * self._head >= len(self._first):
            for kept in (self._first, self._length, self._at):
                del kept[: self._head]
            self._head = 0
        return found
