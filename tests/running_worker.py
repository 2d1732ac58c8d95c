"""A worker as a real process on real Kafka, and ways to wait for what it does."""

import contextlib
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
from kafka import TopicPartition
from kafka.errors import CoordinatorLoadInProgressError, CoordinatorNotAvailableError, NoError, NotCoordinatorError
from kafka.structs import OffsetAndMetadata

from agents.kafka import clients, group_lag
from agents.proving.oracle import Verdict
from agents.proving.pipeline import Pipeline
from streams.kafka import topics as kafka_topics
from streams.records import Envelope, encode_json
from streams.settings import Settings
from tests.payloads import a_payload
from tests.waiting import wait_until

WORKER = "worker-1"
MUTANTS = Path(__file__).parent / "faults" / "mutants.py"


def mutant(name: str) -> list[str]:
    """Command of a worker with one thing broken on purpose."""
    return [sys.executable, str(MUTANTS), name]


class Bench:
    """One worker on Kafka topics of its own."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline

    @property
    def settings(self) -> Settings:
        return self.pipeline.settings

    def use(self, settings: Settings) -> None:
        """Other settings from the next start on."""
        self.pipeline.settings = settings
        self.pipeline.workers.pop(WORKER, None)

    def reset(self, **changes: object) -> None:
        """The same settings, but for these, from the next start on."""
        self.use(msgspec.structs.replace(self.settings, **changes))

    def start(self) -> None:
        self.pipeline.start_worker(WORKER)

    def kill(self) -> None:
        self.pipeline.workers[WORKER].kill()

    def sample(self, name: str, **labels: str) -> float:
        """A sample of the worker's /metrics; -1 while it has none.

        Asks for this metric alone first, which counters of the machinery answer: reading all of them takes a hundred
        times as long, and who waits asks again and again.
        """
        for names in ((name,), ()):
            found = self.pipeline.scrape(WORKER, *names)
            if any(one == name for one, _ in found):
                return found.get((name, frozenset(labels.items())), -1)
        return -1

    def wait(self, what: str, holds: Callable[[], bool], seconds: float = 60) -> None:
        """Wait until something holds; the worker must live meanwhile."""

        def lives() -> None:
            worker = self.pipeline.workers[WORKER]
            assert worker.running, f"waiting until {what}: {worker.last_line()}"

        wait_until(holds, what, seconds, every=0.05, meanwhile=lives)

    def commit(self, offsets: Mapping[tuple[str, int], int]) -> None:
        """Commit offsets for the group, as by Kafka topic and partition, while it has no member."""
        wanted = {TopicPartition(*place): OffsetAndMetadata(offset, "", None) for place, offset in offsets.items()}
        group = kafka_topics.app_id(self.settings)

        def committed() -> bool:
            """Not while a broker that is new makes its Kafka topic of offsets."""
            with contextlib.suppress(CoordinatorNotAvailableError, CoordinatorLoadInProgressError, NotCoordinatorError):
                return set(admin.alter_group_offsets(group, wanted).values()) == {NoError}
            return False

        with clients.admin(self.settings) as admin:
            wait_until(committed, "offsets are committed", 60, every=0.1)

    def wait_counted(self, posts: int, mentions: int) -> None:
        """Wait until the agents have taken so many records."""
        self.wait(
            f"{posts} posts and {mentions} mentions are taken",
            lambda: (
                self.sample("pipeline_records_total", stage="tagger") >= posts
                and self.sample("pipeline_records_total", stage="hospitals") >= mentions
            ),
        )

    def drain(self) -> None:
        """Wait until everything is committed."""
        self.wait("everything is committed", lambda: group_lag.total(self.settings) == 0)

    def verdict(self) -> Verdict:
        """End the worker and ask the oracle."""
        self.pipeline.stop_workers()
        return self.pipeline.judge()

    def log(self) -> str:
        return self.pipeline.workers[WORKER].log.read_text()


def publish(bench: Bench, *texts: str, first: int = 1) -> None:
    """Posts with the ids `first`, `first` + 1, ..."""
    producer = clients.producer(bench.settings)
    try:
        for number, text in enumerate(texts, start=first):
            payload = json.dumps(a_payload({"id": str(number), "text": text})).encode()
            envelope = Envelope("x", str(number), 1, "stream", (), msgspec.Raw(payload))
            producer.send(kafka_topics.posts(bench.settings), encode_json(envelope), key=str(number).encode())
        producer.flush()
    finally:
        producer.close()
