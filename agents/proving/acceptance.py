"""Proves that no accepted post is lost: kills ingest with SIGKILL, stops Kafka for a while, compares post ids.

Behind `earshot chaos --of ingest` and the tests. Ingest is a process, its source a simulated one in this process, so
that what was delivered is known by id. Workers and catch-up have no part in it.
"""

import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from agents.ingest.wal import entries
from agents.kafka import stored
from agents.proving.heard import Heard
from agents.proving.pipeline import Pipeline, Samples
from agents.proving.processes import Child
from agents.proving.sources import listened_to
from streams.errors import UserError
from streams.kafka import topics as kafka_topics
from streams.metrics.registry import declared
from streams.settings import Settings

_BEFORE, _AFTER = 3.0, 2.0
"""Seconds of posts before and after an outage."""
_MOST_LATE = 10.0
"""Seconds without Kafka at the start: enough for every first try to fail."""
_RETURN = 20.0
"""Seconds of posts while a broker starts: 5 to 7 on an idle machine."""
_FRESH = 1.0
"""Seconds: with nothing older in the wal it has caught up. A post's own way takes a tenth of that."""


class Kills(NamedTuple):
    """Result of killing ingest. Posts are counted by id."""

    kills: int
    delivered: int
    """By the source; some of them were on the wire at a kill, and nobody had accepted them."""
    accepted: int
    """In the wal, or on Kafka, when ingest was dead; or when it had ended well."""
    lost: int
    """Accepted and not on Kafka in the end."""

    def __str__(self) -> str:
        return f"{self.kills} kills: {self.accepted} posts accepted of {self.delivered} delivered, {self.lost} lost"


class Outage(NamedTuple):
    """Result of two outages of Kafka: at ingest's start, and later. Posts are counted by id."""

    late: float
    """Seconds for which Kafka was not there when ingest started."""
    seconds: float
    accepted: int
    """All that was delivered."""
    lost: int
    """Accepted and not on Kafka in the end."""
    accept_p99: float
    """Seconds within which 99 % of the syncs were done: an edge of the metric's buckets."""
    growth: int
    """Bytes of memory at the end of the outage, less those before."""
    drained: float
    """Seconds from Kafka's return until nothing waited."""

    def __str__(self) -> str:
        return (
            f"started {self.late:.0f} s before Kafka, later {self.seconds:.0f} s without it: {self.accepted} posts "
            f"accepted, {self.lost} lost; 99 % on the disk "
            f"within {self.accept_p99 * 1000:g} ms, memory {self.growth / 2**20:+.1f} MB, "
            f"drained in {self.drained:.1f} s"
        )


def kills(
    settings: Settings, number: int, rate: float, seed: int, say: Callable[[str], None], source: str = "x"
) -> Kills:
    """Kill ingest `number` times at `rate` posts a second, at moments drawn from `seed`."""
    rng = random.Random(seed)  # noqa: S311 - a plan, not a secret
    with Pipeline(settings, say) as pipeline, listened_to(source, pipeline, rate, seed) as heard:
        ingest = _start(pipeline)
        pipeline.wait_until(lambda: heard.begun(pipeline.settings), "ingest has saved a cursor")
        accepted: set[str] = set()
        for _ in range(number):
            _wait_flow(pipeline, heard, rate / 2)
            time.sleep(rng.uniform(0, 0.5))
            ingest.kill()
            accepted |= in_wal(Path(pipeline.settings.wal_dir)) | on_kafka(pipeline.settings)
            say(f"killed ingest; {len(accepted)} posts accepted until now")
            ingest.start()
        _wait_flow(pipeline, heard, rate / 2)
        pipeline.wait_until(lambda: heard.replayed(pipeline.scrape("ingest")), "what was sent meanwhile has arrived")
        pipeline.stop_posts()
        delivered = len(heard.delivered)  # some sources go on by themselves
        accepted |= in_wal(Path(pipeline.settings.wal_dir))
        arrived = on_kafka(pipeline.settings)
        return Kills(number, delivered, len(accepted | arrived), len(accepted - arrived))


