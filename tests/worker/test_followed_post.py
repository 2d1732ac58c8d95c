"""At level debug, one post can be followed by its id from ingest to the row, and nothing of it is said but the id."""

import re
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from agents.kafka import stored
from agents.proving.pipeline import Pipeline
from streams.kafka import topics as kafka_topics
from streams.records import Envelope, Mention, decode_mention
from streams.settings import load

pytestmark = pytest.mark.kafka


def said(log: Path, post: str) -> list[str]:
    """What a process said of a post, in order."""
    return re.findall(rf"DEBUG streams.post_log: post {post}: (.*)$", log.read_text(), flags=re.MULTILINE)


def test_a_post_is_followed_from_ingest_to_its_row(kafka: str) -> None:
    settings = load(kafka_bootstrap=kafka, partitions=4, session_timeout=6.0, log_level="debug")
    with Pipeline(settings, lambda _: None) as pipeline:
        pipeline.start_simulated("x", 50, 7)
        worker = pipeline.start_worker("worker-1")
        pipeline.start_ingest()
        ingest = pipeline.ingest
        assert ingest is not None
        counted = ("pipeline_records_total", frozenset({("stage", "hospitals")}))
        pipeline.wait_until(
            lambda: pipeline.scrape("worker-1", counted[0]).get(counted, 0) > 20, "mentions are counted"
        )
        pipeline.stop_posts()
        assert pipeline.drain() == 0
        pipeline.stop_workers()
        posts = list(stored.read(pipeline.settings, kafka_topics.posts(pipeline.settings)))
        mentions = [
            decode_mention(one.value or b"")
            for one in stored.read(pipeline.settings, kafka_topics.mentions(pipeline.settings))
        ]
        place = {(one.partition, one.offset): (one.key or b"").decode() for one in posts}
        tied = {place[one.partition, one.offset]: one for one in mentions if isinstance(one, Mention)}
        times = Counter(place.values())
        post, mention = next((post, one) for post, one in tied.items() if one.post and times[post] == 1)
        first, second = said(ingest.log, post)
        assert re.fullmatch(r"record \d+ of the wal, for posts", first)
        assert second == f"Kafka has it, {kafka_topics.posts(pipeline.settings)} partition {mention.partition}"
        read, *counts = said(worker.log, post)
        assert read.startswith("read, of hospitals: ")
        assert mention.hospital in read
        assert f"counted, in the row of hospital {mention.hospital}" in counts

        every = ingest.log.read_text() + worker.log.read_text()
        for one in posts:
            payload = bytes(msgspec.json.decode(one.value or b"", type=Envelope).payload).decode()
            for secret in re.findall(r'"(?:text|username|author_id)":"((?:[^"\\]|\\.){8,})"', payload):
                assert secret not in every
        assert "offset" not in " ".join(line for line in every.splitlines() if "streams.post_log" in line)
