"""A chunk: the records of one partition that an agent gets as one event, in offset order, none missing.

Made by the transport, read by the agents. Values are raw bytes: agents decode record by record, so that one bad record
does not spoil the others.
"""

from typing import Any, NamedTuple, Protocol

import faust


class Record(Protocol):
    """One Kafka record, from aiokafka or the single transport."""

    @property
    def offset(self) -> int:
        """Its offset on the partition."""

    @property
    def timestamp(self) -> int:
        """Kafka's timestamp, ms since the epoch."""

    @property
    def key(self) -> bytes | None:
        """The bytes in Kafka."""

    @property
    def value(self) -> bytes | None:
        """The bytes in Kafka."""


class SingleRecord(NamedTuple):
    """A record of the single transport."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


class Chunk(NamedTuple):
    """Records of one partition."""

    kafka_topic: str
    partition: int
    records: list[Record]


class ChunkSchema(faust.Schema):  # type: ignore[misc]
    """Gives the agent a message as an undecoded `Chunk`. Stock Faust acknowledges a record that it cannot decode, and
    crashes."""

    def loads_value(self, app: Any, message: Any, *, loads: Any = None, serializer: Any = None) -> Chunk:  # noqa: ARG002
        """The batch transport's chunk, or the single transport's record as a chunk."""
        if isinstance(message.value, list):
            return Chunk(message.topic, message.partition, message.value)
        record = SingleRecord(message.offset, round(message.timestamp * 1000), message.key, message.value)
        return Chunk(message.topic, message.partition, [record])

    def loads_key(self, app: Any, message: Any, *, loads: Any = None, serializer: Any = None) -> None:
        """A chunk has no key."""
