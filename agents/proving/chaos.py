"""Chaos: three workers killed, stopped, joining and leaving, Kafka away and back, compaction running; then the oracle.

Behind `earshot chaos`. Carries out a plan (`plan.py`). Workers that end by themselves are started again, as compose
does. Changelogs are compacted within the run, so that a recovery finds what compaction left.
"""

import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from agents.proving import compaction
from agents.proving.oracle import Verdict
from agents.proving.pipeline import Pipeline
from agents.proving.plan import FIRST, KINDS, SESSION_SECONDS, Fault
from agents.proving.processes import EARSHOT, Child
from streams.settings import Settings

RECOVERING, RECOVERED = b"recovering the tables of", b"partitions are complete"
"""What a worker logs when a recovery begins and ends."""
PAUSE_SECONDS = 2.0
"""Before a worker that ended by itself is restarted: without Kafka it ends at once."""
RECOVERS_WITHIN = 30.0
"""A worker that was started recovers within so long, or is not killed in a recovery: Kafka may be away."""


class Outcome(NamedTuple):
    """What a run of chaos found."""

    verdict: Verdict
    faults: Counter[str]
    """How often each kind was carried out. A kill in a recovery counts when it hit one."""
    lag: int
    restarts: int
    """How often a worker ended by itself (mostly fenced by Kafka) and was restarted."""
    compacted: compaction.Compacted

    @property
    def exact(self) -> bool:
        """Whether every count is right and every offset committed."""
        return self.verdict.difference == 0 and self.lag == 0

    def __str__(self) -> str:
        faults = ", ".join(f"{kind} {self.faults[kind]}" for kind in KINDS if self.faults[kind])
        uncommitted = f", {self.lag} offsets not committed" if self.lag else ""
        return f"{self.verdict}{uncommitted} (faults: {faults}; {self.compacted})"


class Chaos:
    """One run: carries out the faults and restarts workers that ended, as compose would. Used from one thread."""

    def __init__(self, pipeline: Pipeline, seed: int, say: Callable[[str], None]) -> None:
        self._pipeline = pipeline
        self._rng = random.Random(seed)  # noqa: S311 - moments, not secrets
        self._say = say
        self._wanted = {FIRST}
        self._stopped: set[str] = set()
        self._restart_at: dict[str, float] = {}
        self._told = ""
        self.done: Counter[str] = Counter()
        self.restarts = 0

    def keep_up(self) -> None:
        """Restart each worker that ended by itself. Raises `UserError` if another child ended."""
        for child in self._pipeline.ended():
            if child.name in self._wanted:
                now = time.monotonic()
                if child.name not in self._restart_at:
                    self._restart_at[child.name] = now + PAUSE_SECONDS
                    self._tell(f"{child.name} ended by itself ({child.last_line()[:160]}): restarting it")
                elif now >= self._restart_at[child.name]:
                    self.restarts += 1
                    self._start(child.name)
            elif child.name not in self._pipeline.workers:
                raise child.ended_error()

    def wait_until(self, moment: float) -> None:
        """Block until a moment of `time.monotonic()`, and keep workers up meanwhile."""
        while (left := moment - time.monotonic()) > 0:
            time.sleep(min(left, 0.2))
            self.keep_up()

    def _tell(self, line: str) -> None:
        """Say it, unless it was said last: without Kafka a worker ends again and again."""
        if line != self._told:
            self._told = line
            self._say(line)

    def _start(self, name: str) -> Child:
        self._restart_at.pop(name, None)
        self._stopped.discard(name)
        return self._pipeline.start_worker(name)

    def inflict(self, fault: Fault) -> None:
        """Carry out one fault. A kill of a worker that is not there hits the first."""
        killed = fault.kind in ("kill", "kill in recovery")
        name = FIRST if killed and fault.worker not in self._wanted else fault.worker
        self._say(f"{fault.kind}{f' {name}' if name else ''}")
        if fault.kind == "join":
            self._wanted.add(name)
            self._start(name)
        elif fault.kind == "kill":
            self._pipeline.workers[name].kill()
            self._start(name)
        elif fault.kind == "kill in recovery":
            if not self._kill_in_recovery(name):
                return
        elif fault.kind == "leave":
            self._wanted.discard(name)
            self._pipeline.workers[name].end()
        elif fault.kind == "stop":
            self._pipeline.workers[name].send(signal.SIGSTOP)
            self._stopped.add(name)
        elif fault.kind == "continue":
            if name not in self._stopped:
                return
            self._pipeline.workers[name].send(signal.SIGCONT)
            self._stopped.discard(name)
        else:
            self._restart_kafka(fault.seconds)
        self.done[fault.kind] += 1

    def _kill_in_recovery(self, name: str) -> bool:
        """Kill a worker, and again while the next one recovers its tables. False if that was over, or never began."""
        self._pipeline.workers[name].kill()
        written = self._pipeline.workers[name].log.stat().st_size
        worker = self._start(name)
        deadline = time.monotonic() + RECOVERS_WITHIN
        while RECOVERING not in (lines := worker.log.read_bytes()[written:]):
            if time.monotonic() > deadline:
                self._say(f"{name} did not recover within {RECOVERS_WITHIN:.0f} s")
                return False
            if not worker.running:
                worker = self._start(name)
            time.sleep(0.002)
        time.sleep(self._rng.uniform(0.0, 0.03))
        worker.kill()
        lines = worker.log.read_bytes()[written:]
        self._start(name)
        hit = lines.rfind(RECOVERED) < lines.rfind(RECOVERING)
        self._say(f"killed {name} {'while it recovered' if hit else 'just after its recovery'}")
        return hit

    def _restart_kafka(self, away: float) -> None:
        kafka = self._pipeline.own_kafka
        if kafka is None:
            raise ValueError("Kafka is another's: plan no faults of it")
        kafka.down()
        self.wait_until(time.monotonic() + away)
        kafka.up()
        self._say("Kafka is back")


def run(
    settings: Settings,
    faults: Sequence[Fault],
    seconds: float,
    rate: float,
    seed: int,
    say: Callable[[str], None],
    worker_command: Sequence[str] = (*EARSHOT, "worker"),
) -> Outcome:
    """Run a pipeline for `seconds` at `rate` posts a second under a plan, then drain it and ask the oracle."""
    settings = msgspec.structs.replace(settings, session_timeout=SESSION_SECONDS)
    with Pipeline(settings, say, worker_command) as pipeline:
        compaction.hasten(pipeline.settings, own=pipeline.own_kafka is not None)
        chaos = Chaos(pipeline, seed, say)
        pipeline.start_simulated("x", rate, seed, "--bad-lines", "997")
        pipeline.start_worker(FIRST)
        pipeline.start_ingest()
        started = time.monotonic()
        for fault in faults:
            chaos.wait_until(started + fault.at)
            chaos.inflict(fault)
        chaos.wait_until(started + seconds)
        say("posts stopped: waiting until all are processed")
        pipeline.stop_posts()
        lag = pipeline.drain(chaos.keep_up)
        pipeline.stop_workers()
        compacted = compaction.found(pipeline.settings)
        return Outcome(pipeline.judge(), chaos.done, lag, chaos.restarts, compacted)
