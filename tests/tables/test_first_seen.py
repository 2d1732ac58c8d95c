"""The memory of duplicates: what it decides, what it writes, what it forgets and says of itself."""

import pytest

from streams.tables.first_seen import FirstSeen, reach

HORIZON, REACH = 100, 40
"""Seconds and offsets."""


def test_a_copy_is_a_duplicate_and_a_replay_is_not() -> None:
    memory = FirstSeen(HORIZON, REACH)
    assert not memory.is_duplicate(0, "a", 10, 1000)
    assert memory.is_duplicate(0, "a", 11, 1000)
    assert not memory.is_duplicate(0, "a", 10, 1000)


def test_partitions_remember_apart() -> None:
    memory = FirstSeen(HORIZON, REACH)
    assert not memory.is_duplicate(0, "a", 10, 1000)
    assert not memory.is_duplicate(1, "a", 11, 1000)


def test_a_copy_past_the_horizon_counts_anew_and_is_the_one_to_measure_against() -> None:
    memory = FirstSeen(HORIZON, REACH)
    memory.is_duplicate(0, "a", 10, 1000)
    assert memory.is_duplicate(0, "a", 20, 1000 + HORIZON)
    assert not memory.is_duplicate(0, "a", 30, 1001 + HORIZON)
    assert memory.is_duplicate(0, "a", 40, 1001 + 2 * HORIZON)


def test_what_stands_below_a_durable_first_offset_was_decided_before() -> None:
    memory = FirstSeen(HORIZON, REACH)
    memory.is_duplicate(0, "a", 30, 1000)
    assert memory.is_duplicate(0, "a", 20, 1000)


def test_facts_are_written_once_and_expire_with_a_tombstone() -> None:
    memory = FirstSeen(HORIZON, REACH)
    memory.is_duplicate(0, "1", 10, 1000)
    memory.is_duplicate(0, "2", 12, 1001)
    ((key, value),) = memory.changes([0])[0]
    assert key == b"10-12"
    assert value is not None
    assert memory.changes([0]) == {}
    memory.is_duplicate(0, "3", 16, 1002 + 2 * HORIZON)
    written = memory.changes([0])[0]
    assert (b"10-12", None) in written
    assert memory.known() == 1


def test_a_chunk_with_one_young_fact_is_kept_whole() -> None:
    memory = FirstSeen(HORIZON, REACH)
    memory.is_duplicate(0, "a", 10, 1000)
    memory.is_duplicate(0, "b", 11, 1000 + 2 * HORIZON)
    memory.changes([0])
    memory.is_duplicate(0, "c", 12, 1001 + 2 * HORIZON)
    assert (b"10-11", None) not in memory.changes([0])[0]


def test_a_copy_further_off_than_the_reach_counts_anew() -> None:
    memory = FirstSeen(HORIZON, REACH)
    memory.is_duplicate(0, "a", 10, 1000)
    assert memory.is_duplicate(0, "a", 10 + REACH, 1000)
    assert not memory.is_duplicate(0, "a", 11 + REACH, 1000)
    assert memory.is_duplicate(0, "a", 12 + REACH, 1000)


def test_ids_that_look_alike_are_not_the_same() -> None:
    memory = FirstSeen(HORIZON, 1000)
    ids = ["7", "007", "", "0", "00", "-7", "+7", "7 ", "\u0667", str(2**64 - 1), str(2**64), str(2**64 + 7), "7" * 400]
    ids += [
        "b" + "0" * 32,
        "B" + "0" * 32,
        "b" + "0" * 31,
        "0" * 32,
        "b" + "f" * 32,
        "b" + "F" * 32,
        "1" * 19,
        "1" * 20,
    ]
    assert [memory.is_duplicate(0, post, offset, 1000) for offset, post in enumerate(ids)] == [False] * len(ids)
    assert [memory.is_duplicate(0, post, 100 + offset, 1000) for offset, post in enumerate(ids)] == [True] * len(ids)
    ((_, value),) = memory.changes([0])[0]
    restored = FirstSeen(HORIZON, 1000)
    restored.restore(0, b"0-20", value)
    assert [restored.is_duplicate(0, post, 200 + offset, 1000) for offset, post in enumerate(ids)] == [True] * len(ids)
    assert not restored.is_duplicate(0, "8", 300, 1000)


def test_reach_is_shared_by_the_partitions() -> None:
    assert reach(10_000_000, 4) == 2_500_000
    assert reach(3, 4) == 1


@pytest.mark.parametrize("offsets", [0, 2**30])
def test_a_reach_that_32_bits_cannot_tell_is_refused(offsets: int) -> None:
    with pytest.raises(ValueError, match="reach"):
        FirstSeen(HORIZON, offsets)


