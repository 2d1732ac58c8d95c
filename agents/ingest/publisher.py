"""Brings records to Kafka: bounded, in order, and again until they are acknowledged.

Owns the kafka-python producer, its settings, and the memory of what it has not acknowledged. Called by `pump.py`, whose
thread publishes while the main one tends, and by `earshot replay`. At least once: a producer that is replaced leaves
copies behind, and the tagger drops those. Does not know what is in a record, nor where else it is kept.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from kafka import KafkaProducer
from kafka.errors import KafkaError
from kafka.producer.future import RecordMetadata

from agents.ingest.partitioner import KeyPartitioner
from agents.ingest.records import Record
from agents.kafka import clients
from streams import post_log
from streams.errors import UserError
from streams.kafka import topics as kafka_topics
from streams.kafka.probe import answers
from streams.kafka.reach import Reach
from streams.kafka.topics import MAX_RECORD_BYTES
from streams.settings import Settings

log = logging.getLogger(__name__)

STALL_SECONDS = 20.0
"""Without an acknowledgement for so long a producer is replaced, if the broker answers. A request may take 15."""
SILENCE_SECONDS = 3.0
"""Without an acknowledgement for so long the broker is asked whether it is there at all."""
ASK_SECONDS = 1.0
"""Between two such questions."""
MOST_FAILURES = 5
"""Producers in a row that failed without one record taken: another will not help."""
PAUSE_SECONDS = 2.0
"""Before the second replacement in a row; twice that before the third, and so on."""
_DISCARD_SECONDS = 1.0


class Sent(Protocol):
    """What a producer's `send` returns."""

    def add_callback(self, done: Callable[..., None], *arguments: Any) -> object:
        """Call when acknowledged."""

    def add_errback(self, failed: Callable[..., None], *arguments: Any) -> object:
        """Call when refused."""


class Producer(Protocol):
    """The part of a kafka-python producer that is used."""

    def send(self, topic: str, value: bytes, key: bytes) -> Sent:
        """Hand over one record; may raise `KafkaError`."""


class Connection(Protocol):
    """Makes and ends producers."""

    def ready(self) -> bool:
        """Whether a broker answers now."""

    def open(self) -> Producer:
        """A new producer. Raises `KafkaError`."""

    def discard(self, producer: Producer) -> None:
        """End a producer at once, whatever it holds. Raises nothing."""


class KafkaConnection:
    """Producers for one broker."""

    def __init__(self, settings: Settings, reach: Reach | None = None) -> None:
        """`settings.kafka_bootstrap` must be given. `reach`: what is known of the broker already."""
        self._settings = settings
        self._reach = reach or Reach()

    def ready(self) -> bool:
        """Whether a broker answers now and lets us in. Logs when that changes."""
        try:
            there = answers(self._settings)
        except UserError as refused:
            # The wal goes on filling: a password that is being changed must not end it.
            self._reach.refused(str(refused))
            return False
        self._reach.note(there, f"Kafka at {self._settings.kafka_bootstrap}")
        return there

    def open(self) -> KafkaProducer:
        """A new producer with Earshot's settings. Raises `KafkaError`."""
        return clients.producer(
            self._settings,
            client_id="earshot-ingest",
            acks="all",
            enable_idempotence=True,
            max_in_flight_requests_per_connection=5,
            # A batch that expires after it was sent wedges kafka-python 3.0 for good: none ever expires.
            delivery_timeout_ms=2**31 - 1,
            request_timeout_ms=15_000,
            retry_backoff_ms=200,
            reconnect_backoff_max_ms=2000,  # its 30 s would come on top of every outage
            linger_ms=50,
            # With more than one batch waiting, kafka-python wakes its thread for each record, which costs a third.
            batch_size=1_000_000,
            partitioner=KeyPartitioner(),
            compression_type="zstd",  # as declared for both Kafka topics: the broker need not encode again
            max_request_size=MAX_RECORD_BYTES,
            max_block_ms=5000,
            bootstrap_timeout_ms=5000,
            allow_auto_create_topics=False,
            metrics_enabled=False,
        )

    def discard(self, producer: Any) -> None:
        """End a producer at once.

        kafka-python's `close` gives up without ending its thread when a record is still unacknowledged, and that thread
        would send it whenever it can; only the private `force_close` ends it (3.0.12; tests/ingest holds it to that).
        """
        producer._sender.force_close()
        producer._sender.join(_DISCARD_SECONDS)
        with contextlib.suppress(KafkaError):
            producer.close(timeout=_DISCARD_SECONDS)


