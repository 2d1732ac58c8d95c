"""Reads whole Kafka topics and a group's commits, for the oracle. Public kafka-python only.

Knows names and offsets; what records mean is the oracle's.
"""

from collections.abc import Iterator

from kafka import KafkaAdminClient, KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka.errors import CoordinatorLoadInProgressError, CoordinatorNotAvailableError

from agents.proving.oracle import Stored
from streams import kafka_client, kafka_topics
from streams.settings import Settings


def read(settings: Settings, kafka_topic: str) -> Iterator[Stored]:
    """Every record of a Kafka topic up to its present end; each partition in offset order."""
    consumer = KafkaConsumer(
        **kafka_client.arguments(settings),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=4 * 1024 * 1024,
    )
    try:
        tps = [TopicPartition(kafka_topic, number) for number in consumer.partitions_for_topic(kafka_topic) or ()]
        consumer.assign(tps)
        consumer.seek_to_beginning(*tps)
        ends = consumer.end_offsets(tps)
        behind = {tp for tp in tps if ends[tp] > 0}
        while behind:
            for tp, records in consumer.poll(timeout_ms=500, max_records=10_000).items():
                for one in records:
                    if one.offset < ends[tp]:
                        yield Stored(tp.partition, one.offset, one.timestamp, one.key, one.value)
            behind = {tp for tp in behind if consumer.position(tp) < ends[tp]}
    finally:
        consumer.close()


def size(settings: Settings, kafka_topic: str) -> int:
    """Offsets given out on a Kafka topic, over its partitions."""
    consumer = KafkaConsumer(**kafka_client.arguments(settings), enable_auto_commit=False)
    try:
        tps = [TopicPartition(kafka_topic, number) for number in consumer.partitions_for_topic(kafka_topic) or ()]
        return sum(consumer.end_offsets(tps).values())
    finally:
        consumer.close()


def _committed(admin: KafkaAdminClient, group: str) -> dict[TopicPartition, OffsetAndMetadata]:
    try:
        found: dict[TopicPartition, OffsetAndMetadata] = admin.list_group_offsets(group).get(group, {})
    except (CoordinatorNotAvailableError, CoordinatorLoadInProgressError):
        return {}  # a new broker, before its first group, or while it makes room for one
    return found


def lag(settings: Settings) -> int:
    """Records of posts and mentions that the group has not committed."""
    admin = KafkaAdminClient(**kafka_client.arguments(settings))
    consumer = KafkaConsumer(**kafka_client.arguments(settings), enable_auto_commit=False)
    try:
        group = kafka_topics.app_id(settings)
        committed = _committed(admin, group)
        tps = [
            TopicPartition(name, number)
            for name in (kafka_topics.posts(settings), kafka_topics.mentions(settings))
            for number in range(kafka_topics.PARTITIONS)
        ]
        ends = consumer.end_offsets(tps)
        return sum(ends[tp] - max(0, committed[tp].offset if tp in committed else 0) for tp in tps)
    finally:
        consumer.close()
        admin.close()
