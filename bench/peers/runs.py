"""One run of one contender, Earshot or a peer: its process, what it has done, what of it is durable.

Called by `measures.py`, which treats both kinds alike. A run leaves no process and no folder.
"""

import shutil
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol, Self

import msgspec

from agents.kafka.admin import apply_topics, delete, drop
from agents.proving.pipeline import Pipeline
from agents.proving.processes import Child
from agents.worker import author_key
from bench.peers import board, durable
from bench.peers.board import Shown
from bench.peers.durable import Durable
from bench.peers.plan import Plan
from bench.peers.registry import Peer
from streams.compiled import ROOT
from streams.kafka import topics as kafka_topics
from streams.settings import Settings, environment

LOGS = ROOT / "build" / "peers"
"""Where the log of a peer's run stays that failed."""
RECORDS = "pipeline_records_total"
STAGES = ("tagger", "hospitals")


class Run(Protocol):
    """A contender at work; a context manager."""

    name: str
    look_seconds: float
    """Between two looks while latencies are measured, which are known to this."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def start(self) -> None:
        """Start the process, or start it again after a kill."""

    @property
    def child(self) -> Child:
        """Its process."""

    def look(self) -> Shown:
        """What it has done since its last start."""

    @property
    def durable(self) -> Durable:
        """Its stores."""


class EarshotRun:
    """The real worker, on the Kafka topics of its pipeline, which are as if it had never run."""

    name = "earshot"
    look_seconds = 0.05
    """A look is a scrape: a hundred a second would take a tenth of the worker's time."""

    def __init__(self, pipeline: Pipeline, commit_seconds: float) -> None:
        """`commit_seconds`: 0 for the pipeline's own."""
        self._pipeline = pipeline
        self._settings = pipeline.settings
        self._before = self._settings
        if commit_seconds:
            self._settings = msgspec.structs.replace(self._settings, commit_interval=commit_seconds)
        self._stack = ExitStack()
        self._first = (0.0, 0.0)

    def __enter__(self) -> Self:
        settings = self._settings
        names = [kafka_topics.posts(settings), kafka_topics.mentions(settings)]
        changelog = kafka_topics.changelog(settings, kafka_topics.HOSPITALS)
        group = kafka_topics.app_id(settings)
        self.durable: Durable = self._stack.enter_context(
            durable.InKafka(settings, group, (names[0], names[1]), changelog, {})
        )
        self._pipeline.settings = settings
        self._pipeline.workers.clear()
        return self

    def __exit__(self, *_: object) -> None:
        with self._stack:
            self._pipeline.settings = self._before
            for child in self._pipeline.workers.values():
                child.end()

    def start(self) -> None:
        """As `Run` says."""
        self._first = (0.0, 0.0)
        self._child = self._pipeline.start_worker(self.name)

    @property
    def child(self) -> Child:
        """As `Run` says."""
        return self._child

    def look(self) -> Shown:
        """As `Run` says. What was taken before the first look that saw a post counts to the posts, not to the time: so
        look often until then."""
        samples = self._pipeline.scrape(self.name, RECORDS)
        tagged, folded = (int(samples.get((RECORDS, frozenset({("stage", stage)})), 0)) for stage in STAGES)
        if not tagged:
            self._none = time.monotonic(), self._child.cpu_seconds()
        elif not self._first[0]:
            self._first = self._none
        return Shown(tagged, folded, *self._first)


class PeerRun:
    """A peer, on Kafka topics and in a folder of its own."""

    look_seconds = 0.01

    def __init__(self, peer: Peer, python: Path, settings: Settings, posts: str, number: str, commit: float) -> None:
        """`posts`: the Kafka topic; `number`: makes the other names unique; `commit`: seconds, 0 for the peer's own."""
        self.name = peer.name
        self._peer, self._python, self._posts, self._commit = peer, python, posts, commit
        prefix = f"{settings.kafka_topic_prefix}{peer.name}{number}-"
        self._settings = msgspec.structs.replace(settings, kafka_topic_prefix=prefix)
        self._key = author_key.load(settings).hex()
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        settings, peer = self._settings, self._peer
        with ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="earshot-peer-"))
            apply_topics(settings)
            stack.callback(_delete, settings)
            plan = Plan(
                kafka=settings.kafka_bootstrap,
                posts=self._posts,
                mentions=kafka_topics.mentions(settings),
                hospitals=kafka_topics.changelog(settings, kafka_topics.HOSPITALS),
                first_seen=kafka_topics.changelog(settings, kafka_topics.FIRST_SEEN),
                group=kafka_topics.app_id(settings),
                partitions=settings.partitions,
                commit_seconds=self._commit,
                session_seconds=settings.session_timeout,
                folder=folder,
                author_key=self._key,
                variant=peer.variant,
            )
            self._board = plan.board
            self.durable: Durable = stack.enter_context(peer.durable(settings, plan))
            environ = {**environment(settings), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
            command = [str(self._python), "-m", peer.module, str(plan.save())]
            self.child = Child(peer.name, command, Path(folder), environ)
            stack.callback(self.child.kill)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        with self._stack:
            if error[0] is not None and self.child.log.exists():
                LOGS.mkdir(parents=True, exist_ok=True)
                shutil.copy(self.child.log, LOGS)

    def start(self) -> None:
        """As `Run` says."""
        board.clear(self._board)
        self.child.start()

    def look(self) -> Shown:
        """As `Run` says."""
        return board.look(self._board)


def _delete(settings: Settings) -> None:
    """Delete a run's Kafka topics and group. Blocks until they are gone: the pipeline that they stand in would delete
    those again that Kafka still lists, and Kafka refuses that."""
    drop(settings, {one.name for one in kafka_topics.declared(settings)})
    delete(settings, settings.kafka_topic_prefix)
