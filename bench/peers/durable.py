"""What of a run is durable: how many records wait, and the rows that would survive now.

Called by the bench while a peer runs. `Durable` is all that it needs to know of a peer's stores: Kafka topics and
committed offsets, or a file. Changes nothing but Kafka topics of the run's own, made before and deleted after it.
"""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol, Self

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import CoordinatorLoadInProgressError, CoordinatorNotAvailableError, NotCoordinatorError

from agents.kafka import stored
from agents.kafka.admin import connected
from agents.kafka.stored import Stored
from bench.peers.bytewax import store
from bench.peers.plan import Plan
from streams.kafka import topics as kafka_topics
from streams.settings import Settings


class Durable(Protocol):
    """A peer's stores during one run; a context manager."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def waiting(self) -> int:
        """Records that a restart would work on again: not committed, or in no snapshot."""

    def rows(self) -> list[Stored]:
        """The rows that are durable now, as they stand on a changelog of Earshot's."""

    def passed_on(self) -> int:
        """Records that the second Kafka topic ever got; -1 where there is none."""


class InKafka:
    """Offsets of a group on two Kafka topics, and a changelog."""

    def __init__(
        self, settings: Settings, group: str, topics: tuple[str, str], changelog: str, own: Mapping[str, dict[str, str]]
    ) -> None:
        """`topics`: posts and mentions; `own`: Kafka topics to make and delete, with their configuration."""
        self._settings, self._group, self._topics, self._changelog, self._own = settings, group, topics, changelog, own
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._admin: KafkaAdminClient = self._stack.enter_context(connected(self._settings))
        count = self._settings.partitions
        self._places = [TopicPartition(topic, one) for topic in self._topics for one in range(count)]
        if self._own:
            self._admin.create_topics(
                {name: {"num_partitions": count, "configs": config} for name, config in self._own.items()},
                wait_for_metadata=True,
            )
        return self

    def __exit__(self, *_: object) -> None:
        with self._stack:
            if self._own:
                self._admin.delete_topics(list(self._own))

    def waiting(self) -> int:
        """In this order: what is committed in between must not make it negative."""
        try:
            done = self._admin.list_group_offsets(self._group).get(self._group, {})
        except (CoordinatorNotAvailableError, CoordinatorLoadInProgressError, NotCoordinatorError):
            done = {}
        ends = self._admin.list_partition_offsets(dict.fromkeys(self._places, OffsetSpec.LATEST))
        return sum(ends[tp].offset - (done[tp].offset if tp in done else 0) for tp in self._places)

    def rows(self) -> list[Stored]:
        """The changelog, without what a store of keys puts before a row's own key, and without what is no row."""
        found = stored.read(self._settings, self._changelog)
        rows = (one._replace(key=(one.key or b"").rpartition(b"|")[2]) for one in found)
        return [one for one in rows if b"/" in (one.key or b"")]

    def passed_on(self) -> int:
        """As `Durable` says."""
        return stored.size(self._settings, self._topics[1])


class InStore:
    """bytewax's recovery store."""

    def __init__(self, settings: Settings, plan: Plan) -> None:
        self._settings, self._posts = settings, plan.posts
        self._folder = Path(plan.folder, store.FOLDER)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def waiting(self) -> int:
        """As `Durable` says."""
        return stored.size(self._settings, self._posts) - store.posts(self._folder)

    def rows(self) -> list[Stored]:
        """As `Durable` says."""
        return [Stored(0, 0, 0, key, value) for key, value in store.rows(self._folder)]

    def passed_on(self) -> int:
        """As `Durable` says."""
        return -1


def of_declared(settings: Settings, plan: Plan) -> Durable:
    """Of a peer that uses Kafka topics as Earshot declares them."""
    return InKafka(settings, plan.group, (plan.posts, plan.mentions), plan.hospitals, {})


def of_bytewax(settings: Settings, plan: Plan) -> Durable:
    """Of bytewax."""
    return InStore(settings, plan)


def of_quixstreams(settings: Settings, plan: Plan) -> Durable:
    """Of quixstreams. It would make its Kafka topics itself; made before, they are written to the disk batch by batch,
    as all others here are."""
    declared = {one.name: one.full_config for one in kafka_topics.declared(settings)}
    mentions = f"repartition__{plan.group}--{plan.posts}--hospital"
    rows = f"changelog__{plan.group}--repartition.{plan.posts}.hospital--default"
    ids = f"changelog__{plan.group}--{plan.posts}--default"
    changelog = declared[plan.hospitals]
    own = {mentions: declared[plan.mentions], rows: changelog, ids: changelog}
    return InKafka(settings, plan.group, (plan.posts, mentions), rows, own)
