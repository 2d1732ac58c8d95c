"""A scripted Jetstream, ingest as it runs, real Kafka, a real worker: what is written on Bluesky is counted."""

import json
import logging
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import msgspec
import pytest
from prometheus_client import CollectorRegistry, generate_latest

from agents.ingest.publisher import KafkaConnection
from agents.ingest.records import Record, dead_letter
from agents.simulated.jetstream import account, deletion, post
from streams.kafka import topics as kafka_topics
from streams.metrics.collector import ReadingCollector
from streams.reading.bluesky import post_id, uri_of
from streams.settings import Settings
from tests.commands import earshot
from tests.running_ingest import listening, stored
from tests.running_worker import Bench
from tests.scripted_bluesky import (
    FARGO,
    FARGO_HANDLE,
    MAYO,
    MAYO_HANDLE,
    OTHER,
    SOMEONE,
    Scripted,
    jetstream,
    pointed_at,
    source,
)
from tests.waiting import wait_until

pytestmark = pytest.mark.kafka

SECRET = "a word that nobody else may see"  # noqa: S105 - of a post


@pytest.fixture
def server() -> Iterator[Scripted]:
    with jetstream() as found:
        yield found


def ours(rkey: str, text: str = "hello", did: str = SOMEONE) -> dict[str, object]:
    return post(did, rkey, f"@{FARGO_HANDLE} {text}", mentions={FARGO: f"@{FARGO_HANDLE}"})


def identity_of(rkey: str, did: str = SOMEONE) -> str:
    return post_id(uri_of(did, rkey))


def on_posts(settings: Settings) -> list[tuple[str, str]]:
    """(source, id), in no certain order between partitions."""
    values = [json.loads(value) for _, value in stored(settings, kafka_topics.posts(settings))]
    return [(value["source"], value["id"]) for value in values]


def test_posts_and_their_ends_are_on_kafka_and_a_restart_loses_none(
    server: Scripted, pipeline_settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    settings = pointed_at(pipeline_settings, server.server.url, tmp_path)
    noise = post(OTHER, "3noise", SECRET)

    def arrived(source_: str, *rkeys: str) -> bool:
        return {(source_, identity_of(rkey)) for rkey in rkeys} <= set(on_posts(settings))

    with listening(settings) as ingest:
        wait_until(lambda: server.server.connected or not ingest.running, "connected")
        server.write(ours("3a", SECRET), noise, ours("3b"), deletion(SOMEONE, "3b"))
        server.do(server.server.garble("{"))
        wait_until(partial(arrived, "withdrawal", "3b"), "the deletion")
        assert ingest.stop() < 5
    assert (ingest.error, ingest.code) == (None, 0), "no token of X is needed"
    during = [f"3while{number}" for number in range(200)]
    server.write(*(ours(rkey) for rkey in during), noise)
    with listening(settings) as ingest:
        wait_until(partial(arrived, "bluesky", "3a", *during), "all of what was written meanwhile")
        server.write(account(SOMEONE, active=False, status="takendown"))
        wait_until(partial(arrived, "withdrawal", "3a", "3b", *during), "the account's end, for all its posts")
        took = ingest.stop()
    assert (ingest.error, ingest.code) == (None, 0)
    assert took < 5
    assert len(server.server.attempts) == 2
    assert not any(identity == identity_of("3noise", OTHER) for _, identity in on_posts(settings))
    letters = [json.loads(value) for _, value in stored(settings, kafka_topics.dead_letters(settings))]
    assert {(letter["reason"], letter["source"]) for letter in letters} == {("not_json", "bluesky")}
    for private in (SECRET, SOMEONE, OTHER):
        assert private not in caplog.text


def test_a_post_is_counted_for_the_hospital_that_it_mentions(bench: Bench, server: Scripted, tmp_path: Path) -> None:
    bench.use(pointed_at(bench.settings, server.server.url, tmp_path))
    bench.start()
    with listening(bench.settings):
        wait_until(lambda: server.server.connected, "connected")
        server.write(
            ours("3a", "I want to kill myself tonight"),
            ours("3a", "the same again"),
            post(OTHER, "3b", f"@{MAYO_HANDLE} thank you!", mentions={MAYO: f"@{MAYO_HANDLE}"}),
            post(FARGO, "3c", "So sorry", reply_to=uri_of(SOMEONE, "3a")),
            post(OTHER, "3d", "nobody's"),
        )
        counted = partial(bench.sample, "conversation_posts_total")
        bench.wait("both are counted", lambda: counted(hospital="350070") == counted(hospital="240010") == 1)
        bench.wait("the answer", lambda: bench.sample("conversation_own_posts_total", hospital="350070") == 1)
        assert bench.sample("conversation_tier_posts_total", hospital="350070", tier="unknown") == 1

        def attention(*words: str) -> str:
            done = earshot(bench.settings, "attention", *words)
            assert done.exit_code == 0, done.output
            return done.stdout

        identity = identity_of("3a")
        assert attention("list").split()[-2:] == ["crisis", identity]
        assert attention("where", identity) == f"https://bsky.app/profile/{SOMEONE}/post/3a\n"
        server.write(deletion(SOMEONE, "3a"))
        wait_until(lambda: attention("list").startswith("no posts waiting"), "it waits no more")
    bench.pipeline.drain()
    bench.pipeline.stop_workers()
    verdict = bench.verdict()
    assert (verdict.posts, verdict.mentions, verdict.difference) == (3, 3, 0)
    for topic in (kafka_topics.mentions, kafka_topics.attention):
        assert not any(b"did:" in value for _, value in stored(bench.settings, topic(bench.settings)))


def test_a_letter_that_can_be_read_now_is_tried_again_as_bluesky_s(pipeline_settings: Settings, tmp_path: Path) -> None:
    settings = pointed_at(pipeline_settings, "ws://127.0.0.1:9", tmp_path)
    lines = [json.dumps({**event, "time_us": 1}).encode() for event in (ours("3a"), post(OTHER, "3n", "nobody's"))]
    letters: list[Record] = [dead_letter("too_large", "bluesky", line, 1) for line in lines]
    connection = KafkaConnection(settings)
    producer = connection.open()
    try:
        for letter in letters:
            producer.send(kafka_topics.dead_letters(settings), key=letter.key, value=letter.value).get(20)
    finally:
        connection.discard(producer)
    done = earshot(settings, "deadletters", "retry", "--all", "--json")
    told = msgspec.json.decode(done.stdout)
    assert (told["published"], told["still_dead"]) == (1, 1)
    assert on_posts(settings) == [("bluesky", identity_of("3a"))]


def test_its_metrics_are_declared(server: Scripted, tmp_path: Path) -> None:
    with source(server.server.url, tmp_path) as (found, _):
        server.write(ours("3a"))
        registry = CollectorRegistry()
        registry.register(ReadingCollector(found.reading))
        shown = generate_latest(registry).decode()
    assert 'source_stream_outcomes_total{outcome="stalled",source="bluesky"} 0.0' in shown
    assert "bluesky_cursor_lag_seconds" in shown
