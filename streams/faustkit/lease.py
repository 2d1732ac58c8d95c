"""The right to write, which lasts one session timeout from the last heartbeat that Kafka answered.

A process that was stopped past its session, a paused machine, a cut network: its partitions belong to others, and it
must not write before it has joined anew. Renewed by the consumer, asked by the writer before every batch.
"""

import time

from streams.faustkit import fatal

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Goes on while the machine sleeps, unlike `time.monotonic()` on Linux."""


def now() -> float:
    """Seconds on a clock that neither jumps nor stops."""
    return time.clock_gettime(_CLOCK)


class Lease:
    """One worker's lease."""

    def __init__(self, session_timeout: float) -> None:
        """`session_timeout` in seconds, as the consumer group has it."""
        self._length = session_timeout
        self._until = 0.0

    def renew(self, asked_at: float) -> None:
        """Kafka answered a heartbeat (or gave an assignment) that was asked for at `asked_at`, by `now()`."""
        self._until = max(self._until, asked_at + self._length)

    @property
    def valid(self) -> bool:
        """Whether the group still counts this process among its members, as far as it can know."""
        return now() < self._until

    def require(self) -> None:
        """End the process unless the lease is valid."""
        if not self.valid:
            fatal.end("no heartbeat for a session timeout: the partitions belong to others")
