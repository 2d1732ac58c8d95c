"""What both compliance sources share: their counts, their way into the wal, and what they say of themselves.

Called by `daily.py` and `live.py`. A source of compliance never makes ingest unhealthy, nor ends it: posts go on being
heard, and an alert says that compliance is overdue.
"""

import threading

from agents.ingest.records import Record
from agents.ingest.threads import WatchedThread
from agents.ingest.wal.room import append_when_room
from agents.ingest.wal.wal import Wal
from streams.metrics.collector import Reading
from streams.metrics.registry import declared


class Compliance:
    """Withdrawals on their way into the wal."""

    def __init__(self, wal: Wal) -> None:
        self._wal = wal
        self._stopping = threading.Event()
        self._threads: list[WatchedThread] = []
        self._why = declared("x_withdrawals_total").counts()
        self._lines = declared("x_compliance_lines_total").counts()

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def check(self) -> None:
        """Raise what ended a thread, if anything did."""
        for thread in self._threads:
            thread.check()

    def stop(self) -> None:
        """End the threads; what they handed on is in the wal."""
        self._stopping.set()
        for thread in self._threads:
            thread.stop()

    @property
    def healthy(self) -> bool:
        """Always: see above."""
        return True

    @property
    def checked_at(self) -> float:
        """Up to when X was asked what was taken back, seconds since the epoch; 0: never."""
        raise NotImplementedError

    def reading(self) -> Reading:
        """For /metrics."""
        checked_at = self.checked_at
        return {
            "x_withdrawals_total": self._why,
            "x_compliance_lines_total": self._lines,
            "x_compliance_on": {(): 1},
            "x_compliance_checked_timestamp_seconds": {(): checked_at} if checked_at else {},
        }

    def report(self) -> str:
        """The counts, in a few words."""
        return f"compliance: {sum(self._why.values())} posts withdrawn"

    def _put(self, record: Record) -> None:
        """Into the wal, when it has room. Raises `StoppedError`."""
        append_when_room(self._wal, record, self._stopping)
