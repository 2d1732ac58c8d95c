"""`earshot questions` on a real Kafka: what a worker's tables say waits, urgent first; a withdrawal ends it."""

import json
import time

import pytest
from click.testing import CliRunner

from agents.cli import main
from agents.kafka import clients, stored
from streams.kafka import topics as kafka_topics
from streams.records import Mention, OpenTopics
from streams.settings import Settings, environment
from streams.snowflake import first_id
from streams.tables.hospitals import HospitalTables

pytestmark = pytest.mark.kafka


def post_id(seconds_ago: int) -> tuple[str, int]:
    written = int(time.time()) - seconds_ago
    return str(first_id(written * 1000)), written


def asked(offset: int, seconds_ago: int, **changes: object) -> Mention:
    post, written = post_id(seconds_ago)
    fields: dict[str, object] = {
        "hospital": "350070", "partition": 0, "offset": offset, "at": int(time.time() * 1000),
        "hour": written // 3600, "relation": "mentioned", "tier": "local", "precision": "city", "evidence": "profile",
        "confidence": 90, "distance_km": 3, "topics": OpenTopics((), frozenset()), "intent": "question",
        "addressed": True, "post": post, "reply_to": "", "written": written, "asked": written,
    }  # fmt: skip
    return Mention(**(fields | changes))  # type: ignore[arg-type]


def test_what_waits_is_listed_urgent_first_with_where_to_open_it(pipeline_settings: Settings) -> None:
    tables = HospitalTables()
    mentions = [
        asked(0, 4000),
        asked(1, 90_000, intent="complaint", tier="unknown"),
        asked(2, 60, intent="crisis"),
        asked(3, 300, topics=OpenTopics(("safety_event",), frozenset()), intent="complaint"),
        asked(4, 80 * 3600),
        asked(5, 500, intent="compliment"),
    ]
    for offset, mention in enumerate(mentions):
        tables.apply(0, offset, mention)
    changelog = kafka_topics.changelog(pipeline_settings, kafka_topics.HOSPITALS)
    producer = clients.producer(pipeline_settings)
    for key, value in tables.changes([0])[0]:
        producer.send(changelog, value, key=key, partition=0).get(30)
    producer.close()
    assert stored.size(pipeline_settings, changelog) > 0

    run = CliRunner().invoke(main, ["questions", "350070", "--json"], env=environment(pipeline_settings))
    assert run.exit_code == 0, run.output
    found = json.loads(run.output)
    assert [one["post"] for one in found] == [mentions[n].post for n in (3, 2, 1, 0)]
    assert found[0]["address"] == f"https://x.com/i/status/{mentions[3].post}"
    assert set(found[0]) == {"hospital", "post", "written", "age_seconds", "intent", "tier", "topics", "address"}

    plain = CliRunner().invoke(main, ["questions"], env=environment(pipeline_settings))
    assert [line[0] for line in plain.output.splitlines()] == ["!", "!", " ", " "]
    other = CliRunner().invoke(main, ["questions", "380014"], env=environment(pipeline_settings))
    assert other.output == "no questions waiting (last 72 h)\n"
    unknown = CliRunner().invoke(main, ["questions", "nowhere"], env=environment(pipeline_settings))
    assert unknown.exit_code == 1
