"""A whole Earshot as child processes: broker, Kafka topics, simulated sources, ingest, workers, and what they say at
the end.

Owns their order of start and end and their settings. Called by the demo, chaos, bench and tests. Everything goes
through the `earshot` command, Kafka and /metrics, as in operations.
"""

import json
import secrets
import subprocess
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
from agents.proving.processes import EARSHOT, Child
from agents.proving.verification import verdict
from agents.simulated.sources import SIMULATED
from deploy.local_kafka import LocalKafka, local_kafka
from deploy.local_kafka.ports import free_port
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
        self.api_ports: dict[str, int] = {}
        """Of the workers' APIs."""
        self.simulated: dict[str, Child] = {}
        """The simulated sources, by name."""
        self.ingest: Child | None = None
        self._past = self.folder / "past.jsonl.zst"

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
            for child in (self.ingest, *self.simulated.values(), *self.workers.values()):
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
            self.own_kafka = local_kafka(self._base, self.folder / "kafka", tied=True)
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

    def start_simulated(self, source: str, rate: float, seed: int, *options: str) -> None:
        """Start a simulated source and point ingest at it, too; blocks until it listens, 120 s at most.

        `rate`: posts a second; `options`: further ones of its command. Call it before what reads a directory starts:
        some sources need made-up accounts there. Raises `UserError`.
        """
        one = SIMULATED[source]
        settings, needed = one.prepare(self.settings, self.folder)
        arguments = ["--port", "0", "--rate", str(rate), "--seed", str(seed), *needed, *options]
        child = self._child(f"simulated-{source}", [*EARSHOT, one.command, *arguments], settings)
        self.simulated[source] = child
        child.start()
        url = child.wait_for_line(one.scheme, WITHIN_SECONDS).split()[0]  # a past is written first
        sources = ",".join(self.simulated)
        self.settings = msgspec.structs.replace(one.pointed_at(settings, url), sources=sources)

    def start_all_simulated(self, rate: float, seed: int, **options: Sequence[str]) -> None:
        """Start every simulated source: X at `rate` posts a second, the others at their share of it. `options`:
        further ones of a source's command, by source. Blocks and raises as `start_simulated` does."""
        for name, one in SIMULATED.items():
            self.start_simulated(name, rate * one.share, seed, *options.get(name, ()))

    def past_options(self, seconds: float) -> tuple[str, ...]:
        """Options of the simulated X that make it write a past of `seconds` first, for `replay_past`."""
        return "--history", f"{int(seconds // 3600)}h", "--history-file", str(self._past)

    def replay_past(self) -> int:
        """Put the simulated X's past on `posts` with `earshot replay`; blocks until Kafka has it, 120 s at most. How
        many posts."""
        child = self._child("replay", [*EARSHOT, "replay", "--json", str(self._past)], self.settings)
        child.start()
        try:
            code = child.wait(WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            raise UserError(f"replay did not end in {WITHIN_SECONDS:.0f} s") from None
        finally:
            child.kill()
        if code:
            raise child.ended_error()
        posts: int = json.loads(child.last_line())["posts"]
        return posts

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
            api_port = self.api_ports[name] = free_port()
            settings = msgspec.structs.replace(
                self.settings, worker_id=name, metrics_port=port, api_port=api_port, api_address=""
            )
            self.workers[name] = self._child(name, self.worker_command, settings)
        self.workers[name].start()
        return self.workers[name]

    def _child(self, name: str, command: Sequence[str], settings: Settings) -> Child:
        return Child(name, command, self.folder, environment(settings))

    # -- watch --------------------------------------------------------------------------------------------------------

    def metrics_url(self, worker: str) -> str:
        """Where a worker's metrics are."""
        return f"http://127.0.0.1:{self.ports[worker]}/metrics"

    def api_url(self, worker: str) -> str:
        """Where a worker's API is."""
        return f"http://127.0.0.1:{self.api_ports[worker]}"

    def scrape(self, worker: str, *names: str) -> Samples:
        """What a worker's /metrics says now, of all metrics or of these counters of its machinery; empty while it does
        not answer or was never started."""
        if worker not in self.ports:
            return {}
        asked = "&".join(f"name[]={name}" for name in names)
        address = f"{self.metrics_url(worker)}?{asked}" if names else self.metrics_url(worker)
        try:
            with urllib.request.urlopen(address, timeout=2) as answer:  # noqa: S310 - loopback
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
        children = (*self.simulated.values(), self.ingest, *self.workers.values())
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

    # -- end ----------------------------------------------------------------------------------------------------------

    def stop_posts(self) -> None:
        """Stop ingest, which first publishes what it accepted, then the sources. Blocks for up to 15 s each."""
        for child in (self.ingest, *self.simulated.values()):
            if child is not None and (code := child.end()):
                raise UserError(f"{child.name} ended with exit code {code}: {child.last_line()}")
        self.ingest = None
        self.simulated.clear()

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

    def judge(self, scraped: Scraped | None = None, begun: int = -1) -> Verdict:
        """Have the oracle compare the tables, and what workers showed, with the posts. `begun`: as
        `oracle.Held.begun`."""
        return verdict(self.settings, scraped, begun)
