"""A loop by hand on librdkafka: both stages in one process, mentions over Kafka, changelogs and commit at an interval.

Run by the bench in the environment beside it. The floor for a framework, no substitute for one: no lease, no
metrics, no watch over rebalances. Before offsets are committed, mentions and rows are acknowledged.
"""

import time

from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition

from bench.peers.job import Job, Record
from bench.peers.plan import Plan
from streams.tables.first_seen import FirstSeen
from streams.tables.hospitals import HospitalTables

COMMIT_SECONDS = 0.5
AT_ONCE = 1000
"""Messages taken from librdkafka at once."""
TAKE_SECONDS = 0.02


def main() -> None:
    """Work until the process is ended."""
    plan = Plan.told()
    loop = Loop(plan, Job(plan))
    loop.run(plan.commit_seconds or COMMIT_SECONDS)


class Loop:
    """The loop's tables and clients."""

    def __init__(self, plan: Plan, job: Job) -> None:
        self._plan, self._job = plan, job
        self._tables, self._first_seen = job.tables(), job.first_seen()
        self._every = range(plan.partitions)
        self._changelogs: dict[str, HospitalTables | FirstSeen] = {
            plan.hospitals: self._tables,
            plan.first_seen: self._first_seen,
        }
        self._producer = Producer(
            {
                "bootstrap.servers": plan.kafka,
                "enable.idempotence": True,
                "compression.type": "zstd",
                "linger.ms": 5,
                "partitioner": "murmur2_random",  # Kafka's own, as Earshot's
                "queue.buffering.max.messages": 1_000_000,
            }
        )
        self._failed: list[str] = []
        self._consumer = Consumer(
            {
                "bootstrap.servers": plan.kafka,
                "group.id": plan.group,
                "group.instance.id": "loop",
                "session.timeout.ms": int(plan.session_seconds * 1000),
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
            }
        )

    def run(self, commit_seconds: float) -> None:
        """Recover, then take, fold and commit."""
        self._recover()
        self._consumer.subscribe([self._plan.posts, self._plan.mentions])
        following = time.monotonic() + commit_seconds
        positions: dict[tuple[str, int], int] = {}
        while True:
            by_place: dict[tuple[str, int], list[tuple[int, int, bytes]]] = {}
            for message in self._consumer.consume(AT_ONCE, TAKE_SECONDS):
                if (error := message.error()) is not None:
                    raise RuntimeError(error.str())
                place = message.topic(), message.partition()
                by_place.setdefault(place, []).append((message.offset(), message.timestamp()[1], message.value()))
            for (topic, partition), found in by_place.items():
                if topic == self._plan.posts:
                    self._tag(partition, [Record(*one) for one in found])
                else:
                    self._job.fold(self._tables, partition, ((offset, value) for offset, _, value in found))
                positions[topic, partition] = found[-1][0] + 1
            self._producer.poll(0)
            if time.monotonic() >= following:
                if positions:
                    self._commit(positions)
                    positions = {}
                following = time.monotonic() + commit_seconds

    def _tag(self, partition: int, records: list[Record]) -> None:
        mentions = self._plan.mentions
        for hospital, value in self._job.tag(partition, records, self._first_seen.is_duplicate):
            self._produce(mentions, hospital, value)

    def _produce(self, topic: str, key: bytes | str, value: bytes | None, **place: int) -> None:
        while True:
            try:
                self._producer.produce(topic, value, key, on_delivery=self._delivered, **place)
                return
            except BufferError:
                self._producer.poll(0.1)

    def _delivered(self, error: object, _: object) -> None:
        if error is not None:
            self._failed.append(str(error))

    def _flush(self) -> None:
        if self._producer.flush(60) or self._failed:
            raise RuntimeError(f"Kafka did not take records: {self._failed[:1]}")

    def _commit(self, positions: dict[tuple[str, int], int]) -> None:
        self._flush()  # mentions before the ids of their posts
        for topic, table in self._changelogs.items():
            for partition, rows in table.changes(self._every).items():
                for key, value in rows:
                    self._produce(topic, key, value, partition=partition)
        self._flush()
        offsets = [TopicPartition(topic, partition, offset) for (topic, partition), offset in positions.items()]
        self._consumer.commit(offsets=offsets, asynchronous=False)

    def _recover(self) -> None:
        """Read both changelogs to their ends; there is one worker, so every partition is its own."""
        reader = Consumer(
            {"bootstrap.servers": self._plan.kafka, "group.id": f"{self._plan.group}-recovery"}
            | {"enable.auto.commit": False, "auto.offset.reset": "earliest"}
        )
        places = [TopicPartition(topic, one, OFFSET_BEGINNING) for topic in self._changelogs for one in self._every]
        left = {
            (one.topic, one.partition): ends[1] for one in places if (ends := reader.get_watermark_offsets(one))[1] > 0
        }
        reader.assign(places)
        while left:
            for message in reader.consume(AT_ONCE, 0.1):
                place = message.topic(), message.partition()
                self._changelogs[place[0]].restore(place[1], message.key(), message.value())
                if message.offset() + 1 >= left.get(place, 0):
                    left.pop(place, None)
        reader.close()
        for partition in self._every:
            self._tables.complete(partition)


if __name__ == "__main__":
    main()
