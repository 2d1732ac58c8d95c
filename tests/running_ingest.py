"""What the tests of ingest share: a simulated X, ingest itself in a thread, and what then stands in Kafka."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

import msgspec
from kafka import KafkaConsumer, TopicPartition

from agents.ingest import service
from agents.ingest.rules.model import RuleSet
from agents.ingest.x import rule_plan
from agents.ingest.x.rule_text import Rule
from agents.kafka import clients
from agents.simulated.options import Options
from agents.simulated.people import Target, targets
from agents.simulated.server import SimulatedX
from agents.simulated.thread import Running, in_thread
from streams import directory
from streams.kafka import topics as kafka_topics
from streams.settings import Settings, load
from tests.waiting import WITHIN_SECONDS, wait_until

TOKEN = "a-token-that-must-not-be-logged"  # noqa: S105 - of the simulated X


def shipped_rules() -> tuple[Rule, ...]:
    """The stream rules of the shipped directory."""
    return rule_plan.wanted(RuleSet.of(directory.load()), load({}))


def simulated(
    about: tuple[Target, ...] | None = None, *, clock: Callable[[], float] = time.time, **options: Any
) -> AbstractContextManager[Running]:
    """A simulated X in a thread, about these hospitals or the shipped directory's; `options` as in
    `agents/simulated/options.py`."""
    told = Options(**{"token": TOKEN, "heartbeat": 0.5, **options})
    return in_thread(lambda: SimulatedX(targets(directory.load()) if about is None else about, told, clock=clock))


class Listening:
    """`service.run` in a thread, with what it returned or raised."""

    def __init__(self, settings: Settings) -> None:
        self._stop = threading.Event()
        self.code: int | None = None
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(settings,))
        self._thread.start()

    def _run(self, settings: Settings) -> None:
        try:
            self.code = service.run(settings, self._stop)
        except BaseException as error:
            self.error = error

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    def stop(self) -> float:
        """Stop it; the seconds that took."""
        began = time.monotonic()
        self._stop.set()
        self._thread.join(WITHIN_SECONDS)
        assert not self._thread.is_alive()
        return time.monotonic() - began


@contextmanager
def listening(settings: Settings) -> Iterator[Listening]:
    found = Listening(settings)
    try:
        yield found
    finally:
        found.stop()


def pointed_at(settings: Settings, url: str, folder: Path, token: str = TOKEN) -> Settings:
    """The settings of an ingest that listens to the X at `url`, with its token and its wal in `folder`."""
    path = folder / "token"
    path.write_text(f"{token}\n")
    return msgspec.structs.replace(settings, x_base_url=url, x_token_file=str(path), wal_dir=str(folder / "wal"))


@contextmanager
def reading(settings: Settings, topic: str) -> Iterator[tuple[KafkaConsumer, dict[TopicPartition, int]]]:
    """A consumer of a Kafka topic from its start, and the present end of each partition."""
    consumer = clients.consumer(settings, auto_offset_reset="earliest")
    try:
        places = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
        consumer.assign(places)
        yield consumer, consumer.end_offsets(places)
    finally:
        consumer.close()


def stored(settings: Settings, topic: str) -> list[tuple[bytes, bytes]]:
    """Every record of a Kafka topic, as (key, value)."""
    with reading(settings, topic) as (consumer, ends):
        found: list[tuple[bytes, bytes]] = []
        while any(consumer.position(place) < end for place, end in ends.items()):
            for records in consumer.poll(timeout_ms=200).values():
                found += [(record.key, record.value) for record in records]
        return found


def count(settings: Settings, topic: str) -> int:
    """How many records a Kafka topic holds."""
    with reading(settings, topic) as (_, ends):
        return sum(ends.values())


class Alive(Protocol):
    """Ingest, in a thread or as a process."""

    @property
    def running(self) -> bool: ...


def wait_for_all(settings: Settings, running: Running, ingest: Alive) -> None:
    """Wait until all that X has to deliver is delivered and stands in Kafka."""
    x = running.x
    wait_until(lambda: x.exhausted or not ingest.running, "every post is out", 60)
    lines = x.delivered.total() + x.bad.total()

    def arrived() -> bool:
        in_kafka = count(settings, kafka_topics.posts(settings)) + count(settings, kafka_topics.dead_letters(settings))
        return in_kafka >= lines or not ingest.running

    wait_until(arrived, f"{lines} lines are in Kafka", 60)
