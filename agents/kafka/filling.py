"""Writes many records to chosen partitions, and knows that Kafka took every one.

Called by `agents/operations/migration.py` and `agents/proving/aged.py`, which fill changelogs. Does not know what the
records mean.
"""

from kafka.errors import KafkaError

from agents.kafka import clients
from streams.errors import UserError
from streams.settings import Settings

_ACK_SECONDS = 60.0
_UNSENT = 10_000
"""Records that may wait for Kafka's word."""
_SEND_BYTES = 20 * 1024 * 1024
"""More than any record that the Kafka topics allow."""


class Filling:
    """A producer that remembers what Kafka has not acknowledged yet. Raises `UserError` at its end if it did not."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._failed: list[str] = []
        self.count = 0

    def __enter__(self) -> "Filling":
        self._producer = clients.producer(
            self._settings,
            acks="all",
            compression_type="zstd",
            linger_ms=20,
            max_request_size=_SEND_BYTES,
        )
        return self

    def put(self, kafka_topic: str, partition: int, key: bytes, value: bytes | None) -> None:
        """Hand a record over. Blocks where Kafka is behind."""
        sent = self._producer.send(kafka_topic, key=key, value=value, partition=partition)
        sent.add_errback(lambda error: self._failed.append(type(error).__name__))
        self.count += 1
        if self.count % _UNSENT == 0:  # else a slow Kafka lets the last ones wait until they are given up
            self._flush()

    def _flush(self) -> None:
        try:
            self._producer.flush(_ACK_SECONDS)
        except KafkaError as error:
            self._failed.append(type(error).__name__)
        if self._failed:
            raise UserError(f"Kafka did not take every record ({self._failed[0]}): run it again")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._flush()
        finally:
            self._producer.close(0)
