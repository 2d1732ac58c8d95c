"""Writer, changelogs and checkpoints on a real Kafka: what is durable when, in which order, and what comes back."""

import asyncio
import os
from collections.abc import Iterable
from typing import Any

import pytest

from agents.kafka import stored
from streams.faustkit import lease
from streams.faustkit import state as state_module
from streams.faustkit.changelog import Changelog, recover
from streams.faustkit.lease import Lease
from streams.faustkit.state import State
from streams.faustkit.writer import KeyValue, Writer
from streams.kafka import topics as kafka_topics
from streams.settings import Settings

NOWHERE = Settings(kafka_bootstrap="127.0.0.1:1")

pytestmark = pytest.mark.kafka


class Words:
    """A table that keeps the last value of a key; enough to see what reaches it."""

    def __init__(self) -> None:
        self.kept: dict[int, dict[bytes, bytes | None]] = {}
        self.new: dict[int, list[KeyValue]] = {}
        self.reported = asyncio.Event()
        """Set once a row is reported as changed for the copy that stands behind it."""

    def put(self, partition: int, key: bytes, value: bytes | None) -> None:
        self.new.setdefault(partition, []).append((key, value))

    def restore(self, partition: int, key: bytes, value: bytes | None) -> None:
        self.kept.setdefault(partition, {})[key] = value

    def complete(self, partition: int) -> None:
        pass

    def changes(self, partitions: Iterable[int]) -> dict[int, list[KeyValue]]:
        return {partition: self.new.pop(partition) for partition in partitions if partition in self.new}

    def stands(self, partition: int, key: bytes, value: bytes | None) -> None:
        kept = self.kept[partition][key]
        if value != kept:
            self.new.setdefault(partition, []).append((key, kept))
            self.reported.set()

    def drop(self, partition: int) -> None:
        self.kept.pop(partition, None)


def valid_lease() -> Lease:
    held = Lease(600)
    held.renew(lease.now())
    return held


async def started(settings: Settings) -> Writer:
    writer = Writer(settings, valid_lease())
    await writer.start()
    return writer


def test_what_is_drained_is_in_kafka_whole_and_in_order(pipeline_settings: Settings) -> None:
    topic = kafka_topics.mentions(pipeline_settings)
    records: list[list[KeyValue]] = [[(b"k", b"%d" % (batch * 100 + n)) for n in range(100)] for batch in range(50)]

    async def write() -> None:
        writer = await started(pipeline_settings)
        for batch in records:
            writer.put(topic, 1, batch)
        await writer.drain()
        await writer.stop()

    asyncio.run(write())
    found = [one.value for one in stored.read(pipeline_settings, topic)]
    assert found == [value for batch in records for _, value in batch]


def test_a_batch_that_outgrows_one_is_split_and_acknowledged_whole(pipeline_settings: Settings) -> None:
    topic = kafka_topics.changelog(pipeline_settings, kafka_topics.HOSPITALS)
    large = [(b"%d" % n, b"x" * 200_000) for n in range(20)]
    acked: list[tuple[int, int]] = []

    async def write() -> None:
        writer = await started(pipeline_settings)
        writer.put(topic, 0, [*large, (b"larger than a batch", b"x" * 3_000_000)], lambda *what: acked.append(what))
        await writer.drain()
        await writer.stop()

    asyncio.run(write())
    assert sum(count for _, count in acked) == 21
    assert [first for first, _ in acked] == sorted(first for first, _ in acked)
    assert len(list(stored.read(pipeline_settings, topic))) == 21


def test_what_is_put_for_a_partition_meanwhile_goes_in_one_batch(pipeline_settings: Settings) -> None:
    topic = kafka_topics.changelog(pipeline_settings, kafka_topics.HOSPITALS)
    acked: list[tuple[int, int]] = []

    async def write() -> None:
        writer = await started(pipeline_settings)
        for number in range(6):
            writer.put(topic, number % 2, [(b"%d" % number, b"v")], lambda *what: acked.append(what))
        await writer.drain()
        await writer.stop()

    asyncio.run(write())
    assert acked == [(0, 3), (0, 3)]
    found = [(one.partition, one.key) for one in stored.read(pipeline_settings, topic)]
    assert sorted(found) == [(0, b"0"), (0, b"2"), (0, b"4"), (1, b"1"), (1, b"3"), (1, b"5")]


