"""`earshot migrate` on a real Kafka: nothing is lost, nothing counts twice, whatever interrupts it."""

from collections.abc import Iterator

import msgspec
import pytest
from click.testing import CliRunner, Result

from agents.cli import main
from agents.kafka import clients, generation, group_lag, stored
from agents.kafka.stored import Stored
from agents.operations import migration
from agents.proving.load import fill
from agents.proving.oracle import counted, judge
from agents.proving.pipeline import Pipeline
from agents.worker import author_key, knowledge
from streams import directory
from streams.errors import UserError
from streams.kafka import topics as kafka_topics
from streams.reading.reader import Reader
from streams.settings import Settings, environment, load
from tests.running_worker import Bench
from tests.waiting import wait_until

pytestmark = pytest.mark.kafka

OLD, NEW = 3, 5


@pytest.fixture
def bench(kafka: str) -> Iterator[Bench]:
    """A pipeline of three partitions, without a worker yet."""
    settings = load(kafka_bootstrap=kafka, partitions=OLD, session_timeout=6.0, commit_interval=0.3)
    with Pipeline(settings, lambda _: None) as pipeline:
        yield Bench(pipeline)


def migrate(settings: Settings, *words: str) -> Result:
    return CliRunner().invoke(main, ["migrate", *words], env=environment(settings))


def posts(settings: Settings) -> list[Stored]:
    return list(stored.read(settings, kafka_topics.posts(settings), missing_ok=True))


def rows(settings: Settings) -> list[Stored]:
    return list(stored.read(settings, kafka_topics.changelog(settings, kafka_topics.HOSPITALS)))


def remembered(settings: Settings) -> dict[tuple[int, bytes], bytes]:
    facts = stored.read(settings, kafka_topics.changelog(settings, kafka_topics.FIRST_SEEN))
    return {(one.partition, one.key or b""): one.value or b"" for one in facts}


def put(settings: Settings, records: list[Stored]) -> None:
    """Posts on `posts`, as ingest would put them."""
    producer = clients.producer(settings, acks="all")
    for one in records:
        producer.send(kafka_topics.posts(settings), one.value, key=one.key)
    producer.close()


def counted_by_a_worker(bench: Bench) -> None:
    """Have a worker take what waits, and end."""
    bench.start()
    bench.drain()
    bench.pipeline.stop_workers()


def moved_once_idle(settings: Settings, partitions: int) -> None:
    """Migrate as soon as the stopped worker's session has ended."""

    def done() -> bool:
        result = migrate(settings, "--partitions", str(partitions))
        assert result.exit_code == 0 or "are in the group" in result.output, result.output
        return result.exit_code == 0

    wait_until(done, "the group is empty", 30)


