"""`earshot verify` on a pipeline that is older than its posts: it compares what can be counted again, and says what."""

import json
import time
from collections.abc import Iterator

import pytest
from click.testing import CliRunner
from kafka import TopicPartition
from kafka.admin import AlterConfigOp, ConfigResource, ConfigResourceType

from agents.cli import main
from agents.ingest.x.intake import Intake
from agents.kafka import clients, stored
from agents.kafka.admin import connected
from agents.kafka.stored import Stored
from agents.proving.load import lines
from agents.proving.oracle import Held, judge
from agents.proving.verification import verdict
from streams import directory
from streams.kafka import topics as kafka_topics
from streams.reading.reader import Reader
from streams.records import Withdrawal
from streams.settings import Settings, environment
from streams.tables.hospitals import HospitalTables
from streams.tables.rows import decode_day, encode_day
from tests.running_worker import Bench
from tests.waiting import wait_until

HOUR = 3600
NOW = int(time.time()) // HOUR * HOUR + 1200
"""20 minutes into an hour."""
HOURS_AGO = (10, 8, 6, 4, 2, 0)
POSTS = 120
"""In each of these hours."""
HORIZON, REACH = 86_400, 1_000_000


def written(settings: Settings) -> Iterator[tuple[int, bytes, bytes]]:
    """When Kafka took it (ms), key and value of some posts of each of the hours."""
    for number, hours in enumerate(HOURS_AGO):
        intake, at = Intake(settings.max_post_bytes), NOW - hours * HOUR
        for line in lines(settings, POSTS, seed=number, until=at):
            record = intake.take(line)
            assert record is not None
            yield at * 1000, record.key, record.value


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(directory.load(), 1_000_000, author_key=bytes(32))


@pytest.fixture(scope="module")
def posts() -> list[Stored]:
    return [Stored(0, n, at, key, value) for n, (at, key, value) in enumerate(written(Settings()))]


@pytest.fixture(scope="module")
def rows(posts: list[Stored], reader: Reader) -> list[Stored]:
    """The changelog of a worker that counted all of them, each once."""
    tables, seen, offset, found = HospitalTables(), set[str](), 0, list[Stored]()
    for post in posts:
        envelope = reader.decode(post.value or b"")
        assert not isinstance(envelope, Withdrawal)
        if envelope.id not in seen:
            seen.add(envelope.id)
            for record in reader.records(envelope, 0, post.offset, post.timestamp):
                tables.apply(0, offset, record)
                offset += 1
        found += [Stored(0, len(found) + n, NOW, *row) for n, row in enumerate(tables.changes([0]).get(0, []))]
    return found


def since(hours_ago: int) -> str:
    """The hour after the next one: a post of before may be an hour ahead of Kafka."""
    at = NOW - hours_ago * HOUR
    return time.strftime("%Y-%m-%d %H:00", time.gmtime(at + 2 * HOUR))


def test_what_begins_at_offset_0_is_compared_whole(posts: list[Stored], rows: list[Stored], reader: Reader) -> None:
    found = judge(posts, rows, reader, HORIZON, REACH)
    assert (found.difference, found.since) == (0, "")


@pytest.mark.parametrize("gone", [1, 130, 300])
def test_hours_whose_posts_are_all_there_are_compared(
    gone: int, posts: list[Stored], rows: list[Stored], reader: Reader
) -> None:
    found = judge(posts[gone:], rows, reader, HORIZON, REACH)
    assert found.difference == 0
    assert found.since == since(HOURS_AGO[sum(post.timestamp < posts[gone].timestamp for post in posts) // POSTS])
    assert "not compared: the lifetime and earlier hours" in str(found)


def test_a_wrong_hour_of_those_is_noticed_and_one_of_the_others_is_not(
    posts: list[Stored], rows: list[Stored], reader: Reader
) -> None:
    def one_more(hours_ago: int) -> list[Stored]:
        hour = (NOW - hours_ago * HOUR) // HOUR
        for place, row in reversed(list(enumerate(rows))):
            if (row.key or b"").endswith(b"/d%d" % (hour // 24)):
                day = decode_day(row.value or b"")
                if cells := day.hours.get(hour % 24):
                    cells["posts"] = cells.get("posts", 0) + 1
                    return [*rows[:place], row._replace(value=encode_day(day)), *rows[place + 1 :]]
        raise AssertionError("no such hour")

    left = posts[300:]
    assert judge(left, one_more(4), reader, HORIZON, REACH).parts["hours"] == 1
    assert judge(left, one_more(8), reader, HORIZON, REACH).difference == 0
    assert judge(posts, one_more(8), reader, HORIZON, REACH).parts["hours"] == 1


def test_an_empty_partition_whose_records_are_gone_leaves_nothing_to_compare_up_to_now(
    posts: list[Stored], reader: Reader
) -> None:
    found = judge(posts, [], reader, HORIZON, REACH, Held({1: NOW * 1000}))
    assert (found.difference, found.since) == (0, since(0))


def test_a_migrated_pipeline_is_compared_from_its_migration_on(
    posts: list[Stored], rows: list[Stored], reader: Reader
) -> None:
    moved = [post._replace(offset=post.offset - 360) for post in posts[360:]]
    assert judge(moved, rows, reader, HORIZON, REACH).difference > 0
    found = judge(moved, rows, reader, HORIZON, REACH, Held(migrated_at=posts[300].timestamp))
    assert (found.difference, found.since) == (0, since(6))


@pytest.mark.kafka
@pytest.mark.faults
def test_verify_compares_what_the_remaining_posts_decide(bench: Bench) -> None:
    settings, topic = bench.settings, kafka_topics.posts(bench.settings)
    _take_the_producers_time(settings)
    producer = clients.producer(settings)
    for at, key, value in written(settings):
        producer.send(topic, value, key=key, timestamp_ms=at)
        producer.flush()
    producer.close()
    bench.start()
    bench.drain()
    bench.pipeline.stop_workers()
    assert (verdict(settings).difference, verdict(settings).since) == (0, "")

    cut = (NOW - HOURS_AGO[2] * HOUR) * 1000
    firsts: dict[int, int] = {}
    for one in stored.read(settings, topic):
        if one.timestamp >= cut:
            firsts.setdefault(one.partition, one.offset)
    with connected(settings) as admin:
        admin.delete_records({TopicPartition(topic, partition): offset for partition, offset in firsts.items()})
    done = CliRunner().invoke(main, ["verify", "--json"], env=environment(settings))
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["since"] == since(HOURS_AGO[2])
    left = {key for at, key, _ in written(settings) if at >= cut}  # an author's edit has the key of the post
    assert told["posts"] == len(left), "those of the last four hours"
    assert told["difference"] == 0


def _take_the_producers_time(settings: Settings) -> None:
    change = {"message.timestamp.type": (AlterConfigOp.SET, "CreateTime")}
    resource = ConfigResource(ConfigResourceType.TOPIC, kafka_topics.posts(settings), change)
    with connected(settings) as admin:
        admin.alter_configs([resource], incremental=True)
        asked = ConfigResource(ConfigResourceType.TOPIC, kafka_topics.posts(settings))
        wait_until(
            lambda: (
                admin.describe_configs([asked], config_filter="all")["topic"][asked.name]["message.timestamp.type"][
                    "value"
                ]
                == "CreateTime"
            ),
            "the broker takes the producer's time",
        )