def outage(settings: Settings, seconds: float, rate: float, say: Callable[[str], None], source: str = "x") -> Outage:
    """Start ingest while a Kafka of its own is down, then stop that for so long at `rate` posts a second. Raises
    `UserError` when the broker is another's."""
    if settings.kafka_bootstrap:
        raise UserError("only the local Kafka can be stopped for an outage: unset KAFKA_BOOTSTRAP")
    late = min(seconds, _MOST_LATE)
    count = int(rate * (late + _RETURN + 2 * _BEFORE + seconds + _AFTER))
    with Pipeline(settings, say) as pipeline, listened_to(source, pipeline, rate, 7, count) as heard:
        assert pipeline.own_kafka is not None  # noqa: S101 - for mypy: no other broker was given
        say(f"starting ingest without Kafka, for {late:.0f} s")
        pipeline.own_kafka.down()
        ingest = _start(pipeline)
        _wait_flow(pipeline, heard, rate * late)
        pipeline.own_kafka.up()
        pipeline.wait_until(lambda: _fresh(pipeline.scrape("ingest")), "what came before Kafka is handed over")
        _wait_flow(pipeline, heard, rate * _BEFORE)
        say(f"stopping Kafka for {seconds:.0f} s")
        before = ingest.rss_bytes()
        pipeline.own_kafka.down()
        time.sleep(seconds)
        growth = ingest.rss_bytes() - before
        say(f"starting Kafka; {_value(pipeline.scrape('ingest'), 'pipeline_wal_records'):.0f} records wait in the wal")
        pipeline.own_kafka.up()
        back = time.monotonic()
        pipeline.wait_until(lambda: _fresh(pipeline.scrape("ingest")), "no record waits in the wal")
        drained = time.monotonic() - back
        pipeline.wait_until(lambda: heard.exhausted, "every post is sent")
        lines = heard.lines
        taken = {"source": heard.name, "kind": "post"}
        pipeline.wait_until(
            lambda: _value(pipeline.scrape("ingest"), "source_lines_total", **taken) == lines, "all are taken"
        )
        p99 = _p99(pipeline.scrape("ingest"))
        pipeline.stop_posts()
        delivered, arrived = heard.delivered, on_kafka(pipeline.settings)
        return Outage(late, seconds, len(delivered), len(delivered - arrived), p99, growth, drained)


def _start(pipeline: Pipeline) -> Child:
    pipeline.start_ingest()
    assert pipeline.ingest is not None  # noqa: S101 - for mypy: it was just started
    return pipeline.ingest


def in_wal(folder: Path) -> set[str]:
    """Ids of the posts that stand whole in the wal of a process that is dead."""
    found = set()
    for path in folder.glob("*.log"):
        for _, body in entries.bodies(path.read_bytes()):
            record = entries.decode(body, 0).record
            if record.topic == "posts":
                found.add(record.key.decode())
    return found


def on_kafka(settings: Settings) -> set[str]:
    """Ids of the posts on `posts`."""
    return {(one.key or b"").decode() for one in stored.read(settings, kafka_topics.posts(settings))}


def _wait_flow(pipeline: Pipeline, heard: Heard, posts: float) -> None:
    """Wait until so many posts more have come to ingest."""
    wanted = heard.flowed + posts
    pipeline.wait_until(lambda: heard.flowed >= wanted, "posts flow")


def _value(samples: Samples, name: str, **labels: str) -> float:
    return samples.get((name, frozenset(labels.items())), 0.0)


def _fresh(samples: Samples) -> bool:
    """Whether the oldest record that waits came just now, or none waits; not when there is no answer."""
    oldest = _value(samples, "pipeline_wal_oldest_timestamp_seconds") or time.time()
    return bool(samples) and time.time() - oldest < _FRESH


def _p99(samples: Samples) -> float:
    name = "pipeline_wal_sync_seconds"
    count = _value(samples, f"{name}_count")
    for edge in declared(name).buckets:
        if _value(samples, f"{name}_bucket", le=str(edge)) >= 0.99 * count:
            return edge
    return float("inf")
