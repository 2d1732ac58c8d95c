"""Brings a worker's announcements to Kafka: of each key the newest, again until Kafka has it.

Called by `announcer.py`, which puts, and by `part.py`, which starts and stops it. Has a producer of its own: what the
worker's writer sends must arrive or end the process, an announcement may be late. Does not know what is announced.
"""

import asyncio
import contextlib
import logging

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from streams.faustkit.lease import Lease
from streams.kafka import client as kafka_client
from streams.kafka import topics as kafka_topics
from streams.settings import Settings

log = logging.getLogger(__name__)

DELIVERY_SECONDS = 10.0
"""A record that Kafka has not taken for so long is given up, and sent once more if it is still the newest of its key.
Short: after an outage nothing older than this comes behind the next owner's words."""
_AGAIN_SECONDS = 2.0
_STOP_SECONDS = 2.0
"""Most that a stop waits for Kafka to take the last announcements."""


class Outbox:
    """One worker's, for one partition of one Kafka topic."""

    def __init__(
        self, settings: Settings, lease: Lease, kafka_topic: str, delivery_seconds: float = DELIVERY_SECONDS
    ) -> None:
        """`settings.kafka_bootstrap` must be given. `lease`: nothing is sent while it is over."""
        self._settings = settings
        self._lease = lease
        self._kafka_topic = kafka_topic
        self._delivery_ms = int(delivery_seconds * 1000)
        self._waiting: dict[bytes, bytes | None] = {}
        """Key -> the newest value that Kafka does not have yet."""
        self._changed = asyncio.Event()
        self._sent = asyncio.Event()
        """Set while nothing waits."""
        self._sent.set()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to send, as soon as Kafka is there. Call it in the loop."""
        self._task = asyncio.create_task(self._run(), name="outbox")

    def put(self, key: bytes, value: bytes | None) -> None:
        """Announce a value, in place of any that waits under the key; None is a tombstone. Never blocks."""
        self._waiting[key] = value
        self._sent.clear()
        self._changed.set()

    def clear(self) -> None:
        """Drop what waits: it is of a time that is over."""
        self._waiting.clear()
        self._sent.set()

    async def stop(self) -> None:
        """Wait for the last announcements, some 2 s at most, and end."""
        if self._task is None:
            return
        try:
            await asyncio.wait_for(self._sent.wait(), _STOP_SECONDS)
        except TimeoutError:
            log.debug("%d announcements are dropped at the end: Kafka does not take them", len(self._waiting))
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            try:
                await self._with_producer()
            except (KafkaError, OSError) as error:
                # At debug: `streams/kafka/reach.py` says once that Kafka is away.
                log.debug("announcements cannot be sent now, again later: %s", type(error).__name__)
                await asyncio.sleep(_AGAIN_SECONDS)

    async def _with_producer(self) -> None:
        """Send what is put until cancelled. Raises aiokafka's `KafkaError`; what was not taken waits again."""
        producer = AIOKafkaProducer(
            **kafka_client.arguments(self._settings),
            acks="all",
            compression_type="zstd",
            request_timeout_ms=self._delivery_ms,
            max_request_size=kafka_topics.MAX_RECORD_BYTES,
        )
        try:
            await producer.start()
            while True:
                await self._changed.wait()
                self._changed.clear()
                while self._waiting and self._lease.valid:
                    await self._send_next(producer)
        finally:
            with contextlib.suppress(TimeoutError):  # it waits for a record that Kafka does not take
                await asyncio.wait_for(producer.stop(), _STOP_SECONDS)

    async def _send_next(self, producer: AIOKafkaProducer) -> None:
        """Send the oldest that waits. It waits until Kafka has it, unless a newer one takes its place."""
        key, value = next(iter(self._waiting.items()))
        try:
            await producer.send_and_wait(self._kafka_topic, value, key, partition=0)
        except KafkaError:
            self._changed.set()
            raise
        if key in self._waiting and self._waiting[key] is value:
            del self._waiting[key]
        if not self._waiting:
            self._sent.set()
