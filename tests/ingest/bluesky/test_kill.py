"""Ingest is killed while Bluesky's posts flow: whatever the moment, none of them is lost, nor is the end of one."""

import json
import random
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from agents.proving import acceptance
from agents.proving.processes import EARSHOT, Child
from agents.simulated.jetstream import deletion, post
from streams.kafka import topics as kafka_topics
from streams.reading.bluesky import post_id, uri_of
from streams.settings import Settings, environment
from tests.running_ingest import stored
from tests.scripted_bluesky import FARGO, FARGO_HANDLE, SOMEONE, Scripted, jetstream, pointed_at
from tests.waiting import wait_until

pytestmark = pytest.mark.kafka

POSTS, KILLS, SEED = 1500, 4, 7


@pytest.fixture
def server() -> Iterator[Scripted]:
    with jetstream() as found:
        yield found


def test_kills_lose_no_post_and_no_deletion(server: Scripted, pipeline_settings: Settings, tmp_path: Path) -> None:
    settings = msgspec.structs.replace(pointed_at(pipeline_settings, server.server.url, tmp_path), log_level="warning")
    chance = random.Random(SEED)  # noqa: S311 - which post comes when
    ingest = Child("ingest", [*EARSHOT, "ingest"], tmp_path, environment(settings))
    ingest.start()
    try:
        wait_until(lambda: server.server.connected or not ingest.running, "connected")
        # The first is on the disk's side of the cursor before anything is killed: without one there is no replay.
        server.write(post(SOMEONE, "3first", "noise"))
        cursor = settings.wal_path / "bluesky.cursor"
        wait_until(cursor.exists, "the cursor is saved")
        deleted = set()
        share = POSTS // (KILLS + 1)
        for number in range(POSTS):
            rkey = f"3n{number}"
            server.write(post(SOMEONE, rkey, f"@{FARGO_HANDLE} hello", mentions={FARGO: f"@{FARGO_HANDLE}"}))
            if chance.random() < 0.1:
                server.write(deletion(SOMEONE, rkey))
                deleted.add(rkey)
            if number % share == share - 1 and number < POSTS - 1:
                ingest.kill()
                ingest.start()
                if chance.random() < 0.5:
                    wait_until(lambda: server.server.connected or not ingest.running, "connected again")
        expected = {("bluesky", post_id(uri_of(SOMEONE, f"3n{number}"))) for number in range(POSTS)}
        expected |= {("withdrawal", post_id(uri_of(SOMEONE, rkey))) for rkey in deleted}

        def missing() -> set[tuple[str, str]]:
            values = [json.loads(value) for _, value in stored(settings, kafka_topics.posts(settings))]
            return expected - {(value["source"], value["id"]) for value in values}

        wait_until(lambda: not missing() or not ingest.running, "all are on Kafka", 60)
        assert ingest.running, ingest.last_line()
        assert missing() == set()
        assert ingest.end() == 0
    finally:
        ingest.kill()


def test_what_was_accepted_from_bluesky_before_a_kill_is_on_kafka_and_the_rest_is_sent_again(
    pipeline_settings: Settings,
) -> None:
    # A replay must outrun the writers: each post is synced, and a busy disk syncs some 250 times a second.
    outcome = acceptance.kills(pipeline_settings, KILLS, rate=150, seed=SEED, say=lambda _: None, source="bluesky")
    assert outcome.kills == KILLS
    assert outcome.lost == 0
    assert outcome.accepted > 500
    # All but what was written while it ended; without the cursor three of four would be missing.
    assert outcome.accepted > outcome.delivered * 0.6
