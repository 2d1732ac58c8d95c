"""When the next connection may follow: backoff, X's limits, and what is fatal.

Owns the policy (how an attempt ended -> how long to wait) and the loop around it. Called by `service.py`, in the
reading thread. Clock and sleep come in as arguments. Knows nothing of tweepy, lines or Kafka.
"""

import logging
from collections import deque
from collections.abc import Callable

from agents.ingest.outcome import Outcome
from streams.errors import UserError
from streams.settings import variable

log = logging.getLogger(__name__)

BUDGET = 40
"""Attempts that reach X within `WINDOW`; X allows 50 connections, and a restart must find some left."""
WINDOW = 15 * 60.0
"""Seconds; X's rate-limit window."""
HEALTHY = 60.0
"""Seconds that a connection must stand before its end counts as the first again."""
CLEAN_FIRST, CLEAN_MOST = 0.2, 16.0
"""Seconds after a clean end, doubling."""
NETWORK_STEP, NETWORK_MOST = 0.25, 16.0
"""Seconds after a network error, growing by a step each (X's rules for reconnecting)."""
REFUSED_FIRST, REFUSED_MOST = 5.0, 320.0
"""Seconds after an HTTP error, doubling (X's rules for reconnecting)."""
LIMITED_FIRST = 60.0
"""Seconds after a 429 that does not say how long, doubling up to `REFUSED_MOST` (X's rules for reconnecting)."""


class Policy:
    """Decides how long to wait after an attempt. One attempt at a time; not shared between threads."""

    def __init__(self, clock: Callable[[], float], wall_clock: Callable[[], float]) -> None:
        """`clock`: seconds that only grow; `wall_clock`: seconds since the epoch, for X's own times."""
        self._clock = clock
        self._wall_clock = wall_clock
        self._attempts: deque[float] = deque(maxlen=BUDGET)
        self._reason = ""
        self._repeated = 0

    def begin(self) -> None:
        """An attempt begins now."""
        self._attempts.append(self._clock())

    def after(self, outcome: Outcome) -> float:
        """Seconds to wait before the next attempt. Raises `UserError` when another would be of no use."""
        if outcome.status in (401, 403):
            raise UserError(
                f"X refuses the token (HTTP {outcome.status}): put a bearer token that may use the filtered stream "
                f"into the file that {variable('x_token_file')} names"
            )
        if outcome.kind == "network" and not outcome.seconds and self._attempts:
            self._attempts.pop()  # it never reached X, so X did not count it
        reason = f"{outcome.kind} {outcome.status}"
        if reason != self._reason or outcome.seconds >= HEALTHY:
            self._reason, self._repeated = reason, 0
        delay = self._backoff(outcome, self._repeated)
        self._repeated += 1
        return max(delay, self._budget_wait())

    def _backoff(self, outcome: Outcome, repeated: int) -> float:
        doubled = 2.0 ** min(repeated, 16)
        if outcome.kind == "closed" or outcome.status == 409:
            # 409: there were no rules, and they are synced before the next attempt.
            return min(CLEAN_FIRST * doubled, CLEAN_MOST)
        if outcome.kind == "network":
            return min(NETWORK_STEP * (repeated + 1), NETWORK_MOST)
        if outcome.status != 429:
            return min(REFUSED_FIRST * doubled, REFUSED_MOST)
        said = [float(outcome.retry_after)] if outcome.retry_after is not None else []
        if outcome.reset_at is not None:
            # A second more: X's clock and ours are two. Never past a window: then ours is wrong.
            said.append(outcome.reset_at - self._wall_clock() + 1)
        if said:
            return min(max(*said, CLEAN_FIRST * doubled), WINDOW)
        return min(LIMITED_FIRST * doubled, REFUSED_MOST)

    def _budget_wait(self) -> float:
        if len(self._attempts) < BUDGET:
            return 0.0
        return max(0.0, self._attempts[0] + WINDOW - self._clock())


def supervise(
    attempt: Callable[[], Outcome], policy: Policy, wait: Callable[[float], bool], stopping: Callable[[], bool]
) -> None:
    """Attempt, wait, attempt again, until `stopping`. Raises what `attempt` or the policy raises.

    `wait` sleeps so many seconds and may wake early; it says whether to stop.
    """
    while not stopping():
        policy.begin()
        outcome = attempt()
        if outcome.kind == "stopped" or stopping():
            return
        delay = policy.after(outcome)
        log.info("X: %s; next attempt in %.1f s", outcome, delay)
        if wait(delay):
            return
