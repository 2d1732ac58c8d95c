"""The memory of duplicates: first offsets, whoever remembers them, however often they are replayed."""

from hypothesis import given
from hypothesis import strategies as st

from streams.tables.first_seen import FirstSeen

HORIZON = 100


def test_a_copy_is_a_duplicate_and_a_replay_is_not() -> None:
    memory = FirstSeen(HORIZON)
    assert not memory.is_duplicate(0, "a", 10, 1000)
    assert memory.is_duplicate(0, "a", 11, 1000)
    assert not memory.is_duplicate(0, "a", 10, 1000)


def test_partitions_remember_apart() -> None:
    memory = FirstSeen(HORIZON)
    assert not memory.is_duplicate(0, "a", 10, 1000)
    assert not memory.is_duplicate(1, "a", 11, 1000)


def test_a_copy_past_the_horizon_counts_anew_and_is_the_one_to_measure_against() -> None:
    memory = FirstSeen(HORIZON)
    memory.is_duplicate(0, "a", 10, 1000)
    assert memory.is_duplicate(0, "a", 20, 1000 + HORIZON)
    assert not memory.is_duplicate(0, "a", 30, 1001 + HORIZON)
    assert memory.is_duplicate(0, "a", 40, 1001 + 2 * HORIZON)


def test_what_stands_below_a_durable_first_offset_was_decided_before() -> None:
    memory = FirstSeen(HORIZON)
    memory.is_duplicate(0, "a", 30, 1000)
    assert memory.is_duplicate(0, "a", 20, 1000)


def test_facts_are_written_once_and_expire_with_a_tombstone() -> None:
    memory = FirstSeen(HORIZON)
    memory.is_duplicate(0, "a", 10, 1000)
    memory.is_duplicate(0, "b", 12, 1001)
    ((key, value),) = memory.changes([0])[0]
    assert key == b"10-12"
    assert value is not None
    assert memory.changes([0]) == {}
    memory.is_duplicate(0, "c", 13, 1002 + 2 * HORIZON)
    written = memory.changes([0])[0]
    assert (b"10-12", None) in written
    assert memory.known() == 1


def test_a_chunk_with_one_young_fact_is_kept_whole() -> None:
    memory = FirstSeen(HORIZON)
    memory.is_duplicate(0, "a", 10, 1000)
    memory.is_duplicate(0, "b", 11, 1000 + 2 * HORIZON)
    memory.changes([0])
    memory.is_duplicate(0, "c", 12, 1001 + 2 * HORIZON)
    assert (b"10-11", None) not in memory.changes([0])[0]


@given(
    st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 60)), min_size=1, max_size=40),
    st.data(),
)
def test_any_crash_and_replay_decides_as_the_first_time_did(
    arrivals: list[tuple[str, int]], data: st.DataObject
) -> None:
    at = 1000
    log = []
    for offset, (post, pause) in enumerate(arrivals):
        at += pause
        log.append((post, offset, at))
    truth_memory = FirstSeen(HORIZON)
    truth = [offset for post, offset, when in log if not truth_memory.is_duplicate(0, post, offset, when)]

    # Emitted by an owner that crashes after `reached`; its facts up to `durable` are written, its commit is at or
    # below.
    durable = data.draw(st.integers(0, len(log)), "durable")
    committed = data.draw(st.integers(0, durable), "committed")
    first = FirstSeen(HORIZON)
    emitted = {offset for post, offset, when in log[:durable] if not first.is_duplicate(0, post, offset, when)}
    chunks = first.changes([0]).get(0, [])

    second = FirstSeen(HORIZON)
    for key, value in chunks:
        second.restore(0, key, value)
    emitted |= {offset for post, offset, when in log[committed:] if not second.is_duplicate(0, post, offset, when)}
    assert sorted(emitted) == truth
