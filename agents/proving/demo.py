"""The demo: a whole Earshot for some seconds on this machine, a live view of it, and the oracle's verdict.

Behind `earshot demo`. The view reads the worker's /metrics, as Prometheus would; the numbers at the end are compared
three ways: posts on Kafka, rows in the changelog, /metrics.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from rich.console import Console
from rich.live import Live
from rich.table import Table

from agents.kafka import stored
from agents.proving import answer_times
from agents.proving.gauges import Scraped
from agents.proving.oracle import Verdict
from agents.proving.pipeline import Pipeline, Samples
from agents.simulated.sources import SIMULATED
from streams import directory
from streams.kafka import topics as kafka_topics
from streams.settings import Settings
from streams.vocabulary import TIERS, Tier

WORKER = "worker-1"
SHOWN = 18
"""Hospitals in the view: the busiest."""
READY_SECONDS = 60.0
PLAIN_SECONDS = 3.0
"""Between two lines without a terminal."""
SLIDE_SECONDS = 2.0
"""A worker makes the windows of a hospital within a second or so of its first post."""
FROM_X = ("source_lines_total", frozenset({("source", "x"), ("kind", "post")}))
"""Posts that ingest took from X, as /metrics has them."""


class Line(NamedTuple):
    """One hospital as the view shows it."""

    name: str
    posts: int
    own: int
    tiers: dict[Tier, int]
    topics: list[tuple[str, int]]


def lines_of(samples: Samples, names: dict[str, str]) -> list[Line]:
    """Hospitals with posts, busiest first."""
    by: dict[str, dict[str, float]] = {}
    for (name, labels), value in samples.items():
        if name.startswith("conversation_") and name.endswith("_total") and value:
            values = dict(labels)
            hospital = values.pop("hospital")
            by.setdefault(hospital, {})["/".join((name, *values.values()))] = value
    lines = []
    for hospital, cells in by.items():
        topics = sorted(
            (
                (name.split("/")[1], int(n))
                for name, n in cells.items()
                if name.startswith("conversation_topic_posts_total/")
            ),
            key=lambda pair: (-pair[1], pair[0]),
        )
        tiers = {tier: int(cells.get(f"conversation_tier_posts_total/{tier}", 0)) for tier in TIERS}
        posts, own = (int(cells.get(f"conversation_{kind}_total", 0)) for kind in ("posts", "own_posts"))
        lines.append(Line(names.get(hospital, hospital), posts, own, tiers, topics))
    return sorted(lines, key=lambda line: (-line.posts, line.name))


def view(lines: list[Line], rate: float, left: float, url: str) -> Table:
    """The table a person watches."""
    table = Table(
        title=f"Earshot: {sum(line.posts for line in lines)} posts about {len(lines)} hospitals, {rate:.0f} posts/s",
        caption=f"{url} · {left:.0f} s left, ctrl-c ends earlier",
        expand=False,
    )
    table.add_column("hospital", no_wrap=True, max_width=38)
    for heading in ("posts", "own", *TIERS):
        table.add_column(heading, justify="right")
    table.add_column("topics", max_width=48, no_wrap=True)
    for line in lines[:SHOWN]:
        topics = ", ".join(f"{topic} {count}" for topic, count in line.topics[:3])
        table.add_row(line.name, str(line.posts), str(line.own), *(str(line.tiers[tier]) for tier in TIERS), topics)
    return table


def heard(samples: Samples) -> str:
    """What ingest took from each source, copies included, in one line."""

    def taken(source: str, kind: str) -> int:
        return int(samples.get(("source_lines_total", frozenset({("source", source), ("kind", kind)})), 0))

    each = (f"{name}: {taken(name, 'post')} posts, {taken(name, 'withdrawal')} withdrawals" for name in SIMULATED)
    return f"ingest took, copies included: {'; '.join(each)}"


class Demo:
    """One run of the demo. `run` blocks until it is over; ctrl-c ends it early."""

    def __init__(self, settings: Settings, console: Console) -> None:
        self._settings = settings
        self._console = console
        self._names = {one.id: one.name for one in directory.load(settings.directory_folder).hospitals}

    def run(self, seconds: float, rate: float, seed: int, history: float | None = None) -> bool:
        """Run it; True if tables, /metrics and oracle agree. `history`: seconds of a past to count first. Ctrl-c
        ends the showing, not the counting."""
        verdict, agreed = self._run(seconds, rate, seed, history)
        self._say(str(verdict))
        return agreed

    def _run(self, seconds: float, rate: float, seed: int, history: float | None) -> tuple[Verdict, bool]:
        with Pipeline(self._settings, self._say) as pipeline:
            try:
                self._say("starting the simulated sources, ingest and a worker")
                past = () if history is None else pipeline.past_options(history)
                pipeline.start_all_simulated(rate, seed, x=("--bad-lines", "499", *past))
                pipeline.start_worker(WORKER)
                if history is not None:
                    self._count_history(pipeline, history)
                pipeline.start_ingest()
                self._wait_ready(pipeline)
                self._wait_heard(pipeline)
                self._watch(pipeline, seconds)
            except KeyboardInterrupt:
                self._say("ending early")
            return self._conclude(pipeline)

    def _count_history(self, pipeline: Pipeline, history: float) -> None:
        """Replay the past and wait until it is counted, so that the view begins with it."""
        began = time.monotonic()
        self._say(f"replaying {history / 86_400:.1f} days of the past")
        posts = pipeline.replay_past()
        self._say(f"{posts} posts of the past are on Kafka, after {time.monotonic() - began:.0f} s")
        self._wait_ready(pipeline)
        lag = pipeline.drain()
        left = f"; {lag} records are still to be processed" if lag else ""
        self._say(f"the past is counted, after {time.monotonic() - began:.0f} s{left}")

    def _wait_ready(self, pipeline: Pipeline) -> None:
        """Wait until the worker holds its partitions: a view of zeros shows nothing."""
        held = ("pipeline_held_partitions", frozenset({("stage", "hospitals")}))
        pipeline.wait_until(lambda: bool(pipeline.scrape(WORKER).get(held)), "the worker is ready", READY_SECONDS)

    def _wait_heard(self, pipeline: Pipeline) -> None:
        """Wait until ingest has taken a post of X."""
        pipeline.wait_until(lambda: bool(pipeline.scrape("ingest").get(FROM_X)), "ingest takes posts", READY_SECONDS)

    def _watch(self, pipeline: Pipeline, seconds: float) -> None:
        url = pipeline.metrics_url(WORKER)
        ends = time.monotonic() + seconds
        before, before_at, said_at = -1, 0.0, 0.0
        with self._display() as live:
            while (now := time.monotonic()) < ends:
                pipeline.require_running()
                samples = pipeline.scrape(WORKER)
                lines = lines_of(samples, self._names)
                taken = int(samples.get(("pipeline_records_total", frozenset({("stage", "tagger")})), 0))
                rate = (taken - before) / (now - before_at) if before >= 0 else 0.0
                before, before_at = taken, now
                if live is not None:
                    live.update(view(lines, rate, ends - now, url), refresh=True)
                elif now - said_at >= PLAIN_SECONDS:
                    said_at = now
                    posts = sum(line.posts for line in lines)
                    left = f"{ends - now:.0f} s left"
                    self._say(f"{posts} posts about {len(lines)} hospitals, {rate:.0f} posts/s, {url}, {left}")
                time.sleep(min(1.0, max(0.0, ends - now)))

    @contextmanager
    def _display(self) -> Iterator[Live | None]:
        if self._console.is_terminal:
            with Live(console=self._console, auto_refresh=False, vertical_overflow="crop") as live:
                yield live
        else:
            yield None

    def _conclude(self, pipeline: Pipeline) -> tuple[Verdict, bool]:
        self._say("posts stopped: waiting until everything is counted and committed")
        self._say(heard(pipeline.scrape("ingest")))
        pipeline.stop_posts()
        lag = pipeline.drain()
        time.sleep(SLIDE_SECONDS)
        scraped = Scraped(time.time(), pipeline.scrape(WORKER))
        shown = lines_of(dict(scraped.samples), self._names)
        pipeline.stop_workers()
        verdict = pipeline.judge(scraped)
        rows = stored.read(pipeline.settings, kafka_topics.changelog(pipeline.settings, kafka_topics.HOSPITALS))
        for line in answer_times.lines(rows, self._names, time.time()):
            self._say(line)
        if lag:
            self._say(f"{lag} records were not processed in time; see the logs")
        board = sum(line.posts + line.own for line in shown)
        if board != verdict.mentions:
            self._say(f"/metrics shows {board} mentions, the oracle counts {verdict.mentions}")
        return verdict, lag == 0 and verdict.difference == 0 and board == verdict.mentions

    def _say(self, line: str) -> None:
        self._console.print(line, highlight=False, soft_wrap=True)
