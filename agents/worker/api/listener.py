"""Reads what the other workers announce, all of it, as long as the worker runs.

Called by `part.py`. Without a consumer group: every worker reads every record. A broker that is away is tried
again; what was heard stays, and grows old. Does not know what records mean (`peers.py`).
"""

import asyncio
import logging
import time
from collections.abc import Callable

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from agents.worker.api.peers import Peers
from streams.kafka import client as kafka_client
from streams.kafka import topics as kafka_topics
from streams.settings import Settings

log = logging.getLogger(__name__)

_AGAIN_SECONDS = 5.0


class Listener:
    """One worker's."""

    def __init__(self, settings: Settings, peers: Peers, clock: Callable[[], float]) -> None:
        """`clock`: seconds, never back."""
        self._settings = settings
        self._peers = peers
        self._clock = clock
        self.caught_up = False
        """Whether everything was read that stood there when it began."""

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            try:
                await self._read()
            except (KafkaError, OSError) as error:
                # At debug: `streams/kafka/reach.py` says once that Kafka is away.
                log.debug("what other workers announce cannot be read now, again later: %s", type(error).__name__)
                await asyncio.sleep(_AGAIN_SECONDS)

    async def _read(self) -> None:
        consumer = AIOKafkaConsumer(
            **kafka_client.arguments(self._settings), enable_auto_commit=False, auto_offset_reset="earliest"
        )
        await consumer.start()
        try:
            place = TopicPartition(kafka_topics.workers(self._settings), 0)
            consumer.assign([place])
            await consumer.seek_to_beginning(place)
            end = (await consumer.end_offsets([place]))[place]
            while True:
                self.caught_up = self.caught_up or await consumer.position(place) >= end
                for records in (await consumer.getmany(timeout_ms=1000)).values():
                    for record in records:
                        # What stood there before was heard when Kafka took it; what comes, comes now: then clocks that
                        # differ do no harm.
                        late = max(0.0, time.time() - record.timestamp / 1000) if record.offset < end else 0.0
                        self._take(record.key, record.value, self._clock() - late)
        finally:
            await consumer.stop()

    def _take(self, key: bytes | None, value: bytes | None, heard: float) -> None:
        try:
            self._peers.take(key or b"", value, heard)
        except (msgspec.DecodeError, ValueError) as error:
            log.warning("a record of another form among the workers' announcements: %s", type(error).__name__)
