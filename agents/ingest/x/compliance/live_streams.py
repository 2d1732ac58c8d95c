"""The source that hears X's compliance streams: what is told of a post that is here becomes a withdrawal in the wal.

Made by `source.py`, called by `service.py`. Owns the eight connections and their threads. When the next attempt may be
is `supervisor.py`'s, which events are about us, and which posts are an account's, is `matching.py`'s. An author goes no
further than there: what leaves here is a post's id.
"""

import logging
import threading
import time
from collections.abc import Callable
from functools import partial

from agents.ingest.threads import WatchedThread
from agents.ingest.wal.wal import Wal
from agents.ingest.x.compliance.base import Compliance
from agents.ingest.x.compliance.events import Event, event_of, record_of
from agents.ingest.x.compliance.post_index import Matching
from agents.ingest.x.compliance.stream import PARTITIONS, ComplianceStream, Of
from agents.ingest.x.outcome import Outcome
from agents.ingest.x.supervisor import WINDOW, Policy, supervise
from streams.errors import UserError
from streams.settings import Settings, variable

log = logging.getLogger(__name__)

BUDGET = 20
"""Attempts of one partition within 15 minutes: X allows 100 for the four of a stream."""
BACKFILL_MINUTES = 5
"""What X sends again at a connection, its most; the same twice changes nothing."""
STREAMS: tuple[Of, ...] = ("tweets", "users")


class LiveCompliance(Compliance):
    """All partitions of both streams."""

    def __init__(
        self, settings: Settings, token: str, wal: Wal, clock: Callable[[], float] = time.time
    ) -> None:  # fmt: skip
        """`clock`: seconds since the epoch."""
        super().__init__(wal)
        self._clock = clock
        self._counting = threading.Lock()
        self._matching = Matching(settings, self._withdrawn, time.monotonic)
        self.streams = {
            (of, number): ComplianceStream(
                of, number, token, settings.x_base_url, self._line, backfill_minutes=BACKFILL_MINUTES
            )
            for of in STREAMS
            for number in PARTITIONS
        }
        self._threads.append(self._thread("matching", partial(self._matching.follow, self._stopping)))
        for (of, number), stream in self.streams.items():
            self._threads.append(self._thread(f"{of}-{number}", partial(self._supervised, stream)))

    def stop(self) -> None:
        """End the connections, then the threads."""
        self._stopping.set()
        for stream in self.streams.values():
            stream.stop()
        super().stop()

    @property
    def caught_up(self) -> bool:
        """Whether it is known what is kept, and every partition is connected."""
        return self._matching.caught_up.is_set() and all(one.connected for one in self.streams.values())

    @property
    def checked_at(self) -> float:
        """When the partition of the posts' stream that was heard least lately was heard; 0 until all were."""
        return min(self.streams["tweets", number].heard_at for number in PARTITIONS)

    def _thread(self, name: str, work: Callable[[], None]) -> WatchedThread:
        return WatchedThread(f"compliance-{name}", work, self._stopping)

    def _supervised(self, stream: ComplianceStream) -> None:
        """Attempts until the stop, also where X says that there is no use in them: the alert calls somebody."""
        policy = Policy(time.monotonic, self._clock, BUDGET)
        while not self._stopping.is_set():
            try:
                supervise(partial(_attempt, stream), policy, self._stopping.wait, self._stopping.is_set)
            except UserError as error:
                log.error("%s: %s; this ingest tries again in %.0f min", stream.name, error, WINDOW / 60)
                self._stopping.wait(WINDOW)

    def _line(self, line: bytes) -> None:
        event = event_of(line)
        with self._counting:
            self._lines[event.kind,] += 1
        if event.kind in ("withdrawn", "account"):
            self._matching.heard(event)

    def _withdrawn(self, event: Event) -> None:
        self._put(record_of(event, self._clock()))
        with self._counting:
            self._why[event.why,] += 1


def _attempt(stream: ComplianceStream) -> Outcome:
    """One connection. Raises `UserError` where the plan or the token is not enough."""
    outcome = stream.listen()
    if outcome.kind in ("unauthorised", "forbidden"):
        raise UserError(
            f"HTTP {outcome.status}, this token may not hear it: set {variable('x_compliance')}=jobs, or put an "
            f"enterprise token into the file that {variable('x_token_file')} names"
        )
    return outcome
