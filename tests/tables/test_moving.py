"""Rows and the memory of duplicates, carried to another number of partitions."""

import msgspec
import pytest

from streams.records import Mention, OpenTopics, Tally
from streams.tables import moving
from streams.tables.first_seen import FirstSeen, codec
from streams.tables.hospitals import HospitalTables
from streams.tables.rows import decode_day, decode_head

HORIZON, REACH = 1000, 500
HOUR_MS = 3_600_000


def mention(offset: int, hour: int, at_hour: int, person: int = 3) -> Mention:
    return Mention(
        hospital="240010", partition=2, offset=offset, at=at_hour * HOUR_MS, hour=hour, written=hour * 3600,
        relation="mentioned", tier="local", precision="city", evidence="profile", confidence=90, distance_km=3,
        topics=OpenTopics(("parking",), frozenset()), intent="question", addressed=True, post=str(offset), reply_to="",
        person=person,
    )  # fmt: skip


def filled() -> HospitalTables:
    """A hospital with open and closed hours, and a tally."""
    tables = HospitalTables()
    tables.apply(0, 0, mention(10, 480_000, 480_000))
    tables.apply(0, 1, Tally("240010", 2, 10, 480_000 * HOUR_MS, 480_000, "regional", ("vaccination",)))
    tables.apply(0, 2, mention(11, 480_009, 480_009, person=900))
    return tables


def rows(tables: HospitalTables) -> dict[bytes, bytes]:
    return {key: value for _, key, value in moving.rows(tables, [0])}


def before(tables: HospitalTables) -> dict[bytes, bytes]:
    return {key: value for key, value in tables.changes([0])[0] if value is not None}


def restored(moved: dict[bytes, bytes], partition: int) -> HospitalTables:
    tables = HospitalTables()
    for key, value in moved.items():
        tables.restore(partition, key, value)
    tables.complete(partition)
    return tables


def test_moved_rows_hold_the_same_cells_and_stand_before_every_record() -> None:
    moved, old = rows(filled()), before(filled())
    assert moved.keys() == old.keys() == {b"240010/head", b"240010/d20000"}
    assert [moving.row_difference(key, old[key], moved[key]) for key in old] == [0, 0]
    head, day = decode_head(moved[b"240010/head"]), decode_day(moved[b"240010/d20000"])
    assert (head.version, head.marks, head.tally_marks) == (-1, {}, {})
    assert (day.version, day.marks, day.tally_marks, day.since) == (-1, {}, {}, {})


def test_a_moved_pipeline_counts_on_from_offset_0() -> None:
    tables = restored(rows(filled()), 4)
    assert tables.lifetime(4, "240010")["posts"] == 2
    assert tables.apply(4, 0, mention(0, 480_009, 480_009)), "no mark of the old partitions hides it"
    assert tables.apply(4, 1, mention(1, 480_000, 480_009)), "nor in a day"
    assert tables.lifetime(4, "240010")["posts"] == 4
    newer = restored(rows(filled()), 4)
    for key, value in tables.changes([4])[4]:
        newer.restore(4, key, value)
    newer.complete(4)
    assert newer.lifetime(4, "240010")["posts"] == 4, "what is written after the move wins"


@pytest.mark.parametrize("key", [b"240010/head", b"240010/d20000"])
def test_a_row_that_is_missing_changed_or_not_reset_is_a_difference(key: bytes) -> None:
    moved, old = rows(filled()), before(filled())
    assert moving.row_difference(key, old[key], None) > 1
    assert moving.row_difference(key, None, moved[key]) > 1
    assert moving.row_difference(key, old[key], old[key]) == 3, "it keeps its version and marks"
    more = filled()
    more.apply(0, 3, mention(12, 480_000, 480_009))
    assert moving.row_difference(key, before(more)[key], moved[key]) > 0


POSTS = [str(10**18 + number) for number in range(40)] + [f"b{number:032x}" for number in range(5)] + ["007", "é"]


