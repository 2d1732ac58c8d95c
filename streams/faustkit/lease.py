"""The right to write, for one session timeout after the last heartbeat that Kafka answered.

If a process stops for longer, or its machine or network does, its partitions belong to others, and it must not write
before it has joined the group again. `consumer.py` renews the lease; `writer.py` checks it before every batch.
"""

import time

from streams.faustkit import fatal

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""A clock that counts while the machine sleeps; on Linux, `time.monotonic()` does not."""


def now() -> float:
    """Seconds on a clock that neither jumps nor stops."""
    return time.clock_gettime(_CLOCK)


class Lease:
    """One worker's lease."""

    def __init__(self, session_timeout: float) -> None:
        """`session_timeout`: the consumer group's, seconds."""
        self._length = session_timeout
        self._until = 0.0

    def renew(self, asked_at: float) -> None:
        """Extend the lease: Kafka answered a heartbeat, or gave an assignment, that was requested at `asked_at`
        (`now()`)."""
        self._until = max(self._until, asked_at + self._length)

    @property
    def valid(self) -> bool:
        """Whether the group still counts this process among its members, as far as this process can know."""
        return now() < self._until

    def require(self) -> None:
        """End the process unless the lease is valid."""
        if not self.valid:
            fatal.end("no heartbeat for a session timeout (is Kafka away?): the partitions belong to others")
