"""Hospital tables: what they count, that windows slide, and that no crash, replay or stale copy changes a count."""

from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.records import FUTURE, NO_TIME, Mention, OpenCommunities, Tally
from streams.tables.cells import cells_of
from streams.tables.hospitals import HospitalTables
from streams.tables.periods import EXPIRE_DAYS, HOUR_MS, KEEP_HOURS, WINDOWS
from streams.tables.rows import version_of
from streams.tables.sketch import REGISTERS, STANDARD_ERROR, People, entry_of
from streams.vocabulary import SPANS, Span
from tests.hospital_records import (
    A_MONTH,
    AT,
    HOSPITALS,
    HOUR,
    Copies,
    Record,
    Step,
    an_open,
    log_of,
    mention,
    once,
    restored,
    steps,
    tally,
    written,
)


def counted(*records: Record) -> HospitalTables:
    tables = HospitalTables()
    for offset, record in enumerate(records):
        tables.apply(0, offset, record)
    return tables


def hours(tables: HospitalTables, hospital: str, first: int, last: int) -> dict[int, dict[str, int]]:
    return {hour: dict(cells) for hour, cells in tables.hourly(0, hospital, first, last)}


COMPLAINT = {"posts": 1, "tier/local": 1, "intent/complaint": 1, "topic/wait_times": 1, "wants": 1}


def test_a_mention_counts_in_the_lifetime_and_in_every_window() -> None:
    tables = counted(mention(5))
    assert tables.lifetime(0, "350070") == COMPLAINT
    for span in SPANS:
        assert tables.window(0, "350070", span, AT / 1000) == COMPLAINT


def test_a_hospitals_own_post_is_not_one_about_it() -> None:
    assert counted(mention(5, relation="author")).lifetime(0, "350070") == {"own": 1}


@pytest.mark.parametrize(
    ("intent", "addressed", "wants"),
    [("question", True, 1), ("crisis", True, 1), ("compliment", True, 0), ("complaint", False, 0)],
)
def test_only_a_post_that_speaks_to_the_hospital_and_asks_something_wants_an_answer(
    intent: str, addressed: bool, wants: int
) -> None:
    assert counted(mention(5, intent=intent, addressed=addressed)).lifetime(0, "350070").get("wants", 0) == wants


def test_service_lines_are_counted_apart_and_no_finer_than_an_hour() -> None:
    tables = counted(mention(5, topics=an_open()), tally(5))
    service_lines = {"s/posts": 1, "s/tier/local": 1, "s/topic/vaccination": 1}
    assert tables.lifetime(0, "350070").items() >= service_lines.items()
    assert tables.window(0, "350070", "24h", AT / 1000).items() >= service_lines.items()
    assert not any(cell.startswith("s/") for cell in tables.window(0, "350070", "1h", AT / 1000))


@pytest.mark.parametrize("hour", [NO_TIME, FUTURE])
def test_a_post_without_a_plausible_time_counts_in_the_lifetime_only(hour: int) -> None:
    tables = counted(mention(5, hour=hour, written=-1))
    assert tables.lifetime(0, "350070")["posts"] == 1
    assert not any(tables.window(0, "350070", span, AT / 1000) for span in SPANS)


def test_any_hospital_is_counted_whatever_the_directory_says() -> None:
    assert counted(mention(5, hospital="999999")).lifetime(0, "999999")["posts"] == 1


def test_the_same_post_twice_counts_once() -> None:
    tables = HospitalTables()
    assert tables.apply(0, 0, mention(5)) is True
    assert tables.apply(0, 1, mention(5)) is False, "emitted again by a tagger that replayed"
    assert tables.apply(0, 0, mention(5)) is False, "read again by an agent that replayed"
    assert tables.lifetime(0, "350070")["posts"] == 1


def test_a_window_slides_also_when_nothing_comes() -> None:
    tables = counted(mention(5))
    now = AT / 1000
    assert tables.window(0, "350070", "1h", now + 3599 - 300)
    assert not tables.window(0, "350070", "1h", now + 3600)
    for span in ("24h", "7d", "28d"):
        seconds = WINDOWS[span].seconds
        assert tables.window(0, "350070", span, now + seconds - 3600), "the hour that it lies in is the oldest"
        assert not tables.window(0, "350070", span, now + seconds)