def remembered() -> moving.Remembered:
    """Facts of two old partitions, gathered for one new one, some of them twice."""
    found = moving.Remembered()
    for number, post in enumerate(POSTS):
        found.add((post, 1_000_000 + number // 2, 5000 + number))
    for number, post in enumerate(POSTS[:7]):
        found.add((post, 1_000_000 + number // 2, 5000 + number))
    return found


def test_facts_get_the_offsets_before_0_in_the_order_of_their_times() -> None:
    moved = remembered().moved()
    assert [offset for _, offset, _ in moved] == list(range(-len(POSTS), 0))
    assert [post for post, _, _ in moved] == POSTS
    assert moved == remembered().moved()


def test_of_a_post_that_counted_twice_the_last_time_is_carried() -> None:
    found = moving.Remembered()
    found.add(("1", 900, 7000))
    found.add(("1", 10, 5000))
    assert found.moved() == [("1", -1, 7000)]


def test_a_memory_restored_from_moved_facts_drops_copies_and_takes_new_posts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "CHUNK_FACTS", 9)
    memory = FirstSeen(HORIZON, REACH)
    for key, value in moving.chunks(remembered().moved()):
        first, last = codec.offsets(key)
        assert first <= last < 0
        assert codec.name(first, last) == key
        memory.restore(1, key, value)
    assert memory.known() == len(POSTS)
    assert all(memory.is_duplicate(1, post, offset, 5500) for offset, post in enumerate(POSTS))
    assert not memory.is_duplicate(1, "4711", len(POSTS), 5500)
    assert not memory.is_duplicate(1, POSTS[0], len(POSTS) + 1, 5001 + HORIZON), "the horizon is that of its time"
    written = memory.changes([1])[1]
    assert written[0][0] == b"%d-%d" % (len(POSTS), len(POSTS) + 1)


def test_moved_chunks_expire_with_their_tombstones() -> None:
    memory = FirstSeen(HORIZON, REACH)
    for key, value in moving.chunks(remembered().moved()):
        memory.restore(1, key, value)
    assert not memory.is_duplicate(1, "4711", 0, 5100 + 2 * HORIZON)
    assert (b"%d--1" % -len(POSTS), None) in memory.changes([1])[1]
    ended = FirstSeen(HORIZON, REACH)
    ended.restore(1, b"-47--1", None)


def test_reach_counts_from_the_moved_offsets_on() -> None:
    memory = FirstSeen(HORIZON, 3)
    for key, value in moving.chunks([("1", -2, 5000), ("2", -1, 5000)]):
        memory.restore(0, key, value)
    assert memory.is_duplicate(0, "1", 1, 5001)
    assert memory.is_duplicate(0, "2", 2, 5001)
    assert not memory.is_duplicate(0, "2", 3, 5001)


def test_facts_that_differ_are_counted() -> None:
    moved = remembered().moved()
    assert moving.fact_difference(moved, list(reversed(moved))) == 0
    assert moving.fact_difference(moved, moved[1:]) == 2
    assert moving.fact_difference(moved, [*moved[1:], ("1", -1, 1)]) == 2
    assert moving.fact_difference(moved, [*moved, moved[0]]) == 1


def asking(offset: int, at_hour: int, post: str = "q") -> Mention:
    asked = msgspec.structs.replace(mention(offset, 480_000, at_hour), post=post, asked=480_000 * 3600)
    return msgspec.structs.replace(asked, written=480_000 * 3600)


def cohort(tables: HospitalTables) -> int:
    """Questions of the hour that their day has, in what the tables write next."""
    written = {key: value for key, value in tables.changes([4]).get(4, []) if value is not None}
    return decode_day(written[b"240010/d20000"]).cohorts[0]["q/asked"]


def test_a_moved_question_waits_on_and_is_counted_once_when_its_time_is_over() -> None:
    old = HospitalTables()
    old.apply(0, 7, asking(10, 480_000))
    moved = rows(old)
    (key,) = [key for key in moved if b"/q" in key]
    assert moving.row_difference(key, before(old)[key], moved[key]) == 0
    tables = restored(moved, 4)
    tables.apply(4, 0, mention(0, 480_100, 480_100))
    assert cohort(tables) == 1
    tables.apply(4, 1, asking(1, 480_100, "late"))
    tables.apply(4, 2, mention(2, 480_200, 480_200))
    assert cohort(tables) == 2, "and so is a later one of the same 5 minutes"


def test_a_question_row_that_moves_is_the_first_of_its_minutes_again() -> None:
    old = HospitalTables()
    old.apply(0, 5, asking(10, 480_000))
    old.apply(0, 6, mention(11, 480_100, 480_100))
    old.apply(0, 7, asking(12, 480_100, "late"))
    keys = {key for key in before(old) if b"/q" in key}
    assert keys == {b"240010/q172800000.5"}
    tables = restored(rows(old), 4)
    tables.apply(4, 0, asking(0, 480_100, "third"))
    (written,) = [key for key, _ in tables.changes([4])[4] if b"/q" in key]
    assert written == b"240010/q172800000"
    tables.apply(4, 1, mention(1, 480_200, 480_200))
    assert cohort(tables) == 3
