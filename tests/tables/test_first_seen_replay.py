"""The memory of duplicates against a plain dict: any ids, crashes, replays, and a changelog read in any order."""

from random import Random
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.tables.first_seen import FirstSeen

HORIZON, STEP_BACK = 100, 50
"""Seconds; Kafka's clock may step back by half the horizon, if that is less than half an hour."""

IDS = st.one_of(
    st.sampled_from(["", "0", "00", "7", "007", "-7", "+7", " 7", "7_7", "\u0667", "\u00b2", "b", "b" + 32 * "0"]),
    st.sampled_from([str(number) for number in (9, 10**18, 10**19 - 1, 10**19, 2**63, 2**64 - 1, 2**64, 2**64 + 7)]),
    st.sampled_from(["0" + str(10**18), "1" * 400, "x" * 400, "b" + 31 * "0" + "F", "b" + 31 * "0" + "f"]),
    st.integers(0, 2**64 - 1).map(str),
    st.binary(min_size=16, max_size=16).map(lambda key: "b" + key.hex()),
    st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40),
)


class Record(NamedTuple):
    """A post as it stands on its partition."""

    post: str
    offset: int
    at: int


def firsts(log: list[Record], reach: int) -> set[int]:
    """Offsets that count: the rule as a dict says it."""
    known: dict[str, Record] = {}
    counted = set()
    for record in log:
        first = known.get(record.post)
        if first is None or record.at - first.at > HORIZON or record.offset - first.offset > reach:
            known[record.post] = record
            counted.add(record.offset)
    return counted


@st.composite
def logs(draw: st.DrawFn) -> list[Record]:
    """Posts in the order of their offsets, with gaps, copies, pauses, and a clock that steps back at times."""
    ids = draw(st.lists(IDS, min_size=1, max_size=12))
    steps = st.tuples(st.sampled_from(ids), st.integers(1, 4), st.integers(0, 60), st.integers(0, STEP_BACK))
    offset, at, log = draw(st.integers(-50, 50)), 1000, []
    for post, gap, pause, back in draw(st.lists(steps, min_size=1, max_size=60)):
        offset, at = offset + gap, at + pause
        log.append(Record(post, offset, at - back))
    return log


@settings(max_examples=400)
@given(logs(), st.integers(1, 60), st.data())
def test_any_crashes_and_replays_count_what_a_dict_counts(log: list[Record], reach: int, data: st.DataObject) -> None:
    changelog: list[tuple[bytes, bytes | None]] = []
    emitted: set[int] = set()
    committed = 0
    while committed < len(log):
        memory = FirstSeen(HORIZON, reach)
        for key, value in _as_read(changelog, data):
            memory.restore(0, key, value)
        # The mentions up to `reached` are durable, the facts up to the last checkpoint; then the owner dies.
        reached = data.draw(st.integers(committed, len(log)), "reached")
        checkpoints = data.draw(st.sets(st.integers(committed, reached), max_size=4), "checkpoints")
        durable = committed
        for place in range(committed, reached + 1):
            if place in checkpoints:
                changelog += memory.changes([0]).get(0, [])
                durable = place
            if place < reached and not memory.is_duplicate(0, *log[place]):
                emitted.add(log[place].offset)
        # The commit may not have come through. Without any progress the last owner takes it all.
        committed = data.draw(st.integers(committed, durable), "committed")
        if not checkpoints:
            break
    memory = FirstSeen(HORIZON, reach)
    for key, value in _as_read(changelog, data):
        memory.restore(0, key, value)
    emitted |= {record.offset for record in log[committed:] if not memory.is_duplicate(0, *record)}
    assert emitted == firsts(log, reach)


def _as_read(changelog: list[tuple[bytes, bytes | None]], data: st.DataObject) -> list[tuple[bytes, bytes | None]]:
    """The changelog as some reader may find it: compacted or not, chunks in any order, read again."""
    ended = {key for key, value in changelog if value is None}
    gone = data.draw(st.sets(st.sampled_from(sorted(ended))) if ended else st.just(set()), "compacted")
    chunks = [(key, value) for key, value in changelog if value is not None and key not in gone]
    again = data.draw(st.lists(st.sampled_from(chunks), max_size=4) if chunks else st.just([]), "again")
    return [*data.draw(st.permutations(chunks), "order"), *again, *((key, None) for key in sorted(ended))]


def test_many_posts_count_as_a_dict_counts_them() -> None:
    """As many as split the buckets a thousand times, forget, and come back from a shuffled changelog."""
    random = Random(1)  # noqa: S311
    reach, log = 6000, []
    for offset in range(40_000):
        number = offset - (random.randrange(10_000) if random.random() < 0.3 else 0)
        post = (str(10**18 + number * 4096), f"b{number:032x}", f"post {number}")[number % 8 % 3]
        log.append(Record(post, offset, 1000 + offset // 100))
    expected = firsts(log, reach)
    memory = FirstSeen(HORIZON, reach)
    written: dict[bytes, bytes] = {}
    for record in log:
        assert memory.is_duplicate(0, *record) == (record.offset not in expected)
        if record.offset % 50 == 49 and record.offset < 30_000:
            for key, value in memory.changes([0])[0]:
                if value is None:
                    del written[key]
                else:
                    written[key] = value
    chunks = list(written.items()) * 2
    random.shuffle(chunks)
    restored = FirstSeen(HORIZON, reach)
    for key, value in chunks:
        restored.restore(0, key, value)
    for record in log[20_000:]:
        assert not (record.offset not in expected and not restored.is_duplicate(0, *record))
        if record.offset >= 30_000 and record.offset in expected:
            assert not restored.is_duplicate(0, *record)
