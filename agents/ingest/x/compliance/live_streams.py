"""X's compliance streams, heard at once: what is told of a post that is here becomes a withdrawal.

Made by `source.py`. Owns the eight connections and their threads. How a connection ends is `connection.py`'s, when the
next attempt may be is `supervisor.py`'s; which events are about posts that are here, and which posts are an account's,
is `post_index.py`'s. An author goes no further than there: what leaves here is a post's id.

Both streams come in four partitions, each with a connection of its own (X API v2, compliance streams; enterprise only).
tweepy has no method for them: its `BaseStream` reads them as it reads the others.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

from tweepy.streaming import BaseStream

from agents.ingest.records import Record
from agents.ingest.threads import WatchedThread
from agents.ingest.x.compliance.events import Event, EventCounts, event_of, record_of
from agents.ingest.x.compliance.post_index import PostIndex
from agents.ingest.x.connection import CHUNK_BYTES, STALL_SECONDS, TWEEPY_BASE_URL, Connection
from agents.ingest.x.outcome import Outcome
from agents.ingest.x.supervisor import WINDOW, Policy, supervise
from streams.errors import UserError
from streams.settings import Settings, variable

log = logging.getLogger(__name__)

Subject = Literal["tweets", "users"]
"""What the events of a stream are about, as X's address has it."""
STREAMS: tuple[Subject, ...] = ("tweets", "users")
PARTITIONS = (1, 2, 3, 4)
BUDGET = 20
"""Attempts of one partition within 15 minutes: X allows 100 for the four of a stream."""
BACKFILL_MINUTES = 5
"""What X sends again at a connection, its most; the same twice changes nothing."""


class ComplianceStream(Connection):
    """One connection to one partition of a stream. Its methods, and what they block on: see `Connection`."""

    def __init__(
        self, subject: Subject, partition: int, token: str, base_url: str, emit: Callable[[bytes], None],
        stall_seconds: float = STALL_SECONDS, clock: Callable[[], float] = time.monotonic, backfill_minutes: int = 0,
    ) -> None:  # fmt: skip
        """`backfill_minutes`: how much X shall send again at each connection. Others: see `Connection`."""
        BaseStream.__init__(self, chunk_size=CHUNK_BYTES)
        self.name = f"X's compliance of {'posts' if subject == 'tweets' else 'users'}, partition {partition}"
        self._url = f"{TWEEPY_BASE_URL}2/{subject}/compliance/stream"
        self._params = {"partition": partition} | ({"backfill_minutes": backfill_minutes} if backfill_minutes else {})
        self._prepare(base_url, emit, stall_seconds, clock)
        self.session.headers["Authorization"] = f"Bearer {token}"

    def _open(self) -> None:
        self._connect("GET", self._url, params=self._params)


class LiveStreams:
    """All partitions of both streams, each in a thread of its own, and one that follows `posts`."""

    def __init__(
        self, settings: Settings, token: str, counts: EventCounts, put: Callable[[Record], None],
        stopping: threading.Event, clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        """See `source.MakeMethod`. `clock`: seconds since the epoch."""
        self._counts = counts
        self._put = put
        self._stopping = stopping
        self._clock = clock
        self._index = PostIndex(settings, self._withdraw, time.monotonic)
        self.streams = {
            (subject, number): ComplianceStream(
                subject, number, token, settings.x_base_url, self._hear, backfill_minutes=BACKFILL_MINUTES
            )
            for subject in STREAMS
            for number in PARTITIONS
        }
        self.threads: Sequence[WatchedThread] = [
            WatchedThread("compliance-index", partial(self._index.follow, stopping), stopping),
            *(
                WatchedThread(f"compliance-{subject}-{number}", partial(self._supervise, stream), stopping)
                for (subject, number), stream in self.streams.items()
            ),
        ]

    @property
    def connections(self) -> Sequence[Connection]:
        """All partitions' connections."""
        return tuple(self.streams.values())

    @property
    def caught_up(self) -> bool:
        """Whether `posts` was read to its end once, and every partition is connected."""
        return self._index.caught_up.is_set() and all(one.connected for one in self.streams.values())

    @property
    def checked_at(self) -> float:
        """When the partition of the posts' stream that was heard least lately was heard; 0 until all were."""
        return min(self.streams["tweets", number].heard_at for number in PARTITIONS)

    def _supervise(self, stream: ComplianceStream) -> None:
        """Attempts until the stop, also where X says that there is no use in them: the alert calls somebody."""
        policy = Policy(time.monotonic, self._clock, BUDGET)
        while not self._stopping.is_set():
            try:
                supervise(partial(_attempt, stream), policy, self._stopping.wait, self._stopping.is_set)
            except UserError as error:
                log.error("%s: %s; this ingest tries again in %.0f min", stream.name, error, WINDOW / 60)
                self._stopping.wait(WINDOW)

    def _hear(self, line: bytes) -> None:
        event = event_of(line)
        self._counts.add({event.kind: 1}, {})
        if event.kind in ("withdrawn", "account"):
            self._index.apply(event)

    def _withdraw(self, event: Event) -> None:
        self._put(record_of(event, self._clock()))
        self._counts.add({}, {event.why: 1})


def _attempt(stream: ComplianceStream) -> Outcome:
    """One connection, until it ends. Raises `UserError` where the plan or the token is not enough."""
    outcome = stream.listen()
    if outcome.kind in ("unauthorised", "forbidden"):
        raise UserError(
            f"HTTP {outcome.status}, this token may not hear it: set {variable('x_compliance')}=jobs, or put an "
            f"enterprise token into the file that {variable('x_token_file')} names"
        )
    return outcome