def test_what_nobody_waits_for_is_written_all_the_same(pipeline_settings: Settings) -> None:
    topic = kafka_topics.mentions(pipeline_settings)

    async def write() -> None:
        writer = await started(pipeline_settings)
        acked = asyncio.Event()
        writer.put(topic, 0, [(b"k", b"v")], lambda *_: acked.set())
        await asyncio.wait_for(acked.wait(), 30)
        await writer.stop()

    asyncio.run(write())


@pytest.mark.usefixtures("ends")
def test_a_batch_that_kafka_refuses_ends_the_process(pipeline_settings: Settings) -> None:
    async def write() -> None:
        writer = await started(pipeline_settings)
        failed: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        def note(_: object, context: dict[str, Any]) -> None:
            if not failed.done():
                failed.set_result(str(context["exception"]))

        asyncio.get_running_loop().set_exception_handler(note)
        # mentions take 1 MB a record, no more: the broker says no.
        writer.put(kafka_topics.mentions(pipeline_settings), 0, [(b"k", os.urandom(3_000_000))])
        assert "did not take a batch" in await asyncio.wait_for(failed, 30)
        await writer.stop()

    asyncio.run(write())


def test_a_changelog_comes_back_and_a_second_look_reads_only_what_is_new(pipeline_settings: Settings) -> None:
    topic = kafka_topics.changelog(pipeline_settings, kafka_topics.HOSPITALS)

    async def write_and_recover() -> None:
        writer = await started(pipeline_settings)
        first, second = Words(), Words()
        mine, other = Changelog("words", topic, first, writer), Changelog("words", topic, second, writer)
        assert (await recover(pipeline_settings, {mine: [0, 2]}, [])).records == 0
        first.put(0, b"a", b"1")
        first.put(2, b"b", b"2")
        mine.write(mine.cut([0, 2]))
        await writer.drain()
        assert (await recover(pipeline_settings, {mine: [0, 2]}, [])).records == 0, "own writes are known"
        assert (await recover(pipeline_settings, {other: [0, 2]}, [])).records == 2
        assert second.kept == {0: {b"a": b"1"}, 2: {b"b": b"2"}}
        second.put(0, b"a", b"3")
        other.write(other.cut([0]))
        await writer.drain()
        first.put(0, b"c", b"4")
        mine.write(mine.cut([0]))
        await writer.drain()
        assert (await recover(pipeline_settings, {mine: [0, 2]}, [])).records == 2, (
            "the other's write, and what stands behind it"
        )
        assert first.kept[0][b"a"] == b"3"
        await writer.stop()

    asyncio.run(write_and_recover())


def test_a_worker_without_partitions_has_nothing_to_recover() -> None:
    async def run() -> None:
        writer = Writer(NOWHERE, valid_lease())
        assert (await recover(NOWHERE, {Changelog("words", "rows", Words(), writer): []}, [])).records == 0

    asyncio.run(run())


def test_a_row_that_cannot_be_read_ends_the_process(pipeline_settings: Settings, ends: type[BaseException]) -> None:
    class Strict(Words):
        def restore(self, *_: object) -> None:
            raise ValueError("a row of another age")

    topic = kafka_topics.changelog(pipeline_settings, kafka_topics.HOSPITALS)

    async def write_and_recover() -> None:
        writer = await started(pipeline_settings)
        words = Words()
        words.put(0, b"a", b"1")
        changelog = Changelog("words", topic, words, writer)
        changelog.write(changelog.cut([0]))
        await writer.drain()
        try:
            with pytest.raises(ends, match=rf"ValueError in {topic} partition 0 offset 0"):
                await recover(pipeline_settings, {Changelog("words", topic, Strict(), writer): [0]}, [])
        finally:
            await writer.stop()

    asyncio.run(write_and_recover())


def state_of(settings: Settings, writer: Writer, facts: Words, rows: Words) -> State:
    return State(
        settings, valid_lease(), writer,
        {
            kafka_topics.posts(settings): [changelog_of(settings, kafka_topics.FIRST_SEEN, facts, writer)],
            kafka_topics.mentions(settings): [changelog_of(settings, kafka_topics.HOSPITALS, rows, writer)],
        },
    )  # fmt: skip


def changelog_of(settings: Settings, name: str, table: Words, writer: Writer) -> Changelog:
    return Changelog(name, kafka_topics.changelog(settings, name), table, writer)


