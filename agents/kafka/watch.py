"""Asks every few seconds whether the broker is there, in a thread of its own: for a process whose Kafka client would
only log.

Called by the worker. `streams/kafka/reach.py` says what changed. Does not know what hangs on the answer.
"""

import threading

from streams.errors import UserError
from streams.kafka.probe import answers
from streams.kafka.reach import Reach
from streams.settings import Settings

ASK_SECONDS = 5.0
"""Between two questions: each is a connection of its own, some milliseconds."""
GONE_SECONDS = 1.0
"""Between two questions while it is gone."""


class KafkaWatch(threading.Thread):
    """Watches one broker until told to stop."""

    def __init__(self, settings: Settings, reach: Reach) -> None:
        """`settings.kafka_bootstrap` must be given. What it finds goes to `reach`."""
        super().__init__(name="earshot-kafka", daemon=True)
        self._settings = settings
        self._reach = reach
        self._ended = threading.Event()

    def run(self) -> None:
        """Ask until `stop`."""
        while not self._ended.wait(ASK_SECONDS if self._reach.there else GONE_SECONDS):
            try:
                self._reach.note(answers(self._settings), f"Kafka at {self._settings.kafka_bootstrap}")
            except UserError as refused:
                self._reach.refused(str(refused))

    def stop(self) -> None:
        """End the thread. Returns at once."""
        self._ended.set()
