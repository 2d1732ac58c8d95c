"""When the next connection may follow: by how the last one ended, and within X's limits.

Owns the waiting (X's own times, the budget of connections) and the loop around it; what follows from which end is data,
in `outcome.py`. Called by `source.py`, in the reading thread. Clock and sleep come in as arguments. Knows nothing of
tweepy, lines or Kafka.
"""

import logging
from collections import Counter, deque
from collections.abc import Callable

from agents.ingest.x.outcome import CONSEQUENCES, Outcome
from streams.errors import UserError
from streams.vocabulary import StreamEnd

log = logging.getLogger(__name__)

BUDGET = 40
"""Attempts that reach X within `WINDOW`; X allows 50 connections, and a restart must find some left."""
WINDOW = 15 * 60.0
"""Seconds; X's rate-limit window. No wait is longer: X's clock, or ours, is wrong then."""


class Policy:
    """Decides how long to wait after an attempt. One attempt at a time; not shared between threads."""

    def __init__(
        self, clock: Callable[[], float], wall_clock: Callable[[], float], budget: int = BUDGET
    ) -> None:  # fmt: skip
        """`clock`: seconds that only grow; `wall_clock`: seconds since the epoch, for X's own times. `budget`: attempts
        within `WINDOW`."""
        self._clock = clock
        self._wall_clock = wall_clock
        self._attempts: deque[float] = deque(maxlen=budget)
        self._repeated: Counter[StreamEnd] = Counter()
        """Ends of each kind since a connection stood long enough for it."""

    def begin(self) -> None:
        """An attempt begins now."""
        self._attempts.append(self._clock())

    def after(self, outcome: Outcome) -> float:
        """Seconds to wait before the next attempt. Raises `UserError` when another would be of no use."""
        consequence = outcome.consequence
        if consequence.fix:
            raise UserError(f"{outcome}; {consequence.fix}")
        if outcome.kind == "network" and not outcome.seconds and self._attempts:
            self._attempts.pop()  # it never reached X, so X did not count it
        for kind in list(self._repeated):
            if outcome.seconds >= CONSEQUENCES[kind].reset_after:
                del self._repeated[kind]
        wait = self._asked(outcome, consequence.wait(self._repeated[outcome.kind]))
        self._repeated[outcome.kind] += 1
        return min(max(wait, self._budget_wait()), WINDOW)

    def _asked(self, outcome: Outcome, wait: float) -> float:
        """X's own times go before ours. An end of its window that is told goes before our guess at it, too."""
        said = [float(outcome.retry_after)] if outcome.retry_after is not None else []
        if outcome.reset_at is not None:
            # A second more: X's clock and ours are two.
            said.append(outcome.reset_at - self._wall_clock() + 1)
        if not said:
            return wait
        # Times that are past, again and again, must not make a storm.
        least = CONSEQUENCES["clean_end"].wait(self._repeated[outcome.kind])
        return max(*said, least)

    def _budget_wait(self) -> float:
        if len(self._attempts) < (self._attempts.maxlen or 0):
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
        log.log(outcome.consequence.level, "X: %s; next attempt in %.1f s", outcome, delay)
        if wait(delay):
            return