def test_a_moved_pipeline_holds_every_count_and_goes_on_exactly(bench: Bench) -> None:
    fill(bench.settings, 400, seed=1)
    bench.start()
    bench.drain()
    refused = migrate(bench.settings, "--partitions", str(NEW))
    assert refused.exit_code == 1
    assert "1 workers are in the group" in refused.stderr
    assert refused.stderr.count("\n") == 1
    bench.pipeline.stop_workers()

    before, old_posts = bench.settings, posts(bench.settings)
    moved_once_idle(before, NEW)
    after = msgspec.structs.replace(generation.of(before), partitions=NEW)
    assert after.generation == 2
    assert counted(rows(after)) == counted(rows(before)), "every cell"
    assert len({one.partition for one in rows(after)}) > OLD
    assert posts(before) == old_posts, "the old ones stay"

    repeated = migrate(before, "--partitions", str(NEW))
    assert (repeated.exit_code, repeated.stdout) == (0, f"this pipeline has {NEW} partitions: nothing to move\n")
    old_way = CliRunner().invoke(main, ["verify"], env=environment(before))
    assert f"has {NEW} partitions and EARSHOT_PARTITIONS is {OLD}: set it to {NEW}" in old_way.stderr

    put(after, old_posts)
    fill(after, 200, seed=2)
    put(before, old_posts[:3])  # of an ingest that was not stopped
    dropped = migrate(after, "--drop-old")
    assert dropped.exit_code == 0, dropped.output
    assert "3 posts that came on" in dropped.stdout
    assert f"deleted   {kafka_topics.posts(before)}\n" in dropped.stdout
    assert posts(before) == []

    bench.reset(partitions=NEW)
    bench.start()
    bench.wait("all is committed", lambda: group_lag.total(after) == 0)
    bench.pipeline.stop_workers()
    # The oracle counts all that ever came, each post once, as if it had come on one partition.
    # What came first of a post counts, not its edited form.
    came: dict[bytes | None, Stored] = {}
    for one in [*old_posts, *posts(after)]:
        came.setdefault(one.key, one)
    once = [one._replace(partition=0, offset=number) for number, one in enumerate(came.values())]
    hospitals = directory.load()
    reader = Reader(hospitals, 1_000_000, knowledge.load_words(after, hospitals), author_key.load(after))
    verdict = judge(once, rows(after), reader, after.duplicate_horizon, len(once))
    assert verdict.posts > 500
    assert verdict.difference == 0


def test_an_interrupted_migration_is_run_again_and_ends_in_the_same_place(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(bench.settings, 300, seed=3)
    counted_by_a_worker(bench)
    settings = bench.settings
    monkeypatch.setattr(migration, "_require_idle", lambda _: None)  # the session of the worker that ended

    def interrupted(step: str) -> None:
        def stop(*_: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as broken:
            broken.setattr(migration, step, stop)
            with pytest.raises(KeyboardInterrupt):
                migration.migrate(settings, NEW, lambda _: None)
        assert generation.of(settings).generation == 1, "nothing has changed yet"

    interrupted("_fill")
    interrupted("_row_difference")
    half = msgspec.structs.replace(settings, generation=2)
    first = remembered(half)
    put(half, posts(settings)[:5])  # a half-made one is made anew, not added to
    interrupted("_fact_difference")
    moved = migration.migrate(settings, NEW, lambda _: None)
    assert moved is not None
    assert moved.difference == 0
    after = generation.of(settings)
    assert counted(rows(after)) == counted(rows(settings))
    assert remembered(after) == first
    assert posts(after) == []


def test_a_difference_leaves_the_old_ones_in_use(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(bench.settings, 100, seed=4)
    counted_by_a_worker(bench)
    monkeypatch.setattr(migration, "_require_idle", lambda _: None)
    monkeypatch.setattr(migration, "partition_of", lambda key, count: len(key) % count)
    whole = migration._fill

    def mislaid(old: Settings, new: Settings) -> tuple[int, int]:
        with monkeypatch.context() as other:
            other.setattr(migration, "partition_of", lambda key, count: (len(key) + 1) % count)
            return whole(old, new)

    monkeypatch.setattr(migration, "_fill", mislaid)
    result = migrate(bench.settings, "--partitions", str(NEW))
    assert result.exit_code == 1
    assert "the old Kafka topics are still in use" in result.stdout
    assert generation.of(bench.settings).generation == 1


def test_what_must_not_be_moved_is_refused_in_one_line(pipeline_settings: Settings) -> None:
    fill(pipeline_settings, 20, seed=5)
    with pytest.raises(UserError, match="records wait for a worker: stop ingest"):
        migration.migrate(pipeline_settings, NEW, lambda _: None)
    neither = migrate(pipeline_settings)
    assert neither.exit_code == 2
    assert "--partitions N, or --drop-old" in neither.stderr


def test_a_pipeline_without_a_migration_is_of_the_first_generation(empty_settings: Settings) -> None:
    assert generation.of(empty_settings) == empty_settings
    assert kafka_topics.posts(empty_settings) == f"{empty_settings.kafka_topic_prefix}posts"
