"""A pipeline under posts that come at an even pace, whatever happens to its workers.

Called by `latency.py` and `gap.py`, which say what the figures mean, and by `backlog.py`. Owns the pipeline, from
empty Kafka topics to the last committed record. Times are on the monotonic clock.
"""

import sys
import time
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from agents.kafka import group_lag, stored
from agents.proving.pipeline import Pipeline
from agents.proving.processes import cpu_seconds
from bench import visible
from bench.offered import Offered, Offering
from bench.visible import Seen
from streams.errors import UserError
from streams.kafka import topics as kafka_topics
from streams.kafka.stages import STAGES
from streams.settings import Settings

WORKER = "worker"
MOST_POSTS = 80_000
"""At 10,000 a second so many take 8 s to come, and 300 MB of memory, for they are made before."""
LOOK_SECONDS = 1.0
"""Between two looks at the lag: one takes 60 ms of a core."""
HELD = "pipeline_held_partitions"
HELD_SECONDS = 0.3
"""Between two looks at what workers hold: each is a whole scrape, 5 ms of the worker's time."""
EVENT_AT = 1 / 3
"""Of the time in which posts come."""


class Broker(NamedTuple):
    """Where pipelines stand."""

    settings: Settings
    """With its address."""
    pid: int
    """0 for another's, whose CPU is not known."""

    def cpu(self) -> float:
        """Seconds that it has used; 0 for another's."""
        return cpu_seconds(self.pid) if self.pid else 0.0


class Happened(NamedTuple):
    """What was done to a worker."""

    begun: float
    over: float
    """When the partitions were held again."""


class Ran(NamedTuple):
    """One run."""

    offered: Offered
    seen: list[Seen]
    """In the order of becoming visible."""
    cpu_us: float
    """Of the workers a post, from the first post to the last commit; 0 if one was killed."""
    broker_us: float
    """Of the broker; 0 if it is another's."""
    worker_cores: float
    """Cores in use while posts came."""
    lags: list[int]
    """Records not committed, at each look while posts came; the last when Kafka had them all."""
    happened: Happened | None


def run(
    broker: Broker,
    rate: float,
    seconds: float,
    say: Callable[[str], None],
    happens: Callable[[Pipeline], None] | None = None,
) -> Ran:
    """Offer `rate` posts a second for `seconds` (`MOST_POSTS` at most) to one worker. `happens`: what is done to it
    meanwhile; blocks until that is over. Raises `UserError`."""
    # In groups, as docs/settings.md has it for thousands a second: a sync for each post would be the pace.
    settings = msgspec.structs.replace(broker.settings, wal_sync="group")
    with Pipeline(settings, say) as pipeline:
        notes = pipeline.folder / "notes"
        pipeline.worker_command = [sys.executable, "-m", "bench.workers", "telling", str(notes)]
        worker = pipeline.start_worker(WORKER)
        wait_held(pipeline)
        posts = max(1, min(MOST_POSTS, int(rate * seconds)))
        with Offering(pipeline.settings, posts, rate, pipeline.folder) as offering:
            say(f"{posts} posts, {rate:g} a second")
            begun, used, brokers = offering.begin(), worker.cpu_seconds(), broker.cpu()
            until, lags, happened = begun + posts / rate, [], None
            while time.monotonic() < until:
                if happens is not None and happened is None and time.monotonic() >= begun + posts / rate * EVENT_AT:
                    at = time.monotonic()
                    happens(pipeline)
                    happened = Happened(at, time.monotonic())
                lags.append(group_lag.total(pipeline.settings))
                pipeline.require_running()
                time.sleep(max(min(LOOK_SECONDS, until - time.monotonic()), 0))
            cores = (worker.cpu_seconds() - used) / (time.monotonic() - begun)
            offered = offering.end()
        lags.append(group_lag.total(pipeline.settings))
        if left := pipeline.drain(pipeline.require_running):
            raise UserError(f"{left} records were not committed in time")
        count = len(offered.keys)
        spent, brokers = worker.cpu_seconds() - used, broker.cpu() - brokers
        written = stored.read(pipeline.settings, kafka_topics.posts(pipeline.settings))
        passed_on = stored.read(pipeline.settings, kafka_topics.mentions(pipeline.settings))
        records = visible.seen(offered.numbers(), written, passed_on, visible.noted(notes))
        seen = sorted(records, key=lambda one: one.at)
    ran = Ran(offered, seen, spent / count * 1e6, brokers / count * 1e6, cores, lags, happened)
    return ran if happens is None else ran._replace(cpu_us=0.0, worker_cores=0.0)


def wait_held(pipeline: Pipeline) -> None:
    """Block until each worker holds partitions, and together all of each stage. Raises `UserError`."""

    def held() -> bool:
        time.sleep(HELD_SECONDS)
        found = [pipeline.scrape(name) for name in pipeline.workers]
        each = [[samples.get((HELD, frozenset({("stage", stage.name)})), 0) for samples in found] for stage in STAGES]
        return all(min(counts) > 0 and sum(counts) == pipeline.settings.partitions for counts in each)

    pipeline.wait_until(held, "the workers hold all partitions")
