"""Counts are right to the unit whatever happens to a worker; and the oracle notices when they are not."""

import pytest

from agents.kafka import clients, group_lag, stored
from agents.proving import chaos
from agents.proving.load import fill
from agents.proving.plan import plan
from streams import directory
from streams.kafka import topics as kafka_topics
from streams.metrics.service import SERVICE
from streams.records import decode_dead_letter
from streams.settings import Settings, load
from streams.vocabulary import SPANS
from tests.running_worker import WORKER, Bench, mutant

pytestmark = [pytest.mark.kafka, pytest.mark.faults]

POSTS = 1500


def kill_between_counting_and_commit(bench: Bench) -> None:
    """Everything is counted and nothing committed when the worker dies; the next one replays all of it, with copies."""
    bench.reset(commit_interval=60.0)
    records = fill(bench.settings, POSTS, seed=1)
    bench.start()
    bench.wait_counted(records, 1)
    bench.kill()
    assert group_lag.total(bench.settings) > 0
    bench.reset(commit_interval=0.3)
    bench.start()
    bench.drain()


def kill_between_a_post_and_its_copy(bench: Bench) -> None:
    """The first half is committed when the worker dies; the second half repeats it."""
    fill(bench.settings, POSTS, seed=2)
    bench.start()
    bench.drain()
    bench.kill()
    producer = clients.producer(bench.settings, compression_type="zstd")
    topic = kafka_topics.posts(bench.settings)
    for one in list(stored.read(bench.settings, topic)):
        producer.send(topic, one.value, key=one.key)
    producer.close()
    bench.start()
    bench.drain()


def test_a_worker_killed_before_its_commit_counts_nothing_twice(bench: Bench) -> None:
    kill_between_counting_and_commit(bench)
    verdict = bench.verdict()
    assert verdict.difference == 0
    assert verdict.mentions > POSTS / 2


@pytest.mark.parametrize(
    "bench", [mutant("watermark"), mutant("duplicates")], indirect=True, ids=["watermark", "duplicates"]
)
def test_the_oracle_notices_a_worker_that_counts_replays_or_copies(bench: Bench) -> None:
    kill_between_counting_and_commit(bench)
    assert bench.verdict().difference > 0


@pytest.mark.parametrize(
    ("bench", "part"), [(mutant("bucket"), "windows"), (mutant("people"), "people")], indirect=["bench"],
    ids=["bucket", "people"],
)  # fmt: skip
def test_the_oracle_notices_a_worker_that_counts_in_another_bucket(bench: Bench, part: str) -> None:
    fill(bench.settings, POSTS, seed=14)
    bench.start()
    bench.drain()
    assert bench.verdict().parts[part] > 0


def test_a_copy_that_comes_after_a_restart_counts_nothing(bench: Bench) -> None:
    kill_between_a_post_and_its_copy(bench)
    assert bench.verdict().difference == 0


@pytest.mark.parametrize("bench", [mutant("forgetful")], indirect=True, ids=["forgetful"])
def test_the_oracle_notices_a_worker_that_forgets_what_it_has_seen(bench: Bench) -> None:
    kill_between_a_post_and_its_copy(bench)
    assert bench.verdict().difference > 0


def test_fausts_own_transport_counts_the_same(bench: Bench) -> None:
    bench.reset(transport="single")
    records = fill(bench.settings, 400, seed=3)
    bench.start()
    bench.wait_counted(records, 1)
    bench.kill()
    bench.start()
    bench.drain()
    assert bench.verdict().difference == 0


