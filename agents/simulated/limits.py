"""X's rate limits: so many requests of a kind in a window, and the headers that tell of it.

Owns the counting. Called by `server.py`.
"""

import time
from collections.abc import Callable

WINDOW = 15 * 60
"""Seconds (X API v2)."""
CONNECTIONS, READ_RULES, CHANGE_RULES, SEARCHES = 50, 450, 100, 450
"""Of one window (X API v2, pay-per-use)."""


class Limit:
    """One kind of request."""

    def __init__(self, most: int, clock: Callable[[], float] = time.time) -> None:
        """`clock`: seconds since the epoch."""
        self._most = most
        self._clock = clock
        self._used = 0
        self._reset = 0.0

    def take(self) -> bool:
        """Count one request; False when the window has none left."""
        now = self._clock()
        if now >= self._reset:
            self._used, self._reset = 0, now + WINDOW
        if self._used >= self._most:
            return False
        self._used += 1
        return True

    def headers(self) -> dict[str, str]:
        """X's headers, on every answer."""
        return {
            "x-rate-limit-limit": str(self._most),
            "x-rate-limit-remaining": str(self._most - self._used),
            "x-rate-limit-reset": str(int(self._reset)),
        }
