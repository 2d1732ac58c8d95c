"""Writes all of a worker's records to Kafka, in order, in whole batches.

`put` takes records without awaiting, so that an agent hands a whole chunk over in one step; a task sends them; `drain`
waits until Kafka has acknowledged everything put before it. What is put for a partition within `LINGER_SECONDS` becomes
one batch. A batch that fails ends the process: a partition must never have a later batch without an earlier one. The
idempotent producer guarantees the same within Kafka.

aiokafka's `send()` costs 20 us of CPU a record, `create_batch()` + `send_batch()` 3 us and much a batch: with a batch
for each `put` a worker took a fourth more CPU at 1,000 posts/s. Public API only.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import chain
from typing import NamedTuple

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
LINGER_SECONDS = 0.02
"""How long records wait for others of their partition, unless somebody waits for them (`room`, `drain`)."""
OUTSTANDING = 64
"""Unacknowledged calls of `put` above which agents wait: bounds memory, and the work that a crash repeats."""


class _Waiting(NamedTuple):
    """What was put for one partition and is not sent yet, in order."""

    records: list[list[KeyValue]]
    """By call of `put`."""
    acked: Acked | None
    """Of the first `put`; those of one partition all do the same."""
    numbers: list[int]
    """Of the calls of `put`."""


class Writer:
    """One producer, which keeps the order of `put`. Used in one event loop."""

    def __init__(self, settings: Settings, lease: Lease) -> None:
        """`settings.kafka_bootstrap` must be given."""
        self._settings = settings
        self._lease = lease
        self._producer: AIOKafkaProducer | None = None
        self._waiting: dict[tuple[str, int], _Waiting] = {}
        """By Kafka topic and partition."""
        self._queued = asyncio.Event()
        self._hurry = asyncio.Event()
        """Set when somebody waits for what is not sent yet."""
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
        """Queue records, in order. Never blocks. The list must stay as it is."""
        self._put += 1
        self._unfinished[self._put] = None
        if waiting := self._waiting.get((kafka_topic, partition)):
            waiting.records.append(records)
            waiting.numbers.append(self._put)
        else:
            self._waiting[kafka_topic, partition] = _Waiting([records], acked, [self._put])
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
        if self._waiting:
            self._hurry.set()
        self._progress.clear()
        await self._progress.wait()

    async def _send_all(self) -> None:
        try:
            while True:
                await self._queued.wait()
                with suppress(TimeoutError):
                    async with asyncio.timeout(LINGER_SECONDS):
                        await self._hurry.wait()
                self._hurry.clear()
                self._queued.clear()
                sent, self._waiting = self._waiting, {}
                for (kafka_topic, partition), waiting in sent.items():
                    await self._send(kafka_topic, partition, waiting)
        except asyncio.CancelledError:
            raise
        except BaseException as exc:
            fatal.end_on(exc, "writer")

    async def _send(self, kafka_topic: str, partition: int, waiting: _Waiting) -> None:
        assert self._producer is not None  # noqa: S101 - put() is for a started writer
        batches = [self._producer.create_batch()]
        for key, value in chain.from_iterable(waiting.records):
            if batches[-1].append(key=key, value=value, timestamp=None) is None:
                batches.append(self._producer.create_batch())
                batches[-1].append(key=key, value=value, timestamp=None)  # the first of a batch always fits
        pending = len(batches)

        def settle(future: "asyncio.Future[RecordMetadata]", count: int) -> None:
            nonlocal pending
            if future.cancelled() or (error := future.exception()) is not None:
                name = "cancelled" if future.cancelled() else type(error).__name__
                fatal.end(f"Kafka did not take a batch for {kafka_topic}: {name}")
            if waiting.acked is not None:
                waiting.acked(future.result().offset, count)
            pending -= 1
            if not pending:
                for number in waiting.numbers:
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