def test_facts_wait_until_their_mentions_are_durable(pipeline_settings: Settings) -> None:
    order: list[str] = []

    async def checkpoint() -> None:
        writer = await started(pipeline_settings)
        facts, rows = Words(), Words()
        state = state_of(pipeline_settings, writer, facts, rows)
        await state.take_over(
            [(kafka_topics.posts(pipeline_settings), 0), (kafka_topics.mentions(pipeline_settings), 0)], 1
        )
        state.hold()
        writer.put(kafka_topics.mentions(pipeline_settings), 0, [(b"m", b"1")], lambda *_: order.append("mentions"))
        facts.put(0, b"f", b"1")
        rows.put(0, b"r", b"1")
        original = writer.put

        def noting(topic: str, *args: Any) -> None:
            order.append("facts" if "first-seen" in topic else "rows")
            original(topic, *args)

        writer.put = noting  # type: ignore[method-assign,assignment]
        await state.checkpoint()
        await writer.stop()

    asyncio.run(checkpoint())
    assert order == ["mentions", "facts", "rows"]


def test_nothing_is_written_or_shown_between_a_revoke_and_a_recovery(pipeline_settings: Settings) -> None:
    async def run() -> None:
        writer = await started(pipeline_settings)
        facts, rows = Words(), Words()
        state = state_of(pipeline_settings, writer, facts, rows)
        mentions = kafka_topics.mentions(pipeline_settings)
        await state.take_over([(mentions, 0), (mentions, 3)], 1)
        assert state.held(mentions) == [], "complete, but the seek has not finished"
        state.hold()
        assert state.held(mentions) == [0, 3]
        state.release()
        assert state.held(mentions) == []
        rows.put(0, b"r", b"1")
        await state.checkpoint()
        assert rows.new == {0: [(b"r", b"1")]}
        rows.kept = {0: {b"r": b"1"}, 3: {}}
        await state.take_over([(mentions, 0)], 1)
        assert 3 not in rows.kept, "another worker's now"
        await writer.stop()

    asyncio.run(run())


def test_a_stale_copy_that_came_after_the_recovery_is_written_over(
    pipeline_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state_module, "REWRITE_SESSIONS", 0.1)
    changelog = kafka_topics.changelog(pipeline_settings, kafka_topics.HOSPITALS)
    mentions = kafka_topics.mentions(pipeline_settings)

    async def run() -> None:
        writer = await started(pipeline_settings)
        writer.put(changelog, 1, [(b"a", b"new"), (b"b", b"new")])
        await writer.drain()
        rows = Words()
        state = state_of(pipeline_settings, writer, Words(), rows)
        await state.take_over([(mentions, 1)], 1)
        state.hold()
        writer.put(changelog, 1, [(b"a", b"stale")])
        await writer.drain()
        await asyncio.wait_for(rows.reported.wait(), 30)
        await state.checkpoint()
        await writer.stop()

    asyncio.run(run())
    found = [(one.key, one.value) for one in stored.read(pipeline_settings, changelog)]
    assert found == [(b"a", b"new"), (b"b", b"new"), (b"a", b"stale"), (b"a", b"new")]


def test_a_stale_copy_is_written_over_although_a_rebalance_came_between(
    pipeline_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state_module, "REWRITE_SESSIONS", 0.1)
    changelog = kafka_topics.changelog(pipeline_settings, kafka_topics.HOSPITALS)
    mentions = kafka_topics.mentions(pipeline_settings)
    looked = asyncio.Event()

    async def run() -> None:
        writer = await started(pipeline_settings)
        writer.put(changelog, 1, [(b"a", b"new")])
        await writer.drain()
        rows = Words()
        state = state_of(pipeline_settings, writer, Words(), rows)
        look = state._write_over

        async def noting(places: frozenset[tuple[str, int]]) -> None:
            await look(places)
            looked.set()

        state._write_over = noting  # type: ignore[method-assign]
        await state.take_over([(mentions, 1)], 1)
        writer.put(changelog, 1, [(b"a", b"stale")])
        await writer.drain()
        await asyncio.wait_for(looked.wait(), 30)
        assert not rows.reported.is_set(), "not ours to write yet"
        state.hold()
        await asyncio.wait_for(rows.reported.wait(), 30)
        await writer.stop()

    asyncio.run(run())


def test_an_offset_out_of_order_ends_the_process(ends: type[BaseException]) -> None:
    async def run() -> None:
        state = state_of(NOWHERE, Writer(NOWHERE, valid_lease()), Words(), Words())
        state.expect({("posts", 0): 10})
        state.arrive("posts", 0, 10, 19)
        state.arrive("posts", 0, 20, 20)
        for first in (20, 22):
            with pytest.raises(ends, match=f"posts partition 0: expected offset 21, got {first}"):
                state.arrive("posts", 0, first, first + 3)

    asyncio.run(run())
