"""Makes Faust read Kafka in chunks: one partition's records as one event, in order, without a gap, and only when the
tables are ready.

`HeldConsumer` adds to Faust's consumer what exactness needs (lease, order, tables before records); `BatchConsumer`
replaces its reading. Each override names the fact about stock Faust that it answers. Called by Faust; does not know
what records mean.

Private parts touched here are listed in `tests/contract/test_private_parts.py`: an upgrade that moves one fails there.
"""

import asyncio
import logging
import time
from collections import Counter, defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import IllegalStateError
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread
from faust.transport.drivers.aiokafka import Consumer as FaustConsumer
from faust.types import TP
from faust.types.tuples import ConsumerMessage

from streams.faustkit import fatal, lease
from streams.faustkit.state import State

log = logging.getLogger(__name__)

IDLE_SECONDS = 0.005
"""Pause when nothing may be fetched. Stock Faust sleeps a whole second when all partitions are under backpressure."""
FETCH_MAX_WAIT_MS = 50
"""How long Kafka may hold a fetch that finds nothing. aiokafka sends one at a time to a broker, so a fetch of idle
mentions holds up busy posts: with Faust's 1,500 ms the bare transport took 24,000 posts/s, with 50 ms 158,000."""
FETCH_MIN_BYTES = 16 * 1024
"""What Kafka answers a fetch with at once; less waits for `FETCH_MAX_WAIT_MS`. With aiokafka's one byte, each small
batch on each partition is a fetch of its own: a sixth more CPU at 100 and 1,000 posts/s."""
FETCH_SECONDS = 0.25
"""How long a fetch waits for records; a rebalance waits for the fetch."""
SEEK_BACKS = 5
"""Seeks back to one offset before it counts as lost."""


class LeasedThread(AIOKafkaConsumerThread):  # type: ignore[misc]
    """Faust's consumer thread; renews the lease with every heartbeat that Kafka answers."""

    def _create_worker_consumer(self, transport: Any) -> AIOKafkaConsumer:
        """As Faust's, but a fetch waits for news neither too long nor too briefly."""
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_MAX_WAIT_MS
        consumer._fetch_min_bytes = FETCH_MIN_BYTES
        return consumer

    async def on_start(self) -> None:
        """Connect, then listen to the coordinator's heartbeats."""
        await super().on_start()
        coordinator = self._ensure_consumer()._coordinator
        coordinator._do_heartbeat = self._renewing(coordinator._do_heartbeat)

    def _renewing(self, heartbeat: Callable[[], Awaitable[bool]]) -> Callable[[], Awaitable[bool]]:
        async def beat() -> bool:
            asked_at = lease.now()
            answered = await heartbeat()
            if answered:
                self.consumer.worker_state.lease.renew(asked_at)
            return answered

        return beat


class BatchThread(LeasedThread):
    """Fetches for the batch transport: of each Kafka topic in turn, and without stock aiokafka's object a record."""

    async def _fetch_records(  # Faust's signature
        self,
        consumer: AIOKafkaConsumer,
        active_partitions: set[TP],
        timeout: float | None = None,  # noqa: ASYNC109
        max_records: int | None = None,
    ) -> dict[TP, list[Any]]:
        """At most `max_records` of each Kafka topic, so that what one agent wrote does not wait behind all that the
        other has yet to read. Stock aiokafka takes partition after partition, in the order of their fetches."""
        for fetched in consumer._fetcher._records.values():
            records = getattr(fetched, "_partition_records", None)
            if records is not None:  # else an error, told by the call below
                records._consumer_record = _as_parsed
        found: dict[TP, list[Any]] = {}
        for topic in {tp.topic for tp in active_partitions}:
            own = {tp for tp in active_partitions if tp.topic == topic}
            found |= await super()._fetch_records(consumer, own, 0, max_records)
        return found or await super()._fetch_records(consumer, active_partitions, timeout, max_records)


def _as_parsed(_: Any, record: Any) -> Any:
    """The record that aiokafka parsed, which has offset, timestamp, key and value. Stock aiokafka makes another object
    of eleven fields of it, a fifth of what fetching costs; records that come while it waits still are such."""
    return record


