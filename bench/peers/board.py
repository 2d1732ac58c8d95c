"""Numbers that a running peer shows the bench: a file in memory that both have open, since a peer has no /metrics.

Written by the peer's process (`job.py`), read by the bench (`watching.py`). A new file for each start of a process.
Costs the peer a tenth of a microsecond a look. Standard library alone: it runs in every peer's environment.
"""

import mmap
import time
from pathlib import Path
from typing import NamedTuple

_POSTS, _RECORDS, _FIRST, _CPU = range(4)
_FIELDS = 4


class Shown(NamedTuple):
    """What a peer has done so far."""

    posts: int
    """Posts taken."""
    records: int
    """Mentions and tallies folded into rows, in memory."""
    first_at: float
    """When the first post was taken, seconds on the monotonic clock; 0 before."""
    first_cpu: float
    """CPU of the process at that moment, seconds."""


class Board:
    """The peer's end: counts."""

    def __init__(self, file: Path) -> None:
        with file.open("r+b") as opened:
            self._fields = memoryview(mmap.mmap(opened.fileno(), 8 * _FIELDS)).cast("q")

    def took(self, posts: int) -> None:
        """Call before posts are worked on: the first call says when the work began."""
        fields = self._fields
        if not fields[_FIRST]:
            fields[_CPU] = time.process_time_ns()
            fields[_FIRST] = time.monotonic_ns()
        fields[_POSTS] += posts

    def folded(self, records: int) -> None:
        """Call when records are in their rows."""
        self._fields[_RECORDS] += records


def clear(file: Path) -> None:
    """Make the file anew, before a process starts."""
    file.unlink(missing_ok=True)
    file.write_bytes(bytes(8 * _FIELDS))


def look(file: Path) -> Shown:
    """The bench's end."""
    fields = memoryview(file.read_bytes()).cast("q")
    return Shown(fields[_POSTS], fields[_RECORDS], fields[_FIRST] / 1e9, fields[_CPU] / 1e9)
