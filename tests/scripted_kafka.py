"""A Kafka in place of the publisher's connection: its producers remember what they got, and the test answers."""

from collections.abc import Callable
from typing import Any

from kafka.errors import KafkaTimeoutError

from agents.ingest.publisher import (
    Publisher,
)
from agents.ingest.records import Record


class Sent:
    """A scripted producer's answer."""

    def __init__(self, value: bytes) -> None:
        self.value = value
        self._done: Callable[[], Any] = lambda: None
        self._failed: Callable[[BaseException], Any] = lambda _: None

    def add_callback(self, done: Callable[..., None], *arguments: Any) -> None:
        self._done = lambda: done(*arguments, "metadata")

    def add_errback(self, failed: Callable[..., None], *arguments: Any) -> None:
        self._failed = lambda error: failed(*arguments, error)

    def ack(self) -> None:
        self._done()

    def fail(self, error: BaseException) -> None:
        self._failed(error)


class Script:
    """A connection whose producers only remember what they got: stalls and refusals that Kafka makes on no request."""

    def __init__(self) -> None:
        self.producers: list[list[Sent]] = []
        self.now = 0.0
        self.answers = True
        self.opens = True
        self.discarded = 0

    def ready(self) -> bool:
        return self.answers

    def open(self) -> "Script":
        if not self.opens:
            raise KafkaTimeoutError
        self.producers.append([])
        return self

    def discard(self, _: object) -> None:
        self.discarded += 1

    def send(self, topic: str, value: bytes, key: bytes) -> Sent:  # noqa: ARG002 - a producer's signature
        sent = Sent(value)
        self.producers[-1].append(sent)
        return sent

    def clock(self) -> float:
        return self.now

    def values(self, producer: int) -> list[bytes]:
        return [one.value for one in self.producers[producer]]


def record(number: int) -> Record:
    return Record("posts", b"key", b"%d" % number)


def publish(sink: Publisher, *numbers: int) -> None:
    for number in numbers:
        assert sink.publish(record(number))
