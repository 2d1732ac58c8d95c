"""What an agent gets as one event: records of one partition, in offset order, none missing.

Made by the transport, read by the agents. Values are the raw bytes; decoding is the agent's, record by record, so
that one bad record cannot take others with it.
"""

from typing import Any, NamedTuple, Protocol

import faust


class Record(Protocol):
    """One Kafka record, as aiokafka or the single transport gives it."""

    @property
    def offset(self) -> int:
        """Its place on the partition."""

    @property
    def timestamp(self) -> int:
        """Milliseconds since the epoch, by Kafka."""

    @property
    def key(self) -> bytes | None:
        """As it stands in Kafka."""

    @property
    def value(self) -> bytes | None:
        """As it stands in Kafka."""


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
    """Hands a message to the agent as a `Chunk`, undecoded: stock Faust acks a record that does not decode and
    crashes."""

    def loads_value(self, app: Any, message: Any, *, loads: Any = None, serializer: Any = None) -> Chunk:  # noqa: ARG002
        """The chunk that the batch transport made, or one record of the single transport as a chunk."""
        if isinstance(message.value, list):
            return Chunk(message.topic, message.partition, message.value)
        record = SingleRecord(message.offset, round(message.timestamp * 1000), message.key, message.value)
        return Chunk(message.topic, message.partition, [record])

    def loads_key(self, app: Any, message: Any, *, loads: Any = None, serializer: Any = None) -> None:
        """A chunk has no key."""