class HeldConsumer(FaustConsumer):  # type: ignore[misc]
    """Faust's consumer with tables that are complete before the first record, and a known order of offsets."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._revoked = True
        self.assigned: frozenset[TP] = frozenset()
        self.generation = -1
        """The group's generation that gave `assigned`."""
        self._sought: int | None = None
        """Generation whose seek to the committed offsets has finished; None: no seek since the last rebalance."""
        self.open = False
        """Whether records may be delivered: from a finished seek and resume to the next revoke, within one
        generation."""
        super().__init__(*args, **kwargs)

    @property
    def worker_state(self) -> State:
        """The worker's state."""
        state: State = self.app.worker_state
        return state

    def _new_consumer_thread(self) -> LeasedThread:
        return LeasedThread(self, loop=self.loop, beacon=self.beacon)

    def _close(self) -> None:
        self.open = False
        self._sought = None

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Do the last checkpoint and commit, then release everything."""
        self._close()
        self._revoked = True
        await super().on_partitions_revoked(revoked)
        self.worker_state.release()

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Begin a new generation: Kafka has just counted us among its members."""
        self._close()
        self._revoked = False
        self.assigned, self.generation = frozenset(assigned), generation_id
        self.worker_state.lease.renew(lease.now())
        await super().on_partitions_assigned(assigned, generation_id)

    async def commit(self, *arguments: Any, **options: Any) -> bool:
        """Commit as Faust does, and note when offsets were committed."""
        committed: bool = await super().commit(*arguments, **options)
        if committed:
            self.worker_state.committed_at = time.time()
        return committed

    async def perform_seek(self) -> None:
        """Seek to the committed offsets, of this generation only, and tell the state where reading goes on."""
        self._close()
        generation = self.generation
        try:
            await super().perform_seek()
            expected = await self._settle()
        except (AssertionError, IllegalStateError):
            # aiokafka's words for "no partitions assigned": the next rebalance has begun, and it seeks again.
            log.info("seek overtaken by a rebalance")
            return
        self.worker_state.expect(expected)
        self._sought = generation

    async def _settle(self) -> dict[tuple[str, int], int]:
        """Next offset of each partition: the committed one, or the first that Kafka still has."""
        expected = {}
        for tp in self.assignment():
            committed = self._read_offset[tp] or 0
            begin = self.worker_state.begins.get((tp.topic, tp.partition), 0)
            lost = committed - self.worker_state.ends.get((tp.topic, tp.partition), committed)
            if lost > 0:
                log.error("%s partition %d: Kafka lost %d records that were counted", tp.topic, tp.partition, lost)
            if committed < begin:
                if committed:
                    log.error("%s partition %d: %d records expired unread", tp.topic, tp.partition, begin - committed)
                await self._thread.seek_wait({tp: begin})
                self._committed_offset[tp] = None
            expected[tp.topic, tp.partition] = max(committed, begin)
        return expected

    def resume_flow(self) -> None:
        """Let records through if the seek and the tables belong to the present assignment.

        Faust resumes at the end of a recovery even when the next rebalance has begun meanwhile.
        """
        super().resume_flow()
        if not self._revoked and self._sought == self.worker_state.generation == self.generation:
            self.worker_state.hold()
            self.open = True

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Do nothing: `watchdog.py` judges progress. Stock Faust judges by sensors, which are off here."""

    def lag(self) -> dict[tuple[str, int], int]:
        """Records not yet processed, by Kafka topic and partition, as far as fetches have told."""
        lag = {}
        for (topic, partition), offset in self.worker_state.next_offsets().items():
            end = self.highwater(TP(topic, partition)) if self.open else None
            if end is not None:
                lag[topic, partition] = max(0, end - offset)
        return lag


class BatchConsumer(HeldConsumer):
    """Delivers chunks; commits up to the first chunk that is not done."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._in_flight: defaultdict[TP, deque[ConsumerMessage]] = defaultdict(deque)
        self._expected: dict[TP, int] = {}
        self._sought_back: Counter[tuple[TP, int]] = Counter()
        self._idle = asyncio.Event()
        """Set while no fetch runs."""
        self._idle.set()
        super().__init__(*args, **kwargs)

    def _new_consumer_thread(self) -> BatchThread:
        return BatchThread(self, loop=self.loop, beacon=self.beacon)

    # -- seeks and commits --------------------------------------------------------------------------------------------

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """As `HeldConsumer`'s; the next owner reads again what is in flight."""
        await super().on_partitions_revoked(revoked)
        self._in_flight.clear()

    async def perform_seek(self) -> None:
        """As `HeldConsumer`'s; then expect offsets from there.

        First wait for the running fetch: it would move the position after the seek, and nobody would get its records.
        """
        self._close()
        await self._idle.wait()
        await super().perform_seek()
        self._in_flight.clear()
        self._sought_back.clear()
        self._expected = {TP(*place): offset for place, offset in self.worker_state.next_offsets().items()}

    def _new_offset(self, tp: TP) -> int | None:
        """Offset to commit: after the last of the done chunks that have no undone one before them.

        Stock bookkeeping commits past what is in flight (faust-streaming #606) and stalls on repeats (robinhood #625).
        """
        self._acked[tp].clear()
        self._acked_index[tp].clear()
        in_flight = self._in_flight[tp]
        offset = None
        while in_flight and in_flight[0].acked:
            offset = in_flight.popleft().offset + 1
        return offset

    # -- reading ------------------------------------------------------------------------------------------------------

    async def _wait_next_records(  # Faust's signature
        self,
        timeout: float,  # noqa: ASYNC109
    ) -> tuple[dict[TP, list[Any]], set[TP]]:
        if not self.flow_active:
            await self.wait(self.can_resume_flow)
        active = self._get_active_partitions()
        # Faust's fetcher runs before the tables are ready. `flow_control.resume()` drops what it delivers then,
        # unacked,
        # and nobody reads it again.
        if not self.open or not active:
            await asyncio.sleep(IDLE_SECONDS)
            return {}, active
        self._idle.clear()
        try:
            # A copy: the consumer's thread reads it while this one changes it.
            return await self._getmany(active_partitions=set(active), timeout=timeout), active
        finally:
            self._idle.set()

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, ConsumerMessage]]:  # noqa: ASYNC109 - Faust's
        """Yield the fetched records as chunks, round robin over the partitions so that none starves."""
        records, _ = await self._wait_next_records(timeout)
        # Any generation may have asked for them: `_deliver` judges their offsets.
        generation = self.app.consumer_generation_id
        size = self.app.worker_settings.chunk_records
        pending = deque((tp, 0) for tp in records if records[tp])
        while pending:
            if not self.open or generation != self.app.consumer_generation_id or self.should_stop:
                return
            tp, start = pending.popleft()
            chunk = records[tp][start : start + size]
            if start + size < len(records[tp]):
                pending.append((tp, start + size))
            yield tp, _message(tp, chunk, generation)

    async def _drain_messages(self, fetcher: Any) -> None:
        """Faust's reading loop. The stock one makes four asyncio tasks for each record, 35 of its 65 us."""
        try:
            while not (self.should_stop or fetcher.should_stop):
                async for tp, message in self.getmany(timeout=FETCH_SECONDS):
                    if not await self._deliver(tp, message):
                        break
                await asyncio.sleep(0)
        except self.consumer_stopped_errors:
            if not self.app.should_stop:
                fatal.end("Kafka consumer stopped by itself")
        except asyncio.CancelledError:
            if not self.app.should_stop:
                raise
        except BaseException as exc:
            fatal.end_on(exc, "consumer")

    async def _deliver(self, tp: TP, message: ConsumerMessage) -> bool:
        """Deliver a chunk if it is the next one; False: drop whatever else was fetched."""
        records = message.value
        expected = self._expected.get(tp, records[0].offset)
        if message.offset < expected:
            return True  # fetched before a seek: known already
        if records[0].offset < expected:
            message.value = records = [record for record in records if record.offset >= expected]
        if records[0].offset > expected:
            await self._seek_back(tp, expected, records[0].offset)
            return False
        self._expected[tp] = message.offset + 1
        self._in_flight[tp].append(message)
        # An async wait, not a plain call: under backpressure a rebalance must be able to interrupt it.
        await self.wait_first(self.callback(message), self.suspend_flow.wait())
        self._read_offset[tp] = message.offset
        return True

    async def _seek_back(self, tp: TP, expected: int, got: int) -> None:
        """Seek back for records that a cancelled fetch took. Ends the process if they do not come after `SEEK_BACKS`
        seeks."""
        self._sought_back[tp, expected] += 1
        if self._sought_back[tp, expected] > SEEK_BACKS:
            fatal.end(f"{tp.topic} partition {tp.partition}: no record at offset {expected}, the next is {got}")
        log.warning("%s partition %d: expected offset %d, got %d: seeking back", tp.topic, tp.partition, expected, got)
        await self._thread.seek_wait({tp: expected})


def _message(tp: TP, records: list[Any], generation: int) -> ConsumerMessage:
    """A chunk as Faust's message. Its offset is that of the last record, so that one ack counts for all."""
    last = records[-1]
    return ConsumerMessage(
        tp.topic,
        tp.partition,
        last.offset,
        last.timestamp / 1000,
        last.timestamp_type,
        headers=None,
        key=None,
        value=records,
        checksum=None,
        tp=tp,
        generation_id=generation,
    )