def test_offsets_alike_in_32_bits_are_told_apart() -> None:
    first, far = FirstSeen(HORIZON, REACH), FirstSeen(HORIZON, REACH)
    first.is_duplicate(0, "1", 5, 1000)
    far.is_duplicate(0, "2", 2**32 + 6, 1000)
    ((near_chunk,), (far_chunk,)) = (memory.changes([0])[0] for memory in (first, far))
    for chunks in ([near_chunk, far_chunk], [far_chunk, near_chunk]):
        memory = FirstSeen(HORIZON, REACH)
        for chunk in chunks:
            memory.restore(0, *chunk)
        assert not memory.is_duplicate(0, "1", 2**32 + 7, 1000)
    assert not first.is_duplicate(0, "2", 2**32 + 6, 1000)
    assert not first.is_duplicate(0, "1", 2**32 + 7, 1000)


def test_facts_may_stand_below_the_first_offset_of_a_new_kafka_topic() -> None:
    moved = FirstSeen(HORIZON, REACH)
    moved.is_duplicate(0, "1", -9, 1000)
    moved.is_duplicate(0, "x", -8, 1000)
    ((key, value),) = moved.changes([0])[0]
    assert key == b"-9--8"
    memory = FirstSeen(HORIZON, REACH)
    memory.restore(0, key, value)
    assert memory.is_duplicate(0, "1", 0, 1000)
    assert memory.is_duplicate(0, "x", 1, 1000)
    assert not memory.is_duplicate(0, "2", 2, 1000)
    memory.restore(0, key, None)
    memory.is_duplicate(0, "3", 3 + REACH, 1000 + 3 * HORIZON)
    assert (key, None) not in memory.changes([0])[0]


@pytest.mark.parametrize(("form", "most"), [("{}", 3000), ("b{:032x}", 3000), ("post-{}", 20_000)])
def test_what_no_new_post_can_meet_is_forgotten_without_a_checkpoint(form: str, most: int) -> None:
    """`most`: a record in two looks beside it, and a dict of odd ids has up to 64 before it is cleaned."""
    by_reach, by_time = FirstSeen(10**6, 2000), FirstSeen(1000, 10**6)
    for offset in range(50_000):
        by_reach.is_duplicate(0, form.format(offset), offset, 1000)
        by_time.is_duplicate(0, form.format(offset), offset, 1000 + offset)
    assert 2000 <= by_reach.known() <= most
    assert 2000 <= by_time.known() <= most


def test_a_checkpoint_forgets_where_no_new_post_comes_by() -> None:
    memory = FirstSeen(1000, 10**6)
    for offset in range(10_000):
        memory.is_duplicate(0, str(offset), offset, 1000)
    for turn in range(20):
        memory.is_duplicate(0, str(20_000 + turn), 20_000 + turn, 10_000)
        memory.changes([0])
    assert memory.known() <= 40


def test_tombstones_come_in_parts() -> None:
    memory = FirstSeen(HORIZON, 10**6)
    for offset in range(1500):
        memory.is_duplicate(0, str(offset), offset, 1000)
        memory.changes([0])
    ended: list[bytes] = []
    for turn in range(3):
        memory.is_duplicate(0, str(2000 + turn), 2000 + turn, 1001 + 2 * HORIZON)
        records = memory.changes([0])[0]
        assert len(records) <= 1001
        ended += [key for key, value in records if value is None]
    assert ended == [b"%d-%d" % (offset, offset) for offset in range(1500)]


def test_a_chunk_whose_tombstone_was_read_is_not_ended_again() -> None:
    first = FirstSeen(HORIZON, REACH)
    first.is_duplicate(0, "1", 10, 1000)
    ((key, value),) = first.changes([0])[0]
    second = FirstSeen(HORIZON, REACH)
    second.restore(0, key, value)
    second.restore(0, key, None)
    second.restore(0, b"3-4", None)
    second.is_duplicate(0, "2", 20, 1001 + 2 * HORIZON)
    assert [key for key, _ in second.changes([0])[0]] == [b"20-20"]


def test_says_how_far_back_copies_are_recognised() -> None:
    memory = FirstSeen(HORIZON, REACH)
    assert memory.recognised_seconds() == HORIZON
    for offset in range(200):  # one a second: the horizon has 100, the reach 40
        memory.is_duplicate(0, str(offset), offset, 1000 + offset)
        memory.is_duplicate(1, str(offset), offset, 1000 + offset * 10)
        memory.changes([0, 1])
        if offset <= REACH:
            assert memory.recognised_seconds() == HORIZON
    assert memory.recognised_seconds() == REACH + 1
    memory.drop(0)
    assert memory.recognised_seconds() == HORIZON
    memory.is_duplicate(0, "1", 500, 1)
    memory.changes([0])
    assert memory.recognised_seconds() == HORIZON
