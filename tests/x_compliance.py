"""What the tests of X's compliance share: posts that Earshot has, what X tells of them, and the source alone."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

from agents.ingest.publisher import KafkaConnection
from agents.ingest.wal.wal import open_wal
from agents.ingest.x.compliance.live_streams import LiveStreams
from agents.ingest.x.compliance.source import ComplianceSource
from agents.simulated.thread import Running
from streams.kafka import topics as kafka_topics
from streams.records import Envelope, encode_json
from streams.settings import Settings
from tests.running_ingest import TOKEN, stored

AUTHOR = "990000000000000001"
AT = "2026-11-24T08:53:20.000Z"


def put(settings: Settings, kafka_topic: str, records: Sequence[tuple[str, msgspec.Struct]]) -> None:
    """Put (key, record) pairs on a Kafka topic."""
    connection = KafkaConnection(settings)
    producer = connection.open()
    try:
        for sent in [producer.send(kafka_topic, key=key.encode(), value=encode_json(one)) for key, one in records]:
            sent.get(20)
    finally:
        connection.discard(producer)


def keep(settings: Settings, *ids: str, author: str | int = AUTHOR, versions: Sequence[str] = ()) -> None:
    """Posts of X on `posts`, as ingest puts them there. `versions`: ids of their edit history."""
    data = {"id": "1", "edit_history_tweet_ids": versions, "text": "secret", "author_id": author}
    line = msgspec.Raw(encode_json({"data": data}))
    put(settings, kafka_topics.posts(settings), [(one, Envelope("x", one, 1, "stream", (), line)) for one in ids])


def withdrawn(settings: Settings) -> dict[str, str]:
    """Post id -> why, on `posts`."""
    found = [json.loads(value) for _, value in stored(settings, kafka_topics.posts(settings))]
    return {one["id"]: one["why"] for one in found if one["source"] == "withdrawal"}


def tell(x: Running, of: str, event: dict[str, Any], partition: int = 1) -> None:
    x.call(lambda: x.x.compliance.tell(of, event, partition))


def about(post: str) -> dict[str, Any]:
    return {"tweet": {"id": post, "author_id": AUTHOR}, "event_at": AT}


@contextmanager
def heard(settings: Settings) -> Iterator[tuple[ComplianceSource, LiveStreams]]:
    """The source alone, with a wal of its own."""
    wal = open_wal(settings, lambda _: None)
    source = ComplianceSource(LiveStreams, settings, TOKEN, wal)
    assert isinstance(source.method, LiveStreams)
    source.start()
    try:
        yield source, source.method
    finally:
        source.stop()
        source.check()
        wal.close()
