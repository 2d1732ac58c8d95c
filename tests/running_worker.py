"""A worker as a real process on real Kafka, and ways to wait for what it does."""

import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from agents.kafka import group_lag
from agents.proving.oracle import Verdict
from agents.proving.pipeline import Pipeline
from streams.settings import Settings
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
        """A sample of the worker's /metrics; -1 while it has none."""
        return self.pipeline.scrape(WORKER).get((name, frozenset(labels.items())), -1)

    def wait(self, what: str, holds: Callable[[], bool], seconds: float = 60) -> None:
        """Wait until something holds; the worker must live meanwhile."""

        def lives() -> None:
            worker = self.pipeline.workers[WORKER]
            assert worker.running, f"waiting until {what}: {worker.last_line()}"

        wait_until(holds, what, seconds, every=0.05, meanwhile=lives)

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
