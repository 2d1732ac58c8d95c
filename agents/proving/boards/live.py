"""Runs a pipeline and a Prometheus that scrapes it, so that queries get real answers.

Used by the tests and the preview. The processes are `agents/proving`'s and `deploy/prometheus_tool`'s; this owns only
the order of their start: Prometheus has scraped a worker's zeros before the first post comes.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import msgspec

from agents.proving.pipeline import Pipeline
from agents.proving.prometheus import RunningPrometheus
from streams.settings import Settings

WORKER = "worker-1"
MONTHLY_READS = 10_000_000
"""So that there is a limit to compare with, far away."""


class Live(NamedTuple):
    """What runs."""

    pipeline: Pipeline
    prometheus: RunningPrometheus


@contextmanager
def live(settings: Settings, say: Callable[[str], None], rate: float, seed: int = 7) -> Iterator[Live]:
    """Run a pipeline with all that has metrics, at `rate` posts a second, scraped every second. Entering blocks until
    Prometheus has a worker's first values, two minutes at most."""
    settings = msgspec.structs.replace(settings, x_compliance="stream", x_monthly_reads=MONTHLY_READS)
    with Pipeline(settings, say) as pipeline:
        pipeline.start_all_simulated(rate, seed)
        pipeline.start_worker(WORKER)
        say("waiting for the worker")
        with RunningPrometheus(
            {"worker": [f"127.0.0.1:{pipeline.ports[WORKER]}"]}, pipeline.folder / "prometheus"
        ) as prometheus:
            pipeline.wait_until(
                lambda: bool(prometheus.query("conversation_posts_total")), "Prometheus has a worker's zeros"
            )
            pipeline.start_ingest()
            prometheus.set_targets("ingest", [f"127.0.0.1:{pipeline.ports['ingest']}"])
            say("posts come")
            yield Live(pipeline, prometheus)
