"""Runs a pipeline and a Prometheus that scrapes it, so that queries get real answers.

Used by the tests and the preview. The processes are `agents/proving`'s and `deploy/prometheus_tool`'s; this owns only
the order of their start: Prometheus has scraped a worker's zeros before the first post comes.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from agents.proving.pipeline import Pipeline
from agents.proving.prometheus import RunningPrometheus
from streams import directory
from streams.directory import files
from streams.settings import Settings

WORKER = "worker-1"
GOALS = {
    "local_share": 40, "located_share": 50, "answered_1h_share": 30, "answered_24h_share": 60,
    "first_response_minutes": 240, "unanswered_questions": 20, "complaint_share": 25, "local_authors_per_10000": 1,
}  # fmt: skip
"""Every hospital's, so that some are met and some are missed."""
MONTHLY_READS = 10_000_000
"""So that there is a limit to compare with, far away."""


class Live(NamedTuple):
    """What runs."""

    pipeline: Pipeline
    prometheus: RunningPrometheus


@contextmanager
def live(settings: Settings, say: Callable[[str], None], rate: float, history: float, seed: int = 7) -> Iterator[Live]:
    """Run a pipeline with all that has metrics, at `rate` posts a second, scraped every second, after `history` seconds
    of a past. Blocks on entering until Prometheus has a worker's first values and the past is counted: four minutes at
    most."""
    settings = msgspec.structs.replace(settings, x_compliance="stream", x_monthly_reads=MONTHLY_READS)
    with Pipeline(settings, say) as pipeline:
        set_goals(pipeline)
        pipeline.start_all_simulated(rate, seed, x=pipeline.past_options(history))
        pipeline.start_worker(WORKER)
        say("waiting for the worker")
        with RunningPrometheus(
            {"worker": [f"127.0.0.1:{pipeline.ports[WORKER]}"]}, pipeline.folder / "prometheus"
        ) as prometheus:
            pipeline.wait_until(
                lambda: bool(prometheus.query("conversation_posts_total")), "Prometheus has a worker's zeros"
            )
            say("counting the past")
            pipeline.replay_past()
            pipeline.drain()
            pipeline.start_ingest()
            prometheus.set_targets("ingest", [f"127.0.0.1:{pipeline.ports['ingest']}"])
            say("posts come")
            yield Live(pipeline, prometheus)


def set_goals(pipeline: Pipeline) -> None:
    """Give every hospital `GOALS`, in a copy of the directory."""
    folder = pipeline.folder / "directory"
    folder.mkdir()
    source = pipeline.settings.directory_folder
    texts = directory.texts_of(Path(source) if source else directory.shipped())
    every = directory.load(source).hospitals
    rows = (f"{one.id},{goal},{target}" for one in every for goal, target in GOALS.items())
    texts |= {files.GOALS_FILE: "\n".join((",".join(files.COLUMNS[files.GOALS_FILE]), *rows, ""))}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    pipeline.settings = msgspec.structs.replace(pipeline.settings, directory_folder=str(folder))
