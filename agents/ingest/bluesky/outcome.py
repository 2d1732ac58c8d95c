"""How one attempt to listen to Bluesky ended, and how long to wait after it: one table.

Called by `stream.py`, which reports by it, and `source.py`, which waits by it. Nothing is fatal: Jetstream wants no
token and has no rules, and whatever is wrong may be mended elsewhere. Knows no clock.
"""

import logging
from collections.abc import Mapping

import msgspec

from streams.settings import variable
from streams.vocabulary import BlueskyEnd

HEALTHY = 60.0
"""Seconds that a connection must stand before its end counts as the first again, so that none makes a storm."""


class Outcome(msgspec.Struct, frozen=True):
    """The end of one attempt."""

    kind: BlueskyEnd
    status: int = 0
    """HTTP status of a refusal; 0 when there was none."""
    seconds: float = 0.0
    """How long the connection stood; 0 when there was none."""

    def __str__(self) -> str:
        said = f" (HTTP {self.status})" if self.status else f" after {self.seconds:.1f} s" if self.seconds else ""
        return f"{self.kind}{said}: {CONSEQUENCES[self.kind].meaning}"


class Consequence(msgspec.Struct, frozen=True, kw_only=True):
    """What follows from one kind of end. `first` and `most` in seconds; the wait doubles from one to the other."""

    meaning: str
    level: int = logging.WARNING
    """Of its line in the log: INFO is daily life, ERROR needs somebody."""
    first: float = 1.0
    most: float = 60.0


# Bluesky gives no rules for reconnecting. A missed hour is sent again, so there is no haste: X's waits, or longer.
CONSEQUENCES: Mapping[BlueskyEnd, Consequence] = {
    "clean_end": Consequence(
        meaning="Bluesky ended the stream in good order, as at each of its restarts, or because we read too slowly",
        level=logging.INFO, first=0.5,
    ),
    "network": Consequence(meaning="the way to Bluesky failed"),
    "stalled": Consequence(meaning="nothing came for too long, where tens of events come a second"),
    "bad_frames": Consequence(
        meaning=f"what came is no websocket, or a frame too large to be an event: is {variable('bluesky_url')} right?",
        level=logging.ERROR, first=5, most=320,
    ),
    "server_error": Consequence(meaning="Bluesky has trouble of its own", first=5, most=320),
    "rate_limited": Consequence(meaning="too many requests from this address", first=60, most=320),
    "bad_request": Consequence(
        meaning=f"Bluesky does not take the request: is {variable('bluesky_url')} right?",
        level=logging.ERROR, first=5, most=320,
    ),
    # `source.py` connects no sooner than the wal has room.
    "full": Consequence(
        meaning="hung up by us: the wal is full, because Kafka takes nothing", level=logging.ERROR, first=0.5, most=16
    ),
    "stopped": Consequence(meaning="ended by us", level=logging.INFO, first=0, most=0),
}  # fmt: skip


class Waits:
    """How long to wait after each attempt: doubling over ends of all kinds, until a connection stood long enough."""

    def __init__(self) -> None:
        self._repeated = 0

    def after(self, outcome: Outcome) -> float:
        """Seconds to wait before the next attempt."""
        if outcome.seconds >= HEALTHY:
            self._repeated = 0
        consequence = CONSEQUENCES[outcome.kind]
        wait = min(consequence.first * 2.0 ** min(self._repeated, 16), consequence.most)
        self._repeated += 1
        return wait
