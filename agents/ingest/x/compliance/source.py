"""The source that puts X's withdrawals into the wal, by the method that the setting asks for.

Made by `agents/ingest/x/descriptor.py`; the ingest service runs it. Owns the threads, the way into the wal and what
/metrics shows. It never makes ingest unhealthy, nor ends it for what X does: posts go on being heard, and an alert says
that compliance is overdue. Knows of the two methods only what `Method` says.
"""

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from agents.ingest.records import Record
from agents.ingest.source import Source
from agents.ingest.threads import WatchedThread
from agents.ingest.wal.room import append_when_room
from agents.ingest.wal.wal import Wal
from agents.ingest.x.compliance.daily_check import DailyCheck
from agents.ingest.x.compliance.events import EventCounts
from agents.ingest.x.compliance.live_streams import LiveStreams
from agents.ingest.x.token import read_token
from streams.metrics.collector import Reading
from streams.settings import Settings


class Connection(Protocol):
    """One open request to X."""

    def stop(self) -> None:
        """Hang up. Returns at once; call from any thread."""


class Method(Protocol):
    """A way to learn what X took back."""

    @property
    def threads(self) -> Sequence[WatchedThread]:
        """What runs it."""

    @property
    def connections(self) -> Sequence[Connection]:
        """What its threads may be waiting for, hung up at a stop."""

    @property
    def checked_at(self) -> float:
        """Up to when it knows what X took back, seconds since the epoch; 0: never."""


MakeMethod = Callable[[Settings, str, EventCounts, Callable[[Record], None], threading.Event], Method]
"""Makes a method of the settings, X's token, the counts to add to, what takes each withdrawal, and the event that says
when to stop. What takes a withdrawal blocks while the wal is full, and raises `StoppedError` at a stop."""


def prepared(settings: Settings) -> list[Callable[[Wal], Source]]:
    """What makes the source once there is a wal; none when it is off. Raises `UserError` for a token that cannot be
    used."""
    if settings.x_compliance == "off":
        return []
    make: MakeMethod = DailyCheck if settings.x_compliance == "jobs" else LiveStreams
    return [partial(ComplianceSource, make, settings, read_token(settings))]


class ComplianceSource:
    """Withdrawals on their way into the wal."""

    def __init__(self, make: MakeMethod, settings: Settings, token: str, wal: Wal) -> None:
        self._wal = wal
        self._stopping = threading.Event()
        self._counts = EventCounts()
        self.method = make(settings, token, self._counts, self._put, self._stopping)

    def start(self) -> None:
        """Start the method's threads. Returns at once."""
        for thread in self.method.threads:
            thread.start()

    def check(self) -> None:
        """Raise what ended a thread, if anything did. Never blocks."""
        for thread in self.method.threads:
            thread.check()

    def stop(self) -> None:
        """End the threads; what they handed on is in the wal. Waits up to `STOP_SECONDS` for each of them."""
        self._stopping.set()
        for connection in self.method.connections:
            connection.stop()
        for thread in self.method.threads:
            thread.stop()

    @property
    def healthy(self) -> bool:
        """Always: see above."""
        return True

    def reading(self) -> Reading:
        """What it says of itself, for /metrics."""
        checked_at = self.method.checked_at
        return {
            "x_withdrawals_total": self._counts.withdrawn,
            "x_compliance_lines_total": self._counts.lines,
            "x_compliance_on": {(): 1},
            "x_compliance_checked_timestamp_seconds": {(): checked_at} if checked_at else {},
        }

    def report(self) -> str:
        """The counts, in a few words."""
        return f"compliance: {sum(self._counts.withdrawn.values())} posts withdrawn"

    def _put(self, record: Record) -> None:
        append_when_room(self._wal, record, self._stopping)
