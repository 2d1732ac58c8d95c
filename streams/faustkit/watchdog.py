"""Ends a worker that has work but makes no progress, or whose event loop is stuck: a process that hangs must not look
healthy.

It is a thread, so that a stuck loop does not stop it. Called by `agents/worker/process.py`, which supplies the amount
of work and the measure of progress.
"""

import threading
from collections.abc import Callable

from streams.faustkit import fatal
from streams.faustkit.lease import now


class Watchdog(threading.Thread):
    """Watches one worker until told to stop."""

    def __init__(self, progress: Callable[[], int], waiting: Callable[[], int], timeout: float) -> None:
        """`progress`: a number that rises whenever anything is done. `waiting`: the work that waits; 0 for none.
        `timeout`: seconds. All are called in this thread."""
        super().__init__(name="watchdog", daemon=True)
        self._progress, self._waiting, self._timeout = progress, waiting, timeout
        self._ended = threading.Event()
        self.beat_at = now()
        """When the loop last turned, by `lease.now()`; the loop sets it."""

    def run(self) -> None:
        """Check eight times within each timeout, until `stop`. Ends the process if a check fails."""
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
        """End the thread: the worker is stopping. Returns at once."""
        self._ended.set()
