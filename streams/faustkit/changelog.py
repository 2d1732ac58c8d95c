"""Makes tables survive: writes changed rows to a changelog, and reads them back when a worker takes a partition over.

Owns how far each changelog partition was read, and reading in bulk. Does not know what records mean: the table decides
which copy wins. Called by `state.py`. Does not use Faust's recovery, which reads 10,800 records a second, swallows
what `apply` raises and can give a record to the wrong table (faust/tables/recovery.py, marked XXX there). This module
reads in bulk through aiokafka's public consumer, and an error ends the process.
"""

import logging
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from functools import partial
from typing import NamedTuple, Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.faustkit import fatal
from streams.faustkit.writer import KeyValue, Writer
from streams.kafka import client as kafka_client
from streams.settings import Settings

log = logging.getLogger(__name__)


class Table(Protocol):
    """What a table does for its changelog. Source, table and changelog have the same partitions."""

    def restore(self, partition: int, key: bytes, value: bytes | None) -> None:
        """Take a record of the changelog. Records may come in any order, repeatedly, and stale."""

    def complete(self, partition: int) -> None:
        """Called when every record of the partition in Kafka was restored."""

    def changes(self, partitions: Iterable[int]) -> dict[int, list[KeyValue]]:
        """The rows of these partitions that changed since the last call."""

    def stands(self, partition: int, key: bytes, value: bytes | None) -> None:
        """Called in order with each record, ours or another's, that came to the changelog after the recovery.
        Compaction keeps the last one of a key; a table that needs the newest there reports such a row as changed."""

    def drop(self, partition: int) -> None:
        """Forget the partition."""


class Changelog:
    """One table and its changelog."""

    def __init__(self, table_name: str, kafka_topic: str, table: Table, writer: Writer) -> None:
        """`table_name`: as `streams/kafka/topics.py` declares it; `kafka_topic`: the changelog's own."""
        self.table_name = table_name
        self.kafka_topic = kafka_topic
        self.table = table
        self._writer = writer
        self.read_to: dict[int, int] = {}
        """Partition -> next offset to read at a recovery. Moves past our own writes, unless others wrote in between."""

    def cut(self, partitions: Iterable[int]) -> dict[int, list[KeyValue]]:
        """Take the changed rows, for `write`."""
        return self.table.changes(partitions)

    def write(self, changes: dict[int, list[KeyValue]]) -> int:
        """Hand changes to the writer; return the number of records."""
        for partition, records in changes.items():
            self._writer.put(self.kafka_topic, partition, records, partial(self._acked, partition))
        return sum(map(len, changes.values()))

    def _acked(self, partition: int, first: int, count: int) -> None:
        if self.read_to.get(partition) == first:
            self.read_to[partition] = first + count

    def drop(self, partition: int) -> None:
        """Forget a partition that another worker holds."""
        self.table.drop(partition)
        self.read_to.pop(partition, None)


class Recovered(NamedTuple):
    """The result of a recovery."""

    records: int
    begins: dict[tuple[str, int], int]
    """First offset that Kafka still has of each source partition."""
    ends: dict[tuple[str, int], int]
    """Offset of the next record of each source partition."""


async def recover(
    settings: Settings, wanted: dict[Changelog, list[int]], sources: Iterable[tuple[str, int]]
) -> Recovered:
    """Read each changelog's partitions from where the last reading ended to their present ends. Awaits Kafka.

    Call it after the partitions were assigned: then the ends include everything that earlier owners wrote before their
    last commit. Also asks for the sources' first and next offsets: on Faust's own connection, that request would wait
    1.5 s behind a fetch.
    """
    changelogs = {changelog.kafka_topic: changelog for changelog in wanted}
    tps = [TopicPartition(one.kafka_topic, partition) for one, partitions in wanted.items() for partition in partitions]
    if not tps:
        return Recovered(0, {}, {})  # more workers than partitions
    async with _consumer(settings) as consumer:
        consumer.assign(tps)
        every = [*tps, *(TopicPartition(*place) for place in sources)]
        ends, begins = await consumer.end_offsets(every), await consumer.beginning_offsets(every)
        begin = {tp: max(begins[tp], changelogs[tp.topic].read_to.get(tp.partition, 0)) for tp in tps}
        count = await _read(consumer, begin, ends, {name: one.table.restore for name, one in changelogs.items()})
        for tp in tps:
            changelogs[tp.topic].read_to[tp.partition] = max(begin[tp], ends[tp])
    return Recovered(count, _places(begins), _places(ends))


def _places(offsets: dict[TopicPartition, int]) -> dict[tuple[str, int], int]:
    return {(tp.topic, tp.partition): offset for tp, offset in offsets.items()}


async def look_again(settings: Settings, wanted: dict[Changelog, list[int]]) -> None:
    """Show each table what came to its changelog's partitions since the recovery, less our own records until the first
    of another process. What was read stays as it is: the next recovery reads these again."""
    changelogs = {changelog.kafka_topic: changelog for changelog in wanted}
    tps = [TopicPartition(one.kafka_topic, partition) for one, partitions in wanted.items() for partition in partitions]
    async with _consumer(settings) as consumer:
        consumer.assign(tps)
        begins, ends = await consumer.beginning_offsets(tps), await consumer.end_offsets(tps)
        begin = {tp: max(begins[tp], changelogs[tp.topic].read_to.get(tp.partition, 0)) for tp in tps}
        await _read(consumer, begin, ends, {name: one.table.stands for name, one in changelogs.items()})


@asynccontextmanager
async def _consumer(settings: Settings) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        **kafka_client.arguments(settings),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=4 * 1024 * 1024,
        fetch_max_wait_ms=100,
    )
    try:
        await consumer.start()
        yield consumer
    finally:
        await consumer.stop()


async def _read(
    consumer: AIOKafkaConsumer,
    begin: dict[TopicPartition, int],
    ends: dict[TopicPartition, int],
    take: dict[str, Callable[[int, bytes, bytes | None], None]],
) -> int:
    """Hand every record from `begin` to `ends` to its Kafka topic's `take`; the number of records."""
    count = 0
    for tp, offset in begin.items():
        consumer.seek(tp, offset)
    behind = set(begin)
    while behind:
        for tp, records in (await consumer.getmany(timeout_ms=200)).items():
            for record in records:
                try:
                    take[tp.topic](tp.partition, record.key, record.value)
                except Exception as exc:
                    fatal.end_on(exc, f"{tp.topic} partition {tp.partition} offset {record.offset}")
            count += len(records)
        for tp in list(behind):
            if await consumer.position(tp) >= ends[tp]:
                behind.discard(tp)
    return count
