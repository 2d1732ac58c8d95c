"""Chaos: the pipeline under SIGKILL, SIGSTOP past its session, workers that join and leave; then the oracle.

Behind `earshot chaos`. A plan of faults is drawn from a seed, so a run can be repeated; when exactly a fault meets
the code is the machine's. Workers that end by themselves are started again, as compose does.
"""

import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import msgspec

from agents.proving.oracle import Verdict
from agents.proving.pipeline import Pipeline
from agents.proving.processes import EARSHOT
from streams.settings import Settings

SESSION_SECONDS = 6.0
"""The shortest session that Kafka allows by default: faults have to fit into a run."""
STOPPED_SECONDS = SESSION_SECONDS + 3.0
FIRST, SECOND = "worker-1", "worker-2"

Kind = Literal["kill", "join", "leave", "stop", "continue"]


class Fault(NamedTuple):
    """One fault of a plan."""

    at: float
    """Seconds from the start."""
    kind: Kind
    worker: str


class Outcome(NamedTuple):
    """What a run of chaos found."""

    verdict: Verdict
    faults: Counter[str]
    lag: int
    restarts: int
    """How often a worker ended by itself (mostly fenced by Kafka) and was restarted."""

    @property
    def exact(self) -> bool:
        """Whether every count is right and every offset committed."""
        return self.verdict.difference == 0 and self.lag == 0

    def __str__(self) -> str:
        faults = ", ".join(f"{kind} {self.faults[kind]}" for kind in ("kill", "join", "leave", "stop"))
        uncommitted = f", {self.lag} offsets not committed" if self.lag else ""
        return f"{self.verdict}{uncommitted} (faults: {faults})"


def plan(kills: int, seconds: float, seed: int, *, others: bool = True) -> list[Fault]:
    """Faults in order of time. The second worker joins early and leaves late; one worker is stopped past its
    session."""
    rng = random.Random(seed)  # noqa: S311 - a plan, not a secret
    faults = []
    workers = [FIRST]
    if others:
        workers.append(SECOND)
        faults.append(Fault(seconds * rng.uniform(0.1, 0.2), "join", SECOND))
        faults.append(Fault(seconds * rng.uniform(0.8, 0.9), "leave", SECOND))
        stop = seconds * rng.uniform(0.25, 0.5)
        worker = rng.choice(workers)
        faults += [Fault(stop, "stop", worker), Fault(stop + STOPPED_SECONDS, "continue", worker)]
    faults += [Fault(seconds * rng.uniform(0.08, 0.97), "kill", rng.choice(workers)) for _ in range(kills)]
    return sorted(faults)


class Chaos:
    """One run: carries out the faults and restarts workers that ended, as compose would. Used from one thread."""

    def __init__(self, pipeline: Pipeline, say: Callable[[str], None]) -> None:
        self._pipeline = pipeline
        self._say = say
        self._wanted = {FIRST}
        self._stopped: set[str] = set()
        self.done: Counter[str] = Counter()
        self.restarts = 0

    def keep_up(self) -> None:
        """Restart each worker that ended by itself. Raises `UserError` if another child ended."""
        for child in self._pipeline.ended():
            if child.name in self._wanted:
                self.restarts += 1
                self._say(f"{child.name} ended by itself ({child.last_line()[:160]}): restarting it")
                self._pipeline.start_worker(child.name)
            elif child.name not in self._pipeline.workers:
                raise child.ended_error()

    def wait_until(self, moment: float) -> None:
        """Block until a moment of `time.monotonic()`, and keep workers up meanwhile."""
        while (left := moment - time.monotonic()) > 0:
            time.sleep(min(left, 0.2))
            self.keep_up()

    def inflict(self, fault: Fault) -> None:
        """Carry out one fault. A kill of a worker that is not there hits the first."""
        name = fault.worker if fault.worker in self._wanted or fault.kind != "kill" else FIRST
        if fault.kind == "join":
            self._wanted.add(name)
            self._pipeline.start_worker(name)
        elif fault.kind == "kill":
            self._pipeline.workers[name].kill()
            self._stopped.discard(name)
            self._pipeline.start_worker(name)
        elif fault.kind == "leave":
            self._wanted.discard(name)
            self._pipeline.workers[name].end()
        elif fault.kind == "stop":
            self._pipeline.workers[name].send(signal.SIGSTOP)
            self._stopped.add(name)
        elif name in self._stopped:
            self._pipeline.workers[name].send(signal.SIGCONT)
            self._stopped.discard(name)
        self.done[fault.kind] += 1
        self._say(f"{fault.kind} {name}")


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
        chaos = Chaos(pipeline, say)
        pipeline.start_simulated_x(rate, seed, bad_lines=997)
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
        return Outcome(pipeline.judge(), chaos.done, lag, chaos.restarts)
