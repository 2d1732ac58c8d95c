"""One connection to one partition of one of X's compliance streams.

Called by `live.py`. How a connection ends is `connection.py`'s. Both streams come in four partitions, each with a
connection of its own (X API v2, compliance streams; enterprise only). tweepy has no method for them: its `BaseStream`
reads them as it reads the others.
"""

import time
from collections.abc import Callable
from typing import Literal

from tweepy.streaming import BaseStream

from agents.ingest.x.connection import CHUNK_BYTES, STALL_SECONDS, TWEEPY_BASE_URL, Connection

Of = Literal["tweets", "users"]
"""What the events of a stream are about, as X's address has it."""
PARTITIONS = (1, 2, 3, 4)


class ComplianceStream(Connection):
    """One partition."""

    def __init__(
        self, of: Of, partition: int, token: str, base_url: str, emit: Callable[[bytes], None],
        stall_seconds: float = STALL_SECONDS, clock: Callable[[], float] = time.monotonic, backfill_minutes: int = 0,
    ) -> None:  # fmt: skip
        """`backfill_minutes`: how much X shall send again at each connection. Others: see `Connection`."""
        BaseStream.__init__(self, chunk_size=CHUNK_BYTES)
        self.name = f"X's compliance of {'posts' if of == 'tweets' else 'users'}, partition {partition}"
        self._url = f"{TWEEPY_BASE_URL}2/{of}/compliance/stream"
        self._params = {"partition": partition} | ({"backfill_minutes": backfill_minutes} if backfill_minutes else {})
        self._prepare(base_url, emit, stall_seconds, clock)
        self.session.headers["Authorization"] = f"Bearer {token}"

    def _open(self) -> None:
        self._connect("GET", self._url, params=self._params)
