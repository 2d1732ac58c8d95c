"""Real tweepy, the simulated X, real Kafka: what X delivers is on `posts`, and nothing ends the way there."""

import base64
import json
import logging
from collections import Counter
from functools import partial
from pathlib import Path

import msgspec
import pytest

from agents.ingest import publisher
from agents.ingest.x.intake import Intake
from agents.simulated.feed import Feed
from agents.simulated.people import targets
from streams import directory
from streams.errors import UserError
from streams.kafka import topics as kafka_topics
from streams.records import Envelope, decode_dead_letter
from streams.settings import Settings
from tests.running_ingest import TOKEN, listening, pointed_at, shipped_rules, simulated, stored, wait_for_all
from tests.waiting import wait_until

pytestmark = pytest.mark.kafka

SEED, START_MS = 7, 1_790_000_000_000


def test_every_delivered_line_is_on_kafka_and_none_ends_the_stream(
    pipeline_settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    # One bad line after four good ones: some 220, and four of them are 5 MB.
    with simulated(rate=2000, seed=SEED, count=1000, bad_every=4, start_ms=START_MS) as running:
        settings = pointed_at(pipeline_settings, running.x.url, tmp_path)
        with listening(settings) as ingest:
            wait_for_all(settings, running, ingest)
        x = running.x
        assert (ingest.error, ingest.code) == (None, 0)
        assert [status for _, status in x.attempts] == [200], "one connection lived through it all"
        assert min(x.bad.values()) > 0
        assert len(x.bad) == 5

        posts = stored(settings, kafka_topics.posts(settings))
        envelopes = [msgspec.json.decode(value, type=Envelope) for _, value in posts]
        assert [key.decode() for key, _ in posts] == [envelope.id for envelope in envelopes]
        arrived = Counter(envelope.id for envelope in envelopes)
        assert arrived.total() == x.delivered.total() + x.bad["untagged"]
        assert arrived.keys() == x.delivered.keys()
        assert max(x.delivered.values()) > 1, "X delivers some twice, and both are handed on"

        wanted = {rule.value: rule.tag for rule in shipped_rules()}
        assert {rule["value"]: rule["tag"] for rule in x.rules} == wanted
        tagged = [envelope for envelope in envelopes if envelope.rules]
        assert len(tagged) == x.delivered.total()
        assert all(set(envelope.rules) <= set(wanted.values()) for envelope in tagged)

        letters = [decode_dead_letter(value) for _, value in stored(settings, kafka_topics.dead_letters(settings))]
        kinds = {"not_json": "cut", "wrong_shape": "null", "no_post": "no_data", "too_large": "huge"}
        assert Counter(letter.reason for letter in letters) == {reason: x.bad[kind] for reason, kind in kinds.items()}
        assert all(letter.size == len(letter.raw) for letter in letters), "each carries its line"

    said = caplog.text
    assert TOKEN not in said
    for envelope in envelopes:
        post = json.loads(bytes(envelope.payload))
        assert post["data"]["text"] not in said
        assert post["includes"]["users"][0]["username"] not in said


def test_payload_bytes_are_those_that_x_sent(pipeline_settings: Settings, tmp_path: Path) -> None:
    with simulated(rate=2000, seed=SEED, count=200, start_ms=START_MS) as running:
        settings = pointed_at(pipeline_settings, running.x.url, tmp_path)
        with listening(settings) as ingest:
            wait_for_all(settings, running, ingest)
    # The same seed in another place, without HTTP or Kafka: what was written.
    feed = Feed(SEED, 2000, targets(directory.load()), 200)
    feed.start(START_MS)
    bodies = {post.id: post.body for post, _ in feed.until(200)}
    records = stored(settings, kafka_topics.posts(settings))
    assert len(records) > 150
    for key, value in records:
        body = bodies[key.decode()]
        assert b'"payload":' + body + b',"matching_rules":[' in value


def test_a_stop_is_prompt_while_x_is_silent(pipeline_settings: Settings, tmp_path: Path) -> None:
    with simulated(count=0, heartbeat=60) as running:
        with listening(pointed_at(pipeline_settings, running.x.url, tmp_path)) as ingest:
            wait_until(lambda: running.x.connected, "connected")
            took = ingest.stop()
        wait_until(lambda: not running.x.connected, "X sees it gone")
    assert ingest.code == 0
    assert took < 5, "a bound against waiting for a heartbeat"


def test_broken_connections_are_taken_up_again_and_lose_nothing_that_arrived(
    pipeline_settings: Settings, tmp_path: Path
) -> None:
    with simulated(rate=400, seed=SEED, count=1200) as running:
        x = running.x
        settings = pointed_at(pipeline_settings, x.url, tmp_path)

        def flowing(number: int) -> bool:
            return x.made > number * 200 and x.connected

        def connected_again(number: int) -> bool:
            return len(x.attempts) > number

        with listening(settings) as ingest:
            for number, break_off in enumerate((x.end_stream, x.reset_stream, x.end_stream), start=1):
                wait_until(partial(flowing, number), "posts flow")
                running.call(break_off)
                wait_until(partial(connected_again, number), "the next connection")
            wait_until(lambda: x.exhausted, "every post is out")
            ingest.stop()
        assert [status for _, status in x.attempts] == [200] * 4
        arrived = {key.decode() for key, _ in stored(settings, kafka_topics.posts(settings))}
        # What stands in the socket's buffers at a reset, or at our stop, is lost with it: X's delivery, not our taking.
        assert len(x.delivered.keys() - arrived) < 200
        assert arrived <= x.delivered.keys()
    assert ingest.code == 0


def test_rules_that_vanish_at_x_are_put_back(pipeline_settings: Settings, tmp_path: Path) -> None:
    with simulated(rate=200) as running:
        x = running.x
        with listening(pointed_at(pipeline_settings, x.url, tmp_path)):
            wait_until(lambda: x.made > 10, "posts flow")

            async def forget() -> None:
                x.forget_rules()
                await x.end_stream()

            running.call(forget)
            before = x.made
            wait_until(lambda: x.made > before + 10, "posts flow again")
        assert 409 in [status for _, status in x.attempts]
        assert len(x.rules) == len(shipped_rules())


@pytest.mark.parametrize("token", ["", "two words"])
def test_a_token_file_without_one_token_is_refused_in_one_line(
    pipeline_settings: Settings, tmp_path: Path, token: str
) -> None:
    with listening(pointed_at(pipeline_settings, "http://127.0.0.1:9", tmp_path, token)) as ingest:
        wait_until(lambda: not ingest.running, "refused")
    assert isinstance(ingest.error, UserError)
    assert str(ingest.error).startswith("EARSHOT_X_TOKEN_FILE=")
    assert "two" not in str(ingest.error)


def test_a_wrong_token_ends_ingest_with_the_setting_to_fix(pipeline_settings: Settings, tmp_path: Path) -> None:
    with simulated() as running:
        settings = pointed_at(pipeline_settings, running.x.url, tmp_path, "another-token")
        with listening(settings) as ingest:
            wait_until(lambda: not ingest.running, "ended")
    assert isinstance(ingest.error, UserError)
    assert "EARSHOT_X_TOKEN_FILE" in str(ingest.error)
    assert "another-token" not in str(ingest.error)


def test_missing_kafka_topics_name_the_command_that_makes_them(empty_settings: Settings, tmp_path: Path) -> None:
    with listening(pointed_at(empty_settings, "http://127.0.0.1:9", tmp_path)) as ingest:
        wait_until(lambda: not ingest.running, "refused")
    assert isinstance(ingest.error, UserError)
    assert kafka_topics.posts(empty_settings) in str(ingest.error)
    assert "earshot topics apply" in str(ingest.error)


def test_a_dead_letter_of_a_cut_line_is_the_line(pipeline_settings: Settings) -> None:
    record = Intake(pipeline_settings.max_post_bytes).take(b'{"data":{"id":"1","te')
    assert record is not None
    sink = publisher.connect(pipeline_settings)
    sink.publish(record)
    assert sink.close(10) == 0
    ((_, value),) = stored(pipeline_settings, kafka_topics.dead_letters(pipeline_settings))
    assert base64.b64decode(json.loads(value)["raw"]) == b'{"data":{"id":"1","te'
