"""A whole Earshot as child processes: broker, Kafka topics, simulated sources, ingest, workers, and what they say at
the end.

Owns their order of start and end and their settings. Called by the demo, chaos, bench and tests. Everything goes
through the `earshot` command, Kafka and /metrics, as in operations.
"""

import secrets
import tempfile
import time
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

import msgspec
from prometheus_client.parser import text_string_to_metric_families

from agents.kafka import group_lag
from agents.kafka.admin import apply_topics, delete
from agents.proving.gauges import Scraped
from agents.proving.oracle import Verdict
from agents.proving.processes import EARSHOT, Child, free_port
from agents.proving.verification import verdict
from agents.simulated.bluesky import copy_with_accounts
from deploy.local_kafka import LocalKafka, local_kafka
from streams.errors import UserError
from streams.settings import Settings, environment

DRAIN_SECONDS = 120.0
"""Bound for the lag to reach zero once no more posts come."""

WITHIN_SECONDS = 120.0
"""Bound for any other state: restarts and session timeouts fit into it."""
COMMIT_SECONDS = 0.5
"""Longest time between commits: what waits for the lag to reach zero waits for a commit."""
_TURN_SECONDS = 0.05

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]
"""(name, labels) -> value, as scraped."""


class Pipeline:
    """One pipeline on Kafka topics of its own; a context manager that leaves no process and no folder."""

    def __init__(
        self, settings: Settings, say: Callable[[str], None], worker_command: Sequence[str] = (*EARSHOT, "worker")
    ) -> None:
        """`worker_command`: what a worker is; the mutants of the tests are others."""
        self._say = say
        self.worker_command = worker_command
        self._folder = tempfile.TemporaryDirectory(prefix="earshot-")
        self.folder = Path(self._folder.name)
        self.own_kafka: LocalKafka | None = None
        self._base = settings
        self.settings = settings
        self.workers: dict[str, Child] = {}
        self.ports: dict[str, int] = {}
        self.simulated_x: Child | None = None
        self.simulated_bluesky: Child | None = None
        self.ingest: Child | None = None
        self.x_url = ""

    def __enter__(self) -> "Pipeline":
        try:
            self._start_kafka()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            for child in (self.ingest, *self._sources, *self.workers.values()):
                if child is not None and child.running:
                    child.end(seconds=5)
            if self.own_kafka is not None:
                self.own_kafka.down()
            elif self.settings.kafka_topic_prefix and error is None:
                delete(self.settings, self.settings.kafka_topic_prefix)
        finally:
            self._folder.cleanup()

    # -- start --------------------------------------------------------------------------------------------------------

    def _start_kafka(self) -> None:
        bootstrap = self._base.kafka_bootstrap
        if not bootstrap:
            self._say("starting Kafka")
            self.own_kafka = local_kafka(self._base, self.folder / "kafka")
            bootstrap = self.own_kafka.up()
        self.settings = msgspec.structs.replace(
            self._base,
            kafka_bootstrap=bootstrap,
            commit_interval=min(self._base.commit_interval, COMMIT_SECONDS),
            kafka_topic_prefix=f"{self._base.kafka_topic_prefix}{secrets.token_hex(4)}-",
            wal_dir=str(self.folder / "wal"),
        )
        self._say(f"Kafka at {bootstrap}: applying Kafka topics")
        apply_topics(self.settings)

    def start_simulated_x(self, rate: float, seed: int, count: int | None = None, bad_lines: int = 0) -> None:
        """Start the simulated X; blocks until it listens, 20 s at most. `bad_lines`: one after so many; 0: none."""
        token = self.folder / "token"
        token.write_text(secrets.token_urlsafe(24))
        token.chmod(0o600)
        arguments = ["--port", "0", "--rate", str(rate), "--seed", str(seed), "--token-file", str(token)]
        if count is not None:
            arguments += ["--count", str(count)]
        if bad_lines:
            arguments += ["--bad-lines", str(bad_lines)]
        self.simulated_x = self._child("simulated-x", [*EARSHOT, "simulate-x", *arguments], self.settings)
        self.simulated_x.start()
        self.x_url = self.simulated_x.wait_for_line("http://", 20).split()[0]
        self.settings = msgspec.structs.replace(self.settings, x_base_url=self.x_url, x_token_file=str(token))

    def start_simulated_bluesky(self, rate: float, seed: int) -> None:
        """Start the simulated Bluesky and use a directory with made-up accounts there; blocks until it listens, 20 s at
        most. Call it before what reads a directory starts."""
        folder = self.folder / "directory"
        copy_with_accounts(self.settings.directory_folder, folder)
        self.settings = msgspec.structs.replace(self.settings, directory_folder=str(folder))
        arguments = ["--port", "0", "--rate", str(rate), "--seed", str(seed)]
        child = self._child("simulated-bluesky", [*EARSHOT, "simulate-bluesky", *arguments], self.settings)
        self.simulated_bluesky = child
        child.start()
        url = child.wait_for_line("ws://", 20).split()[0]
        self.settings = msgspec.structs.replace(self.settings, bluesky_url=url, sources="x,bluesky")

    def start_ingest(self) -> None:
        """Start ingest, pointed at the simulated sources. Returns at once."""
        port = self.ports["ingest"] = free_port()
        settings = msgspec.structs.replace(self.settings, ingest_metrics_port=port)
        self.ingest = self._child("ingest", [*EARSHOT, "ingest"], settings)
        self.ingest.start()

    def start_worker(self, name: str) -> Child:
        """Start a worker, or restart it under its name and port. Returns at once."""
        if name not in self.workers:
            port = self.ports[name] = free_port()
            settings = msgspec.structs.replace(self.settings, worker_id=name, metrics_port=port)
            self.workers[name] = self._child(name, self.worker_command, settings)
        self.workers[name].start()
        return self.workers[name]

    def _child(self, name: str, command: Sequence[str], settings: Settings) -> Child:
        return Child(name, command, self.folder, environment(settings))

    # -- watch --------------------------------------------------------------------------------------------------------

    def metrics_url(self, worker: str) -> str:
        """Where a worker's metrics are."""
        return f"http://127.0.0.1:{self.ports[worker]}/metrics"

    def scrape(self, worker: str) -> Samples:
        """What a worker's /metrics says now; empty while it does not answer."""
        try:
            with urllib.request.urlopen(self.metrics_url(worker), timeout=2) as answer:  # noqa: S310 - loopback
                text = answer.read().decode()
        except OSError:
            return {}
        return {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def ended(self) -> list[Child]:
        """Children that ended by themselves."""
        children = (*self._sources, self.ingest, *self.workers.values())
        return [child for child in children if child is not None and child.starts and not child.running]

    def require_running(self) -> None:
        """Raise `UserError`, with its last line, if a child has ended by itself."""
        for child in self.ended():
            raise child.ended_error()

    def wait_until(self, reached: Callable[[], bool], what: str, seconds: float = WITHIN_SECONDS) -> None:
        """Block until `reached` is true. Raises `UserError` if a child ends meanwhile, or after `seconds`."""
        deadline = time.monotonic() + seconds
        while not reached():
            self.require_running()
            if time.monotonic() > deadline:
                raise UserError(f"not within {seconds:.0f} s: {what}")
            time.sleep(_TURN_SECONDS)

    @property
    def _sources(self) -> tuple[Child | None, ...]:
        return self.simulated_x, self.simulated_bluesky

    # -- end ----------------------------------------------------------------------------------------------------------

    def stop_posts(self) -> None:
        """Stop ingest, which first publishes what it accepted, then the sources. Blocks for up to 15 s each."""
        for child in (self.ingest, *self._sources):
            if child is not None and (code := child.end()):
                raise UserError(f"{child.name} ended with exit code {code}: {child.last_line()}")
        self.ingest = self.simulated_x = self.simulated_bluesky = None

    def drain(self, keep_up: Callable[[], None] = lambda: None) -> int:
        """Block until every post and mention is committed, `DRAIN_SECONDS` at most; the lag left. Calls `keep_up`
        meanwhile."""
        deadline = time.monotonic() + DRAIN_SECONDS
        while (left := group_lag.total(self.settings)) > 0 and time.monotonic() < deadline:
            keep_up()
            time.sleep(0.2)
        return left

    def stop_workers(self) -> None:
        """Stop the workers with SIGTERM, so that each commits; SIGKILL after 15 s. Blocks until all have ended."""
        for child in self.workers.values():
            if child.running:
                child.end()

    def judge(self, scraped: Scraped | None = None) -> Verdict:
        """Have the oracle compare the tables, and what workers showed, with the posts."""
        return verdict(self.settings, scraped)
