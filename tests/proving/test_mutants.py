"""The oracle notices tables that are broken on purpose: in their windows, people, and at a crash between two rows."""

from collections.abc import Callable, Iterable
from hashlib import blake2b

import msgspec
import pytest

from agents.kafka.stored import Stored
from agents.proving.oracle import compared
from agents.proving.recount import Recount
from streams.records import Mention, OpenCommunities, OpenTopics, Tally
from streams.tables import counted, hospitals, rolling, sketch
from streams.tables.counted import Counted
from streams.tables.hospitals import HospitalTables
from streams.tables.rows import Day, Head

HOUR_MS = 3_600_000
AT = 490_000 * HOUR_MS + 17 * 60_000
NEAR = ("local", "regional", "unknown")

Record = Mention | Tally
Row = tuple[bytes, bytes | None]


def record(offset: int, minute: int, late: int = 0, hospital: str = "350070") -> Record:
    """What stands at `offset` on `mentions`, taken at `minute`; the post's own time is `late` minutes before."""
    own = AT // 60_000 + minute - late
    at, hour = AT + minute * 60_000, own // 60
    if offset % 5 == 4:
        return Tally(hospital, 0, offset, at, hour, "local", ("vaccination",), ("breast_cancer",))
    return Mention(
        hospital=hospital, partition=0, offset=offset, at=at, hour=hour, relation="mentioned",
        tier=NEAR[offset % 3], precision="city", evidence="profile", confidence=90, distance_km=3,  # type: ignore[arg-type]
        topics=OpenTopics(("wait_times",), frozenset()), intent="complaint", addressed=True, post=str(offset),
        reply_to="", communities=OpenCommunities(("nurses",), frozenset()), written=own * 60,
        person=entry(offset % 900),
    )  # fmt: skip


def entry(author: int) -> int:
    """(register, rank) as a hash spreads them: a rank is the number of zeros before the first one, plus 1."""
    hashed = int.from_bytes(blake2b(b"%d" % author, digest_size=8).digest(), "big")
    return hashed % 16_384 << 6 | 51 - (hashed >> 14).bit_length()


A_MENTION = record(0, 0)

