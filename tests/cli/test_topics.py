"""`earshot topics` makes the broker's Kafka topics what is declared, and changes nothing in silence."""

import json

import pytest
from click.testing import Result

from agents.kafka import clients
from agents.kafka.admin import Difference, delete, describe_topics
from streams.kafka.topics import declared, posts
from streams.settings import Settings
from tests.commands import earshot

pytestmark = pytest.mark.kafka


def topics(settings: Settings, *words: str) -> Result:
    return earshot(settings, "topics", *words)


def create(settings: Settings, name: str, partitions: int, **config: str) -> None:
    with clients.admin(settings) as admin:
        configs = {key.replace("_", "."): value for key, value in config.items()}
        admin.create_topics({name: {"num_partitions": partitions, "configs": configs}}, wait_for_metadata=True)


def names(settings: Settings) -> set[str]:
    with clients.admin(settings) as admin:
        return {name for name in admin.list_topics() if name.startswith(settings.kafka_topic_prefix)}


def test_apply_creates_all_and_then_changes_nothing(empty_settings: Settings) -> None:
    wanted = [topic.name for topic in declared(empty_settings)]
    assert topics(empty_settings, "apply").stdout == "".join(f"created   {name}\n" for name in wanted)
    assert topics(empty_settings, "apply").stdout == "".join(f"unchanged {name}\n" for name in wanted)
    assert {one.state for one in describe_topics(empty_settings)} == {"as declared"}
    assert topics(empty_settings, "describe").exit_code == 0


def test_a_partition_count_that_differs_is_an_error_that_says_what_to_do(empty_settings: Settings) -> None:
    create(empty_settings, posts(empty_settings), 3)
    result = topics(empty_settings, "apply", "--change-config")
    assert result.exit_code == 1
    assert f"{posts(empty_settings)} has 3 partitions and EARSHOT_PARTITIONS is 4: set it to 3, or" in result.stderr
    assert "`earshot migrate --partitions 4`" in result.stderr
    assert result.stderr.count("\n") == 1
    assert names(empty_settings) == {posts(empty_settings)}, "nothing is half applied"


def test_of_a_configuration_that_differs_the_harmless_is_changed_and_the_rest_when_asked(
    empty_settings: Settings,
) -> None:
    name = posts(empty_settings)
    create(empty_settings, name, 4, retention_ms="1000", index_interval_bytes="8192", segment_ms="1000000")
    some = topics(empty_settings, "apply")
    assert some.exit_code == 0, "an upgrade starts"
    assert some.stdout.startswith(f"changed   {name}\n")
    assert "segment.ms: 1000000 -> 3600000" in some.stdout
    left = "left so; `earshot topics apply --change-config` changes it"
    assert f"index.interval.bytes is 8192, should be the default: {left}" in some.stdout
    assert f"retention.ms is 1000, should be 86400000: {left}" in some.stdout, "how long text is kept"
    assert f"differs   {name}\n" in topics(empty_settings, "apply").stdout

    described = topics(empty_settings, "describe")
    assert (described.exit_code, f"{name}: differs: " in described.stdout) == (1, True)

    changed = topics(empty_settings, "apply", "--change-config")
    assert changed.stdout.startswith(f"changed   {name}\n")
    assert "retention.ms: 1000 -> 86400000" in changed.stdout
    assert topics(empty_settings, "describe").exit_code == 0


def test_what_would_delete_records_is_not_harmless() -> None:
    assert Difference("max.message.bytes", "1000", "2000").harmless
    assert Difference("retention.bytes", "-1", "2000").harmless, "the disk would fill"
    assert not Difference("retention.ms", "2000", "1000").harmless
    assert not Difference("retention.ms", "1000", "2000").harmless
    assert not Difference("cleanup.policy", "delete", "compact").harmless
    assert not Difference("max.message.bytes", "2000", "1000").harmless


def test_posts_and_mentions_stay_within_the_disk_that_they_are_given() -> None:
    settings = Settings(kafka_posts_bytes=24 * 2**30, partitions=12)
    given = {one.name: int(one.config.get("retention.bytes", 0)) * one.partitions for one in declared(settings)}
    assert {name: size for name, size in given.items() if size} == {"posts": 24 * 2**30, "mentions": 12 * 2**30}


def test_describe_shows_what_is_missing_and_why_each_exists(empty_settings: Settings) -> None:
    described = topics(empty_settings, "describe", "--json")
    assert described.exit_code == 1
    listed = json.loads(described.stdout)
    assert {one["state"] for one in listed} == {"missing"}
    assert [one["declared"]["why"] for one in listed] == [topic.why for topic in declared(empty_settings)]
    assert f"{posts(empty_settings)}: missing" in topics(empty_settings, "describe").stdout


def test_delete_takes_only_what_has_the_prefix(pipeline_settings: Settings) -> None:
    prefix = pipeline_settings.kafka_topic_prefix
    inner = f"{prefix}inner-"
    create(pipeline_settings, f"{inner}one", 1)
    assert delete(pipeline_settings, inner) == [f"{inner}one"]
    assert names(pipeline_settings) == {topic.name for topic in declared(pipeline_settings)}
    with pytest.raises(ValueError, match="every Kafka topic"):
        delete(pipeline_settings, "")
