"""Measures how long each part of reading takes.

Called by `tagger.py` for each batch of posts. Who reads them tells it which part has just ended. Knows no post.
"""

from collections.abc import Callable
from time import perf_counter

from streams.vocabulary import ReadingPart


class Stopwatch:
    """Seconds of one batch's parts; to be started anew for each batch."""

    def __init__(self) -> None:
        self.seconds: dict[ReadingPart, float] = {}
        """Those of the parts that ended since the start."""
        self._at = 0.0

    def started(self) -> Callable[[ReadingPart], None]:
        """Forget what was measured, and begin anew; what to call when a part ends."""
        self.seconds = {}
        self._at = perf_counter()
        return self._ends

    def _ends(self, part: ReadingPart) -> None:
        """Add the time since the last end, or since the start, to a part."""
        now = perf_counter()
        self.seconds[part] = self.seconds.get(part, 0.0) + now - self._at
        self._at = now