def test_what_cannot_be_read_is_kept_with_its_reason_and_the_worker_lives(bench: Bench) -> None:
    settings = bench.settings
    producer = clients.producer(
        settings,
        max_request_size=kafka_topics.MAX_RECORD_BYTES,
        compression_type="zstd",
    )
    posts, mentions = kafka_topics.posts(settings), kafka_topics.mentions(settings)
    poison = {
        b"cut off": (b'{"source":"x","id":"1","payl', "not_json"),
        b"not text": (b"\xff\xfe\x00", "not_json"),
        b"other shape": (b'{"source":"x","id":["1"],"payload":{}}', "wrong_shape"),
        b"other source": (b'{"source":"y","id":"1","payload":{}}', "unknown_source"),
        b"5 MB": (b'{"source":"x","id":"2","payload":{"data":{"text":"' + b"x" * 5_000_000 + b'"}}}', "too_large"),
    }
    records = fill(settings, 200, seed=4)
    for key, (value, _) in poison.items():
        producer.send(posts, value, key=key)
    producer.send(posts, None, key=b"nothing")
    producer.send(mentions, b"no mention", key=b"350070")
    producer.flush()
    producer.close()
    bench.start()
    bench.drain()
    bench.wait_counted(records + 6, 1)
    assert bench.sample("pipeline_skipped_total", reason="empty") == 1
    assert bench.sample("pipeline_skipped_total", reason="not_a_record") == 1
    assert bench.verdict().difference == 0
    letters = [
        decode_dead_letter(one.value or b"") for one in stored.read(settings, kafka_topics.dead_letters(settings))
    ]
    places = {
        (one.partition, one.offset): poison[one.key][1]
        for one in stored.read(settings, posts)
        if one.key in poison and one.key
    }
    assert {(letter.partition, letter.offset): letter.reason for letter in letters} == places
    assert all(letter.raw == b"" for letter in letters), "the text stays on posts"


def windows(bench: Bench) -> int:
    """How many hospitals' windows are shown, each by itself: they are made one after another."""
    return sum(name == "conversation_window_posts" for name, _ in bench.pipeline.scrape(WORKER))


def test_the_board_equals_the_tables_across_a_restart(bench: Bench) -> None:
    fill(bench.settings, 300, seed=5)
    bench.start()
    bench.drain()
    bench.wait("windows are made", lambda: windows(bench) == len(SPANS) * len(directory.load().hospitals))
    before = board(bench)
    assert sum(value for (name, _), value in before.items() if name == "conversation_posts_total") > 0
    bench.kill()
    bench.start()
    bench.wait("the tables are back", lambda: bench.sample("pipeline_held_partitions", stage="hospitals") == 4)
    bench.wait("their windows are made", lambda: windows(bench) == len(SPANS) * len(directory.load().hospitals))
    assert board(bench) == before


def board(bench: Bench) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """What the worker shows of its tables. Figures that it makes of them now and then are the oracle's to judge."""
    figures = {metric.name for metric in SERVICE}
    shown = bench.pipeline.scrape(WORKER).items()
    return {key: value for key, value in shown if key[0].startswith("conversation_") and key[0] not in figures}


def test_no_log_line_holds_a_text_or_an_author(bench: Bench) -> None:
    fill(bench.settings, 200, seed=6)
    bench.start()
    bench.drain()
    bench.kill()
    bench.start()
    bench.drain()
    texts = set()
    for one in stored.read(bench.settings, kafka_topics.posts(bench.settings)):
        texts |= secrets_of(one.value or b"")
    bench.pipeline.stop_workers()
    log = bench.log()
    assert log
    assert not [text for text in texts if text in log]


def secrets_of(value: bytes) -> set[str]:
    """Text and author of an envelope."""
    import json

    payload = json.loads(value)["payload"]
    users = {user["id"]: user for user in payload["includes"]["users"]}
    author = users[payload["data"]["author_id"]]
    return {payload["data"]["text"], payload["data"]["author_id"], author["username"]}


def test_a_short_chaos_ends_with_every_count_right(kafka: str) -> None:
    settings: Settings = load(kafka_bootstrap=kafka)
    faults = plan(kills=2, seconds=24, seed=3, kafka=False)
    outcome = chaos.run(settings, faults, seconds=24, rate=400, seed=3, say=lambda _: None)
    assert outcome.verdict.difference == 0
    assert outcome.lag == 0
    assert outcome.faults.items() >= {"kill": 2, "join": 3, "leave": 2, "stop": 1, "continue": 1}.items()
    assert outcome.verdict.mentions > 1000
