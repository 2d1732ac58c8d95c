"""Reads whole Kafka topics up to their present end: for the queues that people look at, compliance and the proofs.

Knows names and offsets, not what records mean.
"""

from collections.abc import Iterator
from time import monotonic
from typing import NamedTuple

from kafka import TopicPartition

from agents.kafka import clients
from streams.errors import UserError
from streams.kafka.probe import require_answer
from streams.settings import Settings


class Stored(NamedTuple):
    """A record in Kafka."""

    partition: int
    offset: int
    timestamp: int
    """Milliseconds since the epoch."""
    key: bytes | None
    value: bytes | None


_SILENCE = 5.0
"""Seconds without a record after which the broker is asked whether it is still there."""


def read(settings: Settings, kafka_topic: str, *, missing_ok: bool = False) -> Iterator[Stored]:
    """Yield every record of a Kafka topic up to its present end; each partition in offset order. Blocks between
    them. Raises `UserError` for a missing Kafka topic (`missing_ok`: it has none) and for a broker that went away."""
    require_answer(settings)
    consumer = clients.consumer(
        settings,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=4 * 1024 * 1024,
    )
    try:
        tps = [TopicPartition(kafka_topic, number) for number in consumer.partitions_for_topic(kafka_topic) or ()]
        if not tps:
            if missing_ok:
                return
            raise UserError(f"Kafka topic {kafka_topic} is missing", "run `earshot topics apply`")
        consumer.assign(tps)
        consumer.seek_to_beginning(*tps)
        ends = consumer.end_offsets(tps)
        behind = {tp for tp in tps if ends[tp] > 0}
        heard_at = monotonic()
        while behind:
            batch = consumer.poll(timeout_ms=500, max_records=10_000)
            if batch:
                heard_at = monotonic()
            elif monotonic() - heard_at > _SILENCE:
                require_answer(settings)
            for tp, records in batch.items():
                for one in records:
                    if one.offset < ends[tp]:
                        yield Stored(tp.partition, one.offset, one.timestamp, one.key, one.value)
            behind = {tp for tp in behind if consumer.position(tp) < ends[tp]}
    finally:
        consumer.close()


def emptied(settings: Settings, kafka_topic: str) -> list[int]:
    """Partitions that once had records and have none now."""
    consumer = clients.consumer(settings)
    try:
        tps = [TopicPartition(kafka_topic, number) for number in consumer.partitions_for_topic(kafka_topic) or ()]
        begins, ends = consumer.beginning_offsets(tps), consumer.end_offsets(tps)
        return [tp.partition for tp in tps if 0 < begins[tp] == ends[tp]]
    finally:
        consumer.close()


def size(settings: Settings, kafka_topic: str) -> int:
    """Number of records ever written to a Kafka topic: the sum of its partitions' end offsets."""
    consumer = clients.consumer(settings)
    try:
        tps = [TopicPartition(kafka_topic, number) for number in consumer.partitions_for_topic(kafka_topic) or ()]
        return sum(consumer.end_offsets(tps).values())
    finally:
        consumer.close()