class Publisher:
    """The records on their way to Kafka, at most `outstanding` of them."""

    def __init__(
        self,
        connection: Connection,
        topics: Mapping[str, str],
        outstanding: int,
        clock: Callable[[], float] = time.monotonic,
        *,
        begin: bool = True,
    ) -> None:
        """`topics`: a record's topic -> the Kafka topic. `clock`: seconds that only grow. `begin`: connect at once,
        which raises `KafkaError`; else `tend` does when a broker answers."""
        self._connection = connection
        self._topics = topics
        self._most = outstanding
        self._clock = clock
        self._sending = threading.Lock()
        """Held while records are handed to the producer: their order is the order of acceptance."""
        self._changed = threading.Condition()
        """Guards all that follows; never held while the producer is called, which calls back from its own thread."""
        self._unacked: dict[int, Record] = {}
        self._accepted = 0
        self._closed = False
        self._generation = 0
        self._progress_at = self._moved_at = clock()
        self._asked_at = float("-inf")
        self.acked = 0
        """Records that Kafka has acknowledged."""
        self.rebuilds = 0
        """Producers that were replaced."""
        self._error: BaseException | None = None
        self._failures = 0
        self.begun = begin
        """Whether there was a producer yet."""
        self._producer: Producer | None = connection.open() if begin else None

    @property
    def outstanding(self) -> int:
        """Records accepted and not yet acknowledged."""
        return len(self._unacked)

    @property
    def settled(self) -> int:
        """How many of the first records accepted Kafka has, without a gap."""
        with self._changed:
            return next(iter(self._unacked), self._accepted + 1) - 1

    @property
    def stuck_for(self) -> float:
        """Seconds since the last acknowledgement while any is awaited, else 0."""
        with self._changed:
            return self._clock() - self._moved_at if self._unacked else 0.0

    def reachable(self) -> bool:
        """Whether a broker answers now."""
        return self._connection.ready()

    def publish(self, record: Record) -> bool:
        """Accept one record; waits while too many are outstanding. False: closed, and not accepted."""
        if len(self._unacked) >= self._most:  # without the lock: nobody else adds
            with self._changed:
                self._changed.wait_for(lambda: self._closed or len(self._unacked) < self._most)
        with self._sending:
            with self._changed:
                if self._closed:
                    return False
                if not self._unacked:
                    self._progress_at = self._moved_at = self._clock()
                self._accepted += 1
                number = self._accepted
                self._unacked[number] = record
            self._send(number, record)
        return True

    def tend(self) -> None:
        """Replace a producer that failed or stalled and send again what it has not acknowledged, in order.

        While no broker answers there is none: kafka-python's takes all of a core to look for one. To be called every
        second or so. Raises `UserError` when Kafka keeps refusing.
        """
        with self._changed:
            error, now = self._error, self._clock()
            stalled = now - self._progress_at
            patience = PAUSE_SECONDS * self._failures if error else SILENCE_SECONDS if self._producer else 0.0
            if self.begun and (stalled < patience or not (error or self._unacked)):
                return
            if self._failures >= MOST_FAILURES and error is not None:
                raise UserError(
                    f"Kafka refuses the posts ({type(error).__name__}); `earshot topics describe` shows why"
                )
            if now - self._asked_at < ASK_SECONDS:
                return
            self._asked_at = now
        if not self._connection.ready():
            if self._producer is not None:
                with self._sending:
                    self._discard()
        elif not self.begun:
            self._open()
        elif error is not None:
            self._replace(type(error).__name__)
        elif self._producer is None or stalled >= STALL_SECONDS:
            self._replace(f"no acknowledgement for {stalled:.0f} s")

    def close(self, seconds: float) -> int:
        """Accept no more, wait up to `seconds` for what was accepted; how many records Kafka has not taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        deadline = self._clock() + seconds
        while self._unacked and (left := deadline - self._clock()) > 0:
            with self._changed:
                self._changed.wait_for(lambda: not self._unacked or self._error is not None, min(left, 0.25))
            try:
                self.tend()
            except UserError:
                break
        with self._sending:
            self._discard()
        return self.outstanding

    def _replace(self, why: str) -> None:
        with self._sending:
            log.warning("new Kafka producer (%s); sending %d records again", why, self.outstanding)
            self._discard()
            with self._changed:
                self._error = None
                self.rebuilds += 1
                self._failures += 1
            self._make()

    def _open(self) -> None:
        with self._sending:
            self._make()
            self.begun = True

    def _make(self) -> None:
        """Make a producer and send what is not acknowledged. The caller holds `_sending`."""
        with self._changed:
            self._progress_at = self._clock()
            again = list(self._unacked.items())
        try:
            self._producer = self._connection.open()
        except KafkaError as error:
            self._fail(self._generation, error)
            return
        for number, record in again:
            if self._error is not None:
                return
            self._send(number, record)

    def _discard(self) -> None:
        with self._changed:
            self._generation += 1  # the old one's last words are not heard
        if self._producer is not None:
            self._connection.discard(self._producer)
            self._producer = None

    def _send(self, number: int, record: Record) -> None:
        """Hand a record to the producer; if there is none that works, it is sent with the next one."""
        generation = self._generation
        if self._producer is None or self._error is not None:
            return
        try:
            sent = self._producer.send(self._topics[record.topic], record.value, record.key)
        except KafkaError as error:
            self._fail(generation, error)
            return
        if post_log.wanted():
            sent.add_callback(self._note, record.key)
        sent.add_callback(self._acked, generation, number)
        sent.add_errback(self._fail, generation)

    def _note(self, key: bytes, place: RecordMetadata) -> None:
        post_log.note(key, "Kafka has it, %s partition %d", place.topic, place.partition)

    def _acked(self, generation: int, number: int, *_: object) -> None:
        with self._changed:
            if generation == self._generation:
                self.acked += self._unacked.pop(number, None) is not None
                self._failures = 0
                self._progress_at = self._moved_at = self._clock()
                self._changed.notify_all()

    def _fail(self, generation: int, error: BaseException) -> None:
        with self._changed:
            if generation == self._generation and self._error is None:
                self._error = error
                self._changed.notify_all()


def connect(settings: Settings) -> Publisher:
    """A publisher for a pipeline's broker and Kafka topics. Raises `KafkaError`."""
    topics = {"posts": kafka_topics.posts(settings), "dead-letters": kafka_topics.dead_letters(settings)}
    return Publisher(KafkaConnection(settings), topics, settings.ingest_outstanding)
