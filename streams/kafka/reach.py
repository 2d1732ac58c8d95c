"""Whether Kafka is there, said once when it goes and once when it comes back.

Called by ingest's publisher, and by the worker at its start and in its own watch (`agents/kafka/generation.py`,
`agents/kafka/watch.py`). The libraries' own lines are off: in an outage aiokafka writes a hundred a second. Knows no
client; who asks the broker says what it answered.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

log = logging.getLogger(__name__)


class Reach:
    """What is known of one broker. Any thread may call it."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        """`clock`: seconds since the epoch."""
        self._clock = clock
        self._noting = threading.Lock()
        self.gone_at: float | None = None
        """When it was first found gone, seconds since the epoch; None while it answers."""
        self._refusal = ""

    @property
    def there(self) -> bool:
        """Whether it answered the last time, or was never asked."""
        return self.gone_at is None

    def note(self, answers: bool, what: str) -> None:
        """Note whether it answers. `what`: how to call it, `Kafka at HOST:PORT`. Logs a change alone."""
        with self._noting:
            now = self._clock()
            if not answers and self.gone_at is None:
                self.gone_at = now
                since = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
                log.warning("%s unreachable since %s, retrying", what, since)
            elif answers and self.gone_at is not None:
                log.warning("%s is back after %.0f s", what, now - self.gone_at)
                self.gone_at = None
            if answers:
                self._refusal = ""

    def refused(self, why: str) -> None:
        """Note that it answers and does not let us in; logs another reason than the last alone."""
        with self._noting:
            if why != self._refusal:
                self._refusal = why
                log.error("%s", why)
