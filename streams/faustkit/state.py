"""The partitions that one worker holds, and their tables; makes both durable.

Owns the order of steps in a checkpoint and in a takeover. Called by the app's rebalance signals, by the producer's
flush before each commit, by the agents (sequence of offsets) and by the metrics. Does not know what tables contain.
"""

import asyncio
import logging
import time
from collections.abc import Iterable, Mapping, Sequence

from aiokafka.errors import KafkaError

from streams.faustkit import fatal
from streams.faustkit.changelog import Changelog, look_again, recover
from streams.faustkit.lease import Lease
from streams.faustkit.writer import Writer
from streams.settings import Settings

log = logging.getLogger(__name__)

REWRITE_SESSIONS = 2
"""After so many session timeouts no process that lost a partition can still write to it (`lease.py`). Then the owner
looks for older copies behind its own and writes those rows once more, so that compaction keeps the newest."""

Place = tuple[str, int]
"""Kafka topic and partition."""


class State:
    """Partitions held, tables and durability of one worker."""

    def __init__(
        self,
        settings: Settings,
        lease: Lease,
        writer: Writer,
        tables: Mapping[str, Sequence[Changelog]],
    ) -> None:
        """`tables`: Kafka topic that an agent reads -> the tables that follow its partitions, each by its changelog."""
        self.lease = lease
        self.writer = writer
        self._settings = settings
        self._rewrite_after = REWRITE_SESSIONS * settings.session_timeout
        self._tables = {source: tuple(changelogs) for source, changelogs in tables.items()}
        self._held: frozenset[Place] = frozenset()
        self._kept: frozenset[Place] = frozenset()
        self.generation: int | None = None
        """The group's generation for which the tables are complete; None while they are not."""
        self._lock = asyncio.Lock()
        self._next: dict[Place, int] = {}
        self.begins: dict[Place, int] = {}
        """First offset that Kafka still had of each partition at the takeover."""
        self.ends: dict[Place, int] = {}
        """Offset of the next record of each partition at the takeover."""
        self._tasks: set[asyncio.Task[None]] = set()
        self.progress = 0
        """Rises with every chunk, checkpoint and recovery; the watchdog reads it."""
        self.rows_written: dict[str, int] = {
            changelog.table_name: 0 for changelogs in self._tables.values() for changelog in changelogs
        }
        """Table -> records written to its changelog."""
        self.committed_at = 0.0
        """When offsets were last committed, seconds since the epoch; 0 before the first."""
        self.recoveries = 0
        self.recovery_seconds = 0.0

    # -- partitions ---------------------------------------------------------------------------------------------------

    def held(self, kafka_topic: str) -> list[int]:
        """Partitions of a Kafka topic that are ours and whose tables are complete; none between a revoke and a
        recovery."""
        return sorted(partition for topic, partition in self._held if topic == kafka_topic)

    @property
    def complete(self) -> bool:
        """Whether everything that the group assigned to us is ours and complete."""
        return self.generation is not None and self._held == self._kept

    def release(self) -> None:
        """Hold nothing until the next recovery. Call it after the last checkpoint of a revoke."""
        self._held = frozenset()
        self.generation = None
        self._next.clear()

    async def take_over(self, assigned: Iterable[Place], generation: int) -> None:
        """Recover the tables of the partitions assigned in a generation; forget all other partitions. Awaits Kafka."""
        started = time.monotonic()
        self.generation = None
        places = frozenset(place for place in assigned if place[0] in self._tables)
        for topic, partition in self._kept - places:
            for changelog in self._tables[topic]:
                changelog.drop(partition)
        gained = places - self._kept
        self._kept = places
        wanted = self._changelogs_of(places)
        log.info("recovering the tables of %d partitions", len(places))
        count, self.begins, self.ends = await recover(self._settings, wanted, places)
        for changelog, partitions in wanted.items():
            for partition in partitions:
                changelog.table.complete(partition)
        if gained:
            self._look_later(gained)
        self.generation = generation
        self.recoveries += 1
        seconds = self.recovery_seconds = time.monotonic() - started
        self.progress += 1
        log.info("tables of %d partitions are complete: %d records in %.2f s", len(places), count, seconds)

    def hold(self) -> None:
        """From now on, write the partitions taken over at checkpoints, and show them."""
        self._held = self._kept

    def _look_later(self, places: frozenset[Place]) -> None:
        """`REWRITE_SESSIONS` from now, look behind our copies of those places that we then still have."""
        asyncio.get_running_loop().call_later(self._rewrite_after, self._look, places)

    def _look(self, places: frozenset[Place]) -> None:
        if places := places & self._kept:
            task = asyncio.get_running_loop().create_task(self._write_over(places))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _write_over(self, places: frozenset[Place]) -> None:
        """Look at the changelogs of all `places`, with one consumer; write anew what an older copy stands behind."""
        if not places <= self._held:  # a rebalance is under way
            self._look_later(places)
            return
        try:
            await look_again(self._settings, self._changelogs_of(places))
        except KafkaError as error:
            log.debug("no look at changelogs, again later: %s", type(error).__name__)
            self._look_later(places)
            return
        await self.checkpoint()

    def _changelogs_of(self, places: frozenset[Place]) -> dict[Changelog, list[int]]:
        """The tables' changelogs that follow these partitions of their sources."""
        return {
            changelog: [partition for topic, partition in places if topic == source]
            for source, changelogs in self._tables.items()
            for changelog in changelogs
        }

    # -- order of offsets ---------------------------------------------------------------------------------------------

    def expect(self, offsets: dict[Place, int]) -> None:
        """Set the next offset of each partition, after a seek."""
        self._next = dict(offsets)

    def arrive(self, kafka_topic: str, partition: int, first: int, last: int) -> None:
        """Note that an agent takes these offsets next. Ends the process at a gap or a step back, which would lose or
        repeat counts."""
        place = (kafka_topic, partition)
        expected = self._next.get(place, first)
        if first != expected:
            fatal.end(f"{kafka_topic} partition {partition}: expected offset {expected}, got {first}")
        self._next[place] = last + 1
        self.progress += 1

    def next_offsets(self) -> dict[Place, int]:
        """Next offset to process, by partition."""
        return dict(self._next)

    # -- durability ---------------------------------------------------------------------------------------------------

    async def checkpoint(self) -> None:
        """Wait until everything decided before the call is durable; then offsets may be committed.

        First cut every table, then wait for what agents handed over (mentions), then write the cut. So a table in
        Kafka is never ahead of the mentions that came of it: the memory of duplicates relies on that.
        """
        async with self._lock:
            cuts = [
                (changelog, changelog.cut([partition for topic, partition in self._held if topic == source]))
                for source, changelogs in self._tables.items()
                for changelog in changelogs
            ]
            await self.writer.drain()
            for changelog, changes in cuts:
                self.rows_written[changelog.table_name] += changelog.write(changes)
            await self.writer.drain()
            self.progress += 1
