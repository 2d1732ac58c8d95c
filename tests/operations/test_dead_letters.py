"""Dead letters can be listed without a word of a post, and tried again once what refused them is mended."""

import json

import msgspec
import pytest
from click.testing import Result

from agents.ingest.publisher import connect
from agents.ingest.records import Record
from agents.ingest.x.intake import Intake
from agents.kafka.stored import read
from agents.operations.dead_letters import waiting
from streams.kafka import topics as kafka_topics
from streams.records import DeadLetter, encode_json
from streams.settings import Settings
from tests.commands import earshot
from tests.payloads import a_payload, as_json

pytestmark = pytest.mark.kafka

SECRET = "a word of a post"  # noqa: S105 - what must not be shown
LONG = as_json(a_payload({"id": "31", "edit_history_tweet_ids": ["31"], "text": SECRET * 50}))
BROKEN = b'{"data": {"id": "32", "text": "' + SECRET.encode()


def run(settings: Settings, *arguments: str) -> Result:
    return earshot(settings, "deadletters", *arguments)


@pytest.fixture
def letters(pipeline_settings: Settings) -> Settings:
    """A line that was too long for its time, one that is broken for good, one cut down, and what the tagger refused."""
    too_small = Intake(max_bytes=500)
    records = [record for line in (LONG, BROKEN) if (record := too_small.take(line)) is not None]
    cut = DeadLetter("too_large", "ingest", "x", 1, size=10_000, raw=b"{")
    lost = DeadLetter("too_large", "tagger", "posts", 1, 10, partition=0, offset=99)
    records += [Record("dead-letters", b"cut", encode_json(cut)), Record("dead-letters", b"0-99", encode_json(lost))]
    publish(pipeline_settings, records)
    return pipeline_settings


def publish(settings: Settings, records: list[Record]) -> None:
    sink = connect(settings)
    for record in records:
        sink.publish(record)
    assert sink.close(20) == 0


def keys(settings: Settings) -> dict[str, str]:
    return {one.name: one.letter.reason for one in waiting(settings)}


def test_a_list_says_why_and_shows_no_text(letters: Settings) -> None:
    for arguments in (["list"], ["list", "--json"], ["show", next(iter(keys(letters)))]):
        done = run(letters, *arguments)
        assert done.exit_code == 0, done.output
        assert SECRET not in done.output
    assert run(letters, "list").output.endswith("4 dead letters, 1 not_json, 3 too_large\n")
    assert {one["reason"] for one in json.loads(run(letters, "list", "--json", "--reason", "not_json").output)} == {
        "not_json"
    }


def test_the_line_itself_comes_only_when_asked_for(letters: Settings) -> None:
    key = next(name for name, reason in keys(letters).items() if reason == "not_json")
    assert run(letters, "show", key, "--raw").stdout_bytes == BROKEN
    done = run(letters, "show", "0-99", "--raw")
    assert (done.exit_code, "stands on `posts`" in done.output) == (1, True)


def test_what_can_be_read_now_goes_to_posts_and_its_letter_is_withdrawn(letters: Settings) -> None:
    done = run(letters, "retry", "--all", "--json")
    assert json.loads(done.output) == {"published": 1, "still_dead": 1, "cut": 1, "expired": 1}
    assert done.exit_code == 1, "something is still dead"
    (post,) = read(letters, kafka_topics.posts(letters))
    assert post.key == b"31"
    assert msgspec.json.decode(post.value or b"")["payload"] == json.loads(LONG)
    assert sorted(keys(letters).values()) == ["not_json", "too_large", "too_large"]


def test_a_post_that_the_tagger_refused_is_read_from_where_it_stands(pipeline_settings: Settings) -> None:
    envelope = Intake(900_000).take(LONG)
    assert envelope is not None
    publish(pipeline_settings, [envelope])
    (at,) = read(pipeline_settings, kafka_topics.posts(pipeline_settings))
    letter = DeadLetter("wrong_shape", "tagger", "posts", 1, len(LONG), partition=at.partition, offset=at.offset)
    publish(pipeline_settings, [Record("dead-letters", b"%d-%d" % (at.partition, at.offset), encode_json(letter))])
    done = run(pipeline_settings, "retry", "--reason", "wrong_shape")
    assert (done.exit_code, done.output.splitlines()[-1]) == (0, "1 published")
    copies = list(read(pipeline_settings, kafka_topics.posts(pipeline_settings)))
    assert [one.key for one in copies] == [b"31", b"31"], (
        "two copies of one id: the tagger counts the first it can read"
    )
    assert waiting(pipeline_settings) == []


@pytest.mark.parametrize("arguments", [[], ["--all", "--reason", "not_json"], ["a", "--all"]])
def test_retry_wants_to_be_told_which(arguments: list[str], pipeline_settings: Settings) -> None:
    assert run(pipeline_settings, "retry", *arguments).exit_code == 2
