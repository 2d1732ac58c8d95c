"""How much of the worker's time answers may take, whatever is asked.

Called by `lines.py` and `answers.py`. Counting goes on in the same loop: with the budget spent, an answer waits or is
an older one.
"""

from collections.abc import Callable

_NOTHING = 1e-9
"""Seconds that are no debt, but what rounding leaves."""


class Budget:
    """Seconds that may be used, filled up as time passes."""

    def __init__(self, share: float, most: float, clock: Callable[[], float]) -> None:
        """`share`: of the time that passes; `most`: seconds saved up; `clock`: seconds, never back."""
        self._share = share
        self._most = most
        self._clock = clock
        self._left = most
        self._at = clock()

    def wait(self) -> float:
        """Seconds until something may be used again; 0: now."""
        now = self._clock()
        self._left = min(self._most, self._left + self._share * (now - self._at))
        self._at = now
        return 0.0 if self._left > -_NOTHING else -self._left / self._share

    def use(self, seconds: float) -> None:
        """Note what was used; more than there was is paid back."""
        self._left -= seconds
