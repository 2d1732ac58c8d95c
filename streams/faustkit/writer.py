"""Writes all of a worker's records to Kafka, in order, in whole batches.

`put` takes records without awaiting, so that an agent hands a whole chunk over in one step; a task sends them; `drain`
waits until Kafka has acknowledged everything put before it. A batch that fails ends the process: Kafka must never have
a later batch without an earlier one. The idempotent producer guarantees the same within Kafka.

aiokafka's `send()` costs 20 us of CPU a record, `create_batch()` + `send_batch()` 3 us. Public API only.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.structs import RecordMetadata

from streams.faustkit import fatal
from streams.faustkit.lease import Lease
from streams.kafka import client as kafka_client
from streams.settings import Settings

KeyValue = tuple[bytes, bytes | None]
Acked = Callable[[int, int], None]
"""Called for each batch with its first offset and its number of records."""

BATCH_BYTES = 512 * 1024
REQUEST_BYTES = 20 * 1024 * 1024
"""Most bytes of a request: more than any record that the Kafka topics allow."""
OUTSTANDING = 64
"""Unacknowledged calls of `put` above which agents wait: bounds memory, and the work that a crash repeats."""


class Writer:
    """One producer, which keeps the order of `put`. Used in one event loop."""

    def __init__(self, settings: Settings, lease: Lease) -> None:
        """`settings.kafka_bootstrap` must be given."""
        self._settings = settings
        self._lease = lease
        self._producer: AIOKafkaProducer | None = None
        self._queue: deque[tuple[str, int, list[KeyValue], Acked | None]] = deque()
        self._queued = asyncio.Event()
        self._put = 0
        self._unfinished: dict[int, None] = {}
        self._progress = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Connect and begin to send. Raises aiokafka's `KafkaError`."""
        self._producer = AIOKafkaProducer(
            **kafka_client.arguments(self._settings),
            acks="all",
            enable_idempotence=True,
            compression_type="zstd",
            linger_ms=0,  # whole batches are handed over: there is nothing to wait for
            max_batch_size=BATCH_BYTES,
            max_request_size=REQUEST_BYTES,
        )
        await self._producer.start()
        self._task = asyncio.create_task(self._send_all(), name="writer")

    async def stop(self) -> None:
        """Disconnect. Drops what is not drained: the next worker repeats it."""
        if self._task is not None:
            self._task.cancel()
        if self._producer is not None:
            await self._producer.stop()

    def put(self, kafka_topic: str, partition: int, records: list[KeyValue], acked: Acked | None = None) -> None:
        """Queue records, in order. Never blocks; the loop sends them at its next turn."""
        self._put += 1
        self._unfinished[self._put] = None
        self._queue.append((kafka_topic, partition, records, acked))
        self._queued.set()

    async def room(self) -> None:
        """Wait until at most `OUTSTANDING` calls of `put` are unacknowledged."""
        while len(self._unfinished) > OUTSTANDING:
            await self._wait()

    async def drain(self) -> None:
        """Wait until everything put before this call is acknowledged."""
        last = self._put
        while next(iter(self._unfinished), last + 1) <= last:
            await self._wait()

    async def _wait(self) -> None:
        self._progress.clear()
        await self._progress.wait()

    async def _send_all(self) -> None:
        number = 0
        try:
            while True:
                await self._queued.wait()
                self._queued.clear()
                while self._queue:
                    number += 1
                    await self._send(number, *self._queue.popleft())
        except asyncio.CancelledError:
            raise
        except BaseException as exc:
            fatal.end_on(exc, "writer")

    async def _send(
        self, number: int, kafka_topic: str, partition: int, records: Iterable[KeyValue], acked: Acked | None
    ) -> None:
        assert self._producer is not None  # noqa: S101 - put() is for a started writer
        batches = [self._producer.create_batch()]
        for key, value in records:
            if batches[-1].append(key=key, value=value, timestamp=None) is None:
                batches.append(self._producer.create_batch())
                batches[-1].append(key=key, value=value, timestamp=None)  # the first of a batch always fits
        pending = len(batches)

        def settle(future: "asyncio.Future[RecordMetadata]", count: int) -> None:
            nonlocal pending
            if future.cancelled() or (error := future.exception()) is not None:
                name = "cancelled" if future.cancelled() else type(error).__name__
                fatal.end(f"Kafka did not take a batch for {kafka_topic}: {name}")
            if acked is not None:
                acked(future.result().offset, count)
            pending -= 1
            if not pending:
                del self._unfinished[number]
                self._progress.set()

        for batch in batches:
            count = batch.record_count()
            batch.close()
            self._lease.require()
            try:
                future = await self._producer.send_batch(batch, kafka_topic, partition=partition)
            except KafkaError as exc:
                fatal.end(f"Kafka did not take a batch for {kafka_topic}: {type(exc).__name__}")
            future.add_done_callback(partial(settle, count=count))
