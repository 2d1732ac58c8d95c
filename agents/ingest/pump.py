"""From the wal to Kafka: hands on what was accepted, in order, and tells the wal what Kafka has.

Owns the thread that takes and the order of acknowledgements. Called by `service.py`. At least once: after a restart
what was not acknowledged is sent again, and the tagger drops the copies. Does not know what a record says.
"""

import threading
import time
from collections import deque

from agents.ingest.publisher import Publisher
from agents.ingest.threads import WatchedThread
from agents.ingest.wal.entries import Entry
from agents.ingest.wal.wal import Wal
from streams.errors import UserError

_WAIT_SECONDS = 0.5
"""How long the thread waits for a record before it looks whether to stop."""
_FEW, _PAUSE_SECONDS = 64, 0.01
"""After so few records at once the thread lets more come together: woken for each, it would take a third of the reading
thread's pace. The producer waits 50 ms for a batch anyway."""
_STOP_TURN_SECONDS = 0.05
GIVE_UP_SECONDS = 5.0
"""At a stop: Kafka takes nothing any more if it has acknowledged nothing for so long."""


class Pump:
    """One wal on its way to one publisher, which nobody else may use."""

    def __init__(self, wal: Wal, sink: Publisher) -> None:
        self._wal = wal
        self._sink = sink
        self._sent: deque[tuple[int, int]] = deque()
        """Number and time of the records that the publisher has and Kafka has not, in order."""
        self._settled = 0
        self._stopping = threading.Event()
        self._thread = WatchedThread("pump", self._run, self._stopping)

    def start(self) -> None:
        """Begin where the wal's cursor is."""
        self._thread.start()

    @property
    def oldest_at(self) -> float | None:
        """When the oldest record came that Kafka has not, seconds since the epoch; None when it has all."""
        try:
            return self._sent[0][1] / 1000
        except IndexError:
            return None

    def tend(self) -> None:
        """Tell the wal what Kafka has, and replace a producer that needs it. To be called some times a second.

        Raises `UserError` when Kafka or the disk keeps refusing.
        """
        self._thread.check()
        self._settle()
        self._wal.tend()
        self._sink.tend()

    def stop(self, seconds: float) -> int:
        """Hand on for up to `seconds`, while Kafka takes it; how many records stay in the wal for the next start."""
        deadline = time.monotonic() + seconds
        while self._wal.waiting and time.monotonic() < deadline and self._sink.stuck_for < GIVE_UP_SECONDS:
            try:
                self._settle()
                self._sink.tend()
            except UserError:
                break  # why is known already, or will be said at the next start
            self._stopping.wait(_STOP_TURN_SECONDS)
        self._stopping.set()
        self._sink.close(0)
        self._thread.stop(None)
        self._settle()
        return self._wal.waiting

    def _run(self) -> None:
        while not self._stopping.is_set():
            taken = self._wal.take(_WAIT_SECONDS)
            for entry in taken:
                if not self._publish(entry):
                    return
            if len(taken) < _FEW:
                self._stopping.wait(_PAUSE_SECONDS)

    def _publish(self, entry: Entry) -> bool:
        self._sent.append((entry.number, entry.at))
        return self._sink.publish(entry.record)

    def _settle(self) -> None:
        """Move the wal's cursor past the records that Kafka has, up to the first that it has not."""
        settled, number = self._sink.settled, -1
        while self._settled < settled:
            number, _ = self._sent.popleft()
            self._settled += 1
        if number >= 0:
            self._wal.acknowledge(number + 1)