LOG = [record(n, n // 2, late=(0, 0, 7, 90, 200)[n % 5], hospital=("350070", "380014")[n % 2]) for n in range(1200)]
"""Ten hours of two hospitals, some posts hours late, a few hundred people each."""


def stored(written: list[Row]) -> list[Stored]:
    return [Stored(0, n, AT, key, value) for n, (key, value) in enumerate(written)]


def cut_at_heads(write: list[Row]) -> list[Row]:
    """What became durable of a write that a crash cut: all before its first head, or before its first day."""
    first = write[0][0].endswith(b"/head")
    return write[: next((n for n, (key, _) in enumerate(write) if key.endswith(b"/head") != first), 0)]


def changelog(log: list[Record] = LOG, *, crash: bool = True, every: int = 100) -> list[Stored]:
    """That of a worker which wrote every so many records; and, with `crash`, of one that died within a write in which
    hours were closed, and of the next, which replayed."""
    tables, written, committed = HospitalTables(), list[Row](), 0
    for offset, one in enumerate(log):
        tables.apply(0, offset, one)
        if offset % every == every - 1:
            write = tables.changes([0]).get(0, [])
            if crash and offset > len(log) // 2 and any(b"/d" in key for key, _ in write):
                written += cut_at_heads(write)
                break
            written, committed = written + write, offset + 1
    if crash:
        tables = HospitalTables()
        for key, value in written:
            tables.restore(0, key, value)
        tables.complete(0)
        for offset in range(committed, len(log)):
            tables.apply(0, offset, log[offset])
    return stored(written + tables.changes([0]).get(0, []))


def judged(rows: list[Stored], log: list[Record] = LOG) -> dict[str, int]:
    """Part -> difference."""
    recount = Recount()
    for one in log:
        recount.add(one)
    return dict(compared(recount, rows, log[-1].at / 1000))


@pytest.mark.parametrize("crash", [False, True])
def test_tables_as_they_are_differ_by_nothing(crash: bool) -> None:
    assert judged(changelog(crash=crash)) == {}


def bucket_off_by_one(patch: pytest.MonkeyPatch) -> None:
    five_of = counted.five_of
    patch.setattr(counted, "five_of", lambda written, hour: five_of(written, hour) + 1)


def hour_off_by_one(patch: pytest.MonkeyPatch) -> None:
    hour_cells = Head.hour_cells
    patch.setattr(Head, "hour_cells", lambda head, hour: hour_cells(head, hour + 1))


def window_that_never_slides(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rolling.Rolling, "advance", lambda self, end: setattr(self, "end", end))


def hour_expired_early(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rolling, "_HOURS", {span: hours - 1 for span, hours in rolling._HOURS.items()})


def hour_expired_late(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rolling, "_HOURS", {span: hours + 1 for span, hours in rolling._HOURS.items()})


def day_expired_early(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(hospitals, "EXPIRE_DAYS", 0)


def registers_added(patch: pytest.MonkeyPatch) -> None:
    def added(people: sketch.People, entries: Iterable[int]) -> None:
        people._ranks, people._pairs = ranks, _ = bytearray(sketch.REGISTERS), None
        for one in entries:
            ranks[one >> 6] = min(63, ranks[one >> 6] + (one & 63))

    patch.setattr(sketch.People, "_to_registers", added)


def people_of_another_hour(patch: pytest.MonkeyPatch) -> None:
    apply = Head.apply

    def moved(head: Head, offset: int, one: Counted) -> None:
        apply(head, offset, one)
        if people := head.people.pop(one.hour, None):
            head.people.setdefault(one.hour - 1, set()).update(people)

    patch.setattr(Head, "apply", moved)


def local_people_are_everybody(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(counted, "person_of", lambda person, _: person << 1 | 1)


def an_hour_closed_twice(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Day, "is_closed", lambda *_: False)


def days_written_after_heads(patch: pytest.MonkeyPatch) -> None:
    changes = HospitalTables.changes
    patch.setattr(
        HospitalTables,
        "changes",
        lambda tables, partitions: {
            partition: sorted(written, key=lambda row: not row[0].endswith(b"/head"))
            for partition, written in changes(tables, partitions).items()
        },
    )


def late_posts_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(HospitalTables, "_apply_late", lambda *_: False)


def nearness_mixed_up(patch: pytest.MonkeyPatch) -> None:
    from streams.tables import cells

    patch.setattr(cells, "near_of", lambda tier: "away" if tier == "unknown" else tier)


Mutant = Callable[[pytest.MonkeyPatch], None]
SEEN_IN: dict[Mutant, str] = {
    bucket_off_by_one: "windows",
    hour_off_by_one: "hours",
    window_that_never_slides: "windows",
    hour_expired_early: "windows",
    hour_expired_late: "windows",
    day_expired_early: "hours",
    people_of_another_hour: "people",
    local_people_are_everybody: "people",
    an_hour_closed_twice: "hours",
    days_written_after_heads: "hours",
    late_posts_forgotten: "hours",
    nearness_mixed_up: "matrix",
}


@pytest.fixture(params=SEEN_IN, ids=lambda mutant: mutant.__name__)
def part_broken(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The tables broken by one mutant; the part in which the oracle must see it."""
    request.param(monkeypatch)
    return SEEN_IN[request.param]


def test_each_mutant_is_seen(part_broken: str) -> None:
    assert judged(changelog()).get(part_broken, 0) > 0


def test_registers_that_are_added_instead_of_maxed_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to 41,000 people only empty registers are counted, and adding leaves none of them empty that was not."""
    crowd = [msgspec.structs.replace(A_MENTION, offset=n, person=entry(n)) for n in range(45_000)]
    rows = changelog(crowd, crash=False, every=45_000)
    assert judged(rows, crowd) == {}
    registers_added(monkeypatch)
    assert judged(rows, crowd)["people"] > 10_000
