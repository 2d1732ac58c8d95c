"""Compares a pipeline's tables with its posts, both as they are in Kafka, while no posts come.

Kafka keeps posts for 24 h and rows for longer. On an older pipeline that part of the tables is compared which the
remaining posts decide, and the verdict says which.

Called by `earshot verify` and, for its own pipeline, by `pipeline.py`. Reads Kafka topics and commits; changes nothing
and knows no process.
"""

import time

from agents.kafka import generation, group_lag, stored
from agents.kafka.admin import require_topics
from agents.proving.gauges import Scraped
from agents.proving.oracle import Held, Verdict, judge
from agents.worker import author_key, knowledge
from streams import directory
from streams.errors import UserError
from streams.kafka import topics as kafka_topics
from streams.reading.reader import Reader
from streams.settings import Settings

_PAUSE = 0.5


def verdict(settings: Settings, scraped: Scraped | None = None, begun: int = -1) -> Verdict:
    """Have the oracle compare the tables, and what workers showed, with the posts, as they are now. `begun`: as
    `Held.begun`."""
    hospitals = directory.load(settings.directory_folder)
    words, key = knowledge.load_words(settings, hospitals), author_key.load(settings)
    reader = Reader(hospitals, settings.max_post_bytes, words, key)
    posts = stored.read(settings, kafka_topics.posts(settings))
    rows = stored.read(settings, kafka_topics.changelog(settings, kafka_topics.HOSPITALS))
    reach = settings.remembered_posts // settings.partitions
    return judge(posts, rows, reader, settings.duplicate_horizon, reach, _held(settings, begun), scraped)


def _held(settings: Settings, begun: int) -> Held:
    now = int(time.time() * 1000)
    moved = generation.latest(settings) if settings.generation > 1 else None
    return Held(
        dict.fromkeys(stored.emptied(settings, kafka_topics.posts(settings)), now),
        -1 if moved is None else moved.at,
        begun,
    )


def settled_verdict(settings: Settings, seconds: float) -> Verdict:
    """Block until every post is committed, then judge. Raises `UserError` if that takes longer than `seconds`, or if
    posts come meanwhile: tables and posts would then show different moments."""
    require_topics(settings)
    deadline = time.monotonic() + seconds
    while (left := group_lag.total(settings)) > 0:
        if time.monotonic() > deadline:
            raise UserError(
                f"{left} records are not committed after {seconds:.0f} s: stop ingest, and check that a worker runs"
            )
        time.sleep(_PAUSE)
    posts = kafka_topics.posts(settings)
    size = stored.size(settings, posts)
    found = verdict(settings)
    if stored.size(settings, posts) != size:
        raise UserError("posts came during the comparison: stop ingest first")
    return found