def test_a_post_from_the_future_is_counted_when_its_time_comes() -> None:
    ahead = HOUR + 1
    tables = counted(mention(5, hour=ahead, written=ahead * 3600))
    assert not tables.window(0, "350070", "24h", AT / 1000)
    assert tables.window(0, "350070", "24h", AT / 1000 + 3600) == COMPLAINT


def test_people_are_counted_once_however_much_they_write() -> None:
    tables = counted(*(mention(n, person=n % 30 << 6 | 1, tier="local" if n % 2 else "unknown") for n in range(120)))
    assert tables.people(0, "350070", "24h", AT / 1000) == (30, 15)
    assert tables.people(0, "350070", "28d", AT / 1000 + 86_400) == (30, 15)
    assert tables.people(0, "350070", "24h", AT / 1000 + 86_400) == (0, 0)


def test_however_many_write_in_an_hour_what_is_kept_of_them_is_bounded_and_the_estimate_holds() -> None:
    random, tables, people = Random(1), HospitalTables(), 60_000  # noqa: S311
    for number in range(people):
        tier = "local" if number % 3 == 0 else "unknown"
        tables.apply(0, number, mention(number, tier=tier, person=entry_of(random.getrandbits(64))))
    everyone, local = tables.people(0, "350070", "24h", AT / 1000)
    assert everyone == pytest.approx(people, rel=5 * STANDARD_ERROR)
    assert local == pytest.approx(people / 3, rel=5 * STANDARD_ERROR)
    ((_, head),) = written(tables)
    assert len(head or b"") < 3 * 2 * REGISTERS + 1000


@pytest.mark.parametrize("local_share", [0.01, 0.5])
def test_people_of_a_sliding_window_are_those_of_its_posts(local_share: float) -> None:
    random, tables, posts = Random(1), HospitalTables(), list[Mention]()  # noqa: S311
    authors = [entry_of(random.getrandbits(64)) for _ in range(1000)]
    for hour in range(60):
        for _ in range(random.choice((0, 1, 40))):
            late = random.choice((0, 0, 0, 5, 20))
            made = mention(
                len(posts), at=AT + hour * HOUR_MS, hour=HOUR + hour - late, person=random.choice(authors),
                tier="local" if random.random() < local_share else "unknown",
            )  # fmt: skip
            posts.append(made)
            tables.apply(0, made.offset, made)
            if random.random() < 0.05:
                tables.people(0, "350070", "24h", made.at / 1000)
        for span, hours_back in (("24h", 24), ("28d", 672)):
            there = [one for one in posts if 0 <= HOUR + hour - one.hour < hours_back]
            local = People(one.person for one in there if one.tier == "local")
            found = tables.people(0, "350070", cast(Span, span), AT / 1000 + hour * 3600)
            assert found == (len(People(one.person for one in there)), len(local))


def test_a_hospitals_own_people_are_nobodys() -> None:
    assert counted(mention(5, relation="author", person=-1)).people(0, "350070", "24h", AT / 1000) == (0, 0)


def test_interest_is_counted_by_nearness_once_for_a_post_and_once_for_each_community() -> None:
    nurses = OpenCommunities(("nurses", "rural_health"), frozenset())
    tables = counted(
        mention(0, communities=nurses),
        mention(1, communities=nurses, tier="national"),
        mention(2, tier="unknown"),
        Tally("350070", 0, 3, AT, HOUR, "regional", (), ("breast_cancer",)),
    )
    found = {cell: count for cell, count in tables.lifetime(0, "350070").items() if "community" in cell}
    assert found == {
        "community/local/*": 1, "community/local/nurses": 1, "community/local/rural_health": 1,
        "community/away/*": 1, "community/away/nurses": 1, "community/away/rural_health": 1,
        "s/community/away/*": 1, "s/community/away/breast_cancer": 1,
    }  # fmt: skip


# -- changelog ---------------------------------------------------------------------------------------------------------


def test_one_row_is_written_for_a_hospital_however_much_it_was_told_and_only_when_it_changed() -> None:
    tables = counted(mention(5), mention(6), tally(6))
    assert [key for key, _ in written(tables)] == [b"350070/head"]
    assert written(tables) == []


