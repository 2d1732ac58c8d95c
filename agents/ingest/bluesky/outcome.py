"""How one attempt to listen to Bluesky ended, and how long to wait after it: Bluesky's table.

Called by `stream.py`, which reports by it, and `source.py`, which waits by it. The shapes are
`agents/ingest/outcome.py`'s. No end is fatal: Jetstream wants no token and has no rules, and whatever is wrong may be
mended elsewhere.
"""

import logging
from collections.abc import Mapping
from typing import ClassVar

from agents.ingest import outcome
from agents.ingest.outcome import Consequence
from streams.settings import variable
from streams.vocabulary import StreamEnd

# Bluesky gives no rules for reconnecting. A missed hour is sent again, so there is no haste: X's waits, or longer.
CONSEQUENCES: Mapping[StreamEnd, Consequence] = {
    "clean_end": Consequence(
        meaning="Bluesky ended the stream in good order, as at each of its restarts, or because we read too slowly",
        level=logging.INFO, first=0.5, most=60,
    ),
    "network": Consequence(meaning="the way to Bluesky failed", first=1, most=60),
    "stalled": Consequence(
        meaning="nothing came for too long, where tens of events come a second", first=1, most=60
    ),
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
    "stopped": Consequence(meaning="ended by us", level=logging.INFO),
}  # fmt: skip


class Outcome(outcome.Outcome, frozen=True):
    """The end of one attempt."""

    consequences: ClassVar[Mapping[StreamEnd, Consequence]] = CONSEQUENCES
