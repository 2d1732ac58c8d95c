"""Fills `posts` without X and ingest, as fast as Kafka takes it: for the bench, and for tests that need an exact
moment.

The posts are the simulated X's, their copies included, in the envelopes that ingest makes. Not part of demo or chaos.
"""

import time
from collections.abc import Iterator

from agents.ingest.x.intake import Intake
from agents.kafka import clients
from agents.simulated.feed import Feed
from agents.simulated.people import targets
from streams import directory
from streams.kafka import topics as kafka_topics
from streams.settings import Settings

POSTS_PER_SECOND = 250.0
"""Pace by which the posts' own times advance: X's cap for one connection."""


def lines(settings: Settings, count: int, seed: int, until: float = 0.0) -> Iterator[bytes]:
    """`count` posts and their copies as X sends them, reposts and noise included; the last at `until`, seconds since
    the epoch, or now."""
    feed = Feed(seed, POSTS_PER_SECOND, targets(directory.load(settings.directory_folder)), count)
    feed.start(int(((until or time.time()) - count / POSTS_PER_SECOND) * 1000))
    for post, _ in feed.until(count):
        yield post.body + b',"matching_rules":[{"id":"1"}]}'


def records(settings: Settings, count: int, seed: int) -> Iterator[tuple[bytes, bytes]]:
    """Key and value of their envelopes."""
    intake = Intake(settings.max_post_bytes)
    for line in lines(settings, count, seed):
        record = intake.take(line)
        if record is None or record.topic != "posts":
            raise ValueError("the simulated X wrote a post that ingest does not take")
        yield record.key, record.value


def fill(settings: Settings, count: int, seed: int) -> int:
    """Put the envelopes of `count` posts and their copies on `posts`; the number of records."""
    producer = clients.producer(
        settings,
        acks="all",
        linger_ms=20,
        batch_size=256 * 1024,
        compression_type="zstd",
        delivery_timeout_ms=2**31 - 1,
    )
    topic = kafka_topics.posts(settings)
    number = 0
    try:
        for key, value in records(settings, count, seed):
            producer.send(topic, value, key=key)
            number += 1
        producer.flush()
    finally:
        producer.close()
    return number