def test_a_closed_hour_moves_to_its_day_which_is_written_first() -> None:
    tables = counted(mention(5), tally(5), mention(6, at=AT + 3 * HOUR_MS))
    day = b"350070/d%d" % (HOUR // 24)
    assert [key for key, _ in written(tables)] == [day, b"350070/head"]
    assert hours(tables, "350070", HOUR, HOUR) == {HOUR: COMPLAINT | dict.fromkeys(cells_of(tally(5)), 1)}


def test_a_lost_partition_is_forgotten() -> None:
    tables = counted(mention(5))
    tables.drop(0)
    assert tables.lifetime(0, "350070") == {}
    assert written(tables) == []


def test_a_row_with_an_older_copy_behind_its_newest_is_written_once_more_and_no_other() -> None:
    tables = counted(mention(5), mention(6, hospital="380014"))
    old = written(tables)
    tables.apply(0, 2, mention(7))
    new = written(tables)
    assert written(restored(old + new)) == []
    assert written(restored(old + new + old)) == new, "before the recovery"
    owner = restored(old + new)
    for key, value in [*old, *new]:
        owner.stands(0, key, value)
    assert written(owner) == []
    for key, value in old:
        owner.stands(0, key, value)
    assert written(owner) == new, "after the recovery"
    assert written(owner) == []


def test_an_older_copy_of_a_day_is_written_over_too() -> None:
    tables = counted(mention(5), mention(6, at=AT + 3 * HOUR_MS))
    old = written(tables)
    tables.apply(0, 2, mention(7, at=AT + 3 * HOUR_MS, hour=HOUR))
    new = written(tables)
    assert written(restored(old + new + old)) == new


def test_a_day_goes_with_a_tombstone_and_the_lifetime_stays() -> None:
    tables = counted(mention(5), mention(6, at=AT + 4 * HOUR_MS))
    written(tables)
    tables.apply(0, 2, mention(7, at=AT + (EXPIRE_DAYS * 24 + 24) * HOUR_MS))
    assert dict(written(tables))[b"350070/d%d" % (HOUR // 24)] is None
    assert tables.lifetime(0, "350070")["posts"] == 3


def test_a_row_of_a_later_form_is_refused() -> None:
    (key, value), *_ = written(counted(mention(5)))
    assert value is not None
    with pytest.raises(ValueError, match="form 3"):
        HospitalTables().restore(0, key, value[:1] + b"\x03" + value[2:])


# -- no crash, replay or stale copy changes a count --------------------------------------------------------------------


def expected(log: Sequence[Record]) -> Counter[tuple[str, str, str]]:
    """Hospital, period, cell: straight from the records. Hours of the last 28 days."""
    cells: Counter[tuple[str, str, str]] = Counter()
    first = log[-1].at // HOUR_MS - KEEP_HOURS
    for record in once(log):
        for cell in cells_of(record):
            cells[record.hospital, "all", cell] += 1
            if record.hour > first:
                cells[record.hospital, f"h{record.hour}", cell] += 1
    return cells


def found(tables: HospitalTables, log: Sequence[Record]) -> Counter[tuple[str, str, str]]:
    first, last = log[-1].at // HOUR_MS - KEEP_HOURS + 1, max(record.hour for record in log)
    cells: Counter[tuple[str, str, str]] = Counter()
    for hospital in HOSPITALS:
        for cell, count in tables.lifetime(0, hospital).items():
            cells[hospital, "all", cell] += count
        for hour, counts in tables.hourly(0, hospital, first, last):
            for cell, count in counts.items():
                cells[hospital, f"h{hour}", cell] += count
    return cells


def windows_of(log: Sequence[Record], now: float) -> dict[tuple[str, str], dict[str, int]]:
    """Hospital and span -> cells, straight from the records and the definition of a window."""
    windows: dict[tuple[str, str], dict[str, int]] = {}
    for hospital in HOSPITALS:
        for span in SPANS:
            cells: Counter[str] = Counter()
            for record in once(log):
                if record.hospital != hospital:
                    continue
                if span == "1h":
                    bucket, newest, count = getattr(record, "written", -1) // 300, int(now // 300), 12
                else:
                    bucket, newest = record.hour, int(now // 3600)
                    count = {"24h": 24, "7d": 168, "28d": 672}[span]
                if newest - count < bucket <= newest:
                    cells.update(cells_of(record))
            windows[hospital, span] = dict(cells)
    return windows


def seen(tables: HospitalTables, now: float) -> dict[tuple[str, str], dict[str, int]]:
    return {(one, span): dict(tables.window(0, one, span, now)) for one in HOSPITALS for span in SPANS}


def last_copies(copies: Copies) -> dict[bytes, bytes]:
    """What is left of a changelog after compaction."""
    return {key: value for key, value in dict(copies).items() if value is not None}


def newest_copies(copies: Copies) -> dict[bytes, bytes]:
    """The newest copy of each row that was not ended."""
    newest: dict[bytes, bytes] = {}
    for key, value in copies:
        if value is None:
            newest.pop(key, None)
        elif key not in newest or version_of(value) > version_of(newest[key]):
            newest[key] = value
    return newest


def people_of(log: Sequence[Record], hospital: str, hours_back: int, now: float) -> tuple[int, int]:
    there = [
        one for one in log
        if isinstance(one, Mention) and one.hospital == hospital and 0 <= int(now // 3600) - one.hour < hours_back
    ]  # fmt: skip
    return len({one.person for one in there}), len({one.person for one in there if one.tier == "local"})


@given(steps, st.data())
@settings(max_examples=120, deadline=None)
def test_no_crash_replay_or_stale_copy_changes_a_count(drawn: list[Step], data: st.DataObject) -> None:
    log = log_of(drawn)
    # A first owner commits now and then; its last write stops anywhere within, and comes late or never.
    committed = data.draw(st.integers(0, len(log)), "committed")
    reached = data.draw(st.integers(committed, len(log)), "reached")
    zombie, changelog = HospitalTables(), list[tuple[bytes, bytes | None]]()
    for offset in range(committed):
        zombie.apply(0, offset, log[offset])
        if data.draw(st.booleans(), "a checkpoint"):
            changelog += written(zombie)
    changelog += written(zombie)
    for offset in range(committed, reached):
        zombie.apply(0, offset, log[offset])
    last = written(zombie)
    stale = last[: data.draw(st.integers(0, len(last)), "records of the last write that became durable")]
    before_death = data.draw(st.booleans(), "written before the recovery")

    second = restored(changelog + (stale if before_death else []))
    if data.draw(st.booleans(), "windows are looked at before the replay"):
        seen(second, log[-1].at / 1000)
    for offset in range(committed, len(log)):
        second.apply(0, offset, log[offset])
    assert found(second, log) == expected(log)
    now = log[-1].at / 1000
    assert seen(second, now) == windows_of(log, now)

    # A third owner reads everything, in whatever order it was written, and replays from anywhere before the end.
    copies = data.draw(st.permutations(changelog + written(second) + stale), "order in the changelog")
    third = restored(copies)
    assert last_copies(copies + written(third)).items() >= newest_copies(copies).items(), "what compaction keeps"
    for offset in range(data.draw(st.integers(0, len(log)), "replayed from"), len(log)):
        third.apply(0, offset, log[offset])
    assert found(third, log) == expected(log)
    assert seen(third, now) == windows_of(log, now)
    for hospital in HOSPITALS:
        assert third.people(0, hospital, "24h", now) == people_of(log, hospital, 24, now)
        assert third.people(0, hospital, "28d", now) == people_of(log, hospital, 672, now)


@given(steps, st.lists(st.sampled_from((0, 1, 300, 3599, 3600, 7200, 86_400, 86_400 * 7, 86_400 * 27)), max_size=6))
@settings(max_examples=50, deadline=None)
def test_at_any_time_asked_a_window_is_what_was_written_in_it(drawn: list[Step], passed: list[int]) -> None:
    log = log_of([step._replace(passed=step.passed % A_MONTH) for step in drawn])
    tables = HospitalTables()
    for offset, record in enumerate(log):
        tables.apply(0, offset, record)
        seen(tables, record.at / 1000)
    now = log[-1].at / 1000
    for seconds in (0, *passed):
        now += seconds
        assert seen(tables, now) == windows_of(log, now)
    earlier = now - 3600 * 24
    hourly = {key: cells for key, cells in seen(tables, earlier).items() if key[1] != "1h"}
    assert hourly == {key: cells for key, cells in windows_of(log, earlier).items() if key[1] != "1h"}
    assert seen(tables, now) == windows_of(log, now)
