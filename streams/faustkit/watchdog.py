"""Ends a worker that has work and does none, or whose loop is stuck: a process that hangs must not look healthy.

A thread, since it has to outlive a stuck loop. Asks how much there is to do, and for a number that rises with all that
moves.
"""

import threading
from collections.abc import Callable

from streams.faustkit import fatal
from streams.faustkit.lease import now


class Watchdog(threading.Thread):
    """Watches one worker until told to stop."""

    def __init__(self, progress: Callable[[], int], waiting: Callable[[], int], timeout: float) -> None:
        """`progress` rises when anything moves; `waiting` is 0 when there is nothing to do; `timeout` in seconds."""
        super().__init__(name="watchdog", daemon=True)
        self._progress, self._waiting, self._timeout = progress, waiting, timeout
        self._ended = threading.Event()
        self.beat_at = now()
        """Set by the loop, again and again."""

    def run(self) -> None:
        """Check a few times within each timeout."""
        seen, moved_at = self._progress(), now()
        while not self._ended.wait(self._timeout / 8):
            progress = self._progress()
            if progress != seen or self._waiting() == 0:
                seen, moved_at = progress, now()
            if now() - self.beat_at > self._timeout:
                fatal.end(f"the event loop has not turned for {self._timeout:.0f} s")
            if now() - moved_at > self._timeout:
                fatal.end(f"no progress for {self._timeout:.0f} s with {self._waiting()} records waiting")

    def stop(self) -> None:
        """The worker ends by itself."""
        self._ended.set()
