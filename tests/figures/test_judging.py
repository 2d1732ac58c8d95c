"""Surges over the tables: each hour of each series is judged by the hours before it, and always says the same."""

from collections.abc import Iterable
from itertools import pairwise

import msgspec
import pytest

from streams.figures.about import Names
from streams.figures.judging import Judging
from streams.figures.surges import HELD_BACK, Judged, surges
from streams.indicators import surge
from streams.records import Mention, OpenTopics, Tally
from streams.tables.hospitals import HospitalTables
from tests.hospital_records import HOUR, an_open, mention, restored, tally

NAMES = Names(topics=("wait_times",), service_lines=("vaccination",), communities=(), health_communities=())
MONTH = 28 * 24
Record = Mention | Tally


def posts(hour: int, number: int, topics: OpenTopics = an_open("wait_times"), late: int = 0) -> list[Record]:  # noqa: B008
    """Posts written in an hour, and taken by Kafka so many hours later."""
    return [
        mention(0, at=(hour + late) * 3_600_000, hour=hour, written=hour * 3600 + 60 * one, topics=topics)
        for one in range(number)
    ]


def tallies(hour: int, number: int) -> list[Record]:
    return [tally(0, at=hour * 3_600_000)] * number


def told(*parts: Iterable[Record], tables: HospitalTables | None = None, begin: int = 0) -> HospitalTables:
    tables = tables or HospitalTables()
    for offset, record in enumerate((one for part in parts for one in part), begin):
        tables.apply(0, offset, msgspec.structs.replace(record, offset=offset))
    return tables


def usual(first: int, last: int, number: int = 3) -> list[Record]:
    return [one for hour in range(first, last + 1) for one in posts(hour, number)]


def judged(tables: HospitalTables, hour: int = HOUR) -> Judged:
    judging = Judging(tables, NAMES)
    for _ in judging.steps(0, "350070", hour):
        pass
    found = judging.of("350070")
    assert found is not None
    return found


def test_five_times_the_usual_is_a_surge_of_all_posts_and_of_their_topic() -> None:
    found = judged(told(usual(HOUR - MONTH, HOUR - 1), posts(HOUR, 15))).series
    assert (found["posts"].state, found["posts"].observed, found["posts"].why) == ("surge", 15, "hour")
    assert found["wait_times"].state == "surge"
    assert found["vaccination"] == surge.surge([0] * (MONTH + 1))


def test_it_says_what_the_bare_counts_say() -> None:
    tables = told(usual(HOUR - MONTH, HOUR - 1), posts(HOUR, 15))
    assert Judging(tables, NAMES).counts(0, "350070", HOUR)["posts"] == [3] * MONTH + [15]
    assert judged(tables).series["posts"] == surge.surge([3] * MONTH + [15])


def test_hours_before_the_hospital_was_first_heard_are_no_zeros_of_the_baseline() -> None:
    found = judged(told(usual(HOUR - 13 * 24, HOUR))).series["posts"]
    assert (found.state, found.why) == ("learning", "history")
    later = judged(told(usual(HOUR - 15 * 24, HOUR))).series["posts"]
    assert (later.state, later.why) == ("normal", "usual")
    assert later.expected == pytest.approx(3, rel=0.01), "zeros would halve it"


def test_quiet_hours_since_then_are_zeros() -> None:
    counts = Judging(told(posts(HOUR - 100, 2)), NAMES).counts(0, "350070", HOUR)
    assert counts["posts"] == [2] + [0] * 100


def test_a_hospital_that_was_never_heard_is_learning() -> None:
    assert {one.state for one in judged(HospitalTables()).series.values()} == {"learning"}


def test_a_restart_a_replay_and_any_pauses_say_the_same() -> None:
    log = [*usual(HOUR - MONTH, HOUR - 1), *posts(HOUR, 15), *tallies(HOUR, 6)]
    whole = told(log)
    replayed = told(log, tables=restored(told(log[:-200]).changes([0])[0]))
    assert judged(replayed) == judged(restored(whole.changes([0])[0])) == judged(told(log))
    paused = Judging(replayed, NAMES)
    steps = paused.steps(0, "350070", HOUR)
    while paused.of("350070") is None:
        next(steps, None)
    assert paused.of("350070") == judged(replayed)


def test_an_hour_is_judged_once_and_again_when_a_post_of_it_comes_late() -> None:
    log = [*usual(HOUR - MONTH, HOUR - 1), *posts(HOUR, 2)]
    tables = told(log)
    judging = Judging(tables, NAMES)
    assert judging.is_due(0, "350070", HOUR)
    for _ in judging.steps(0, "350070", HOUR):
        pass
    assert not judging.is_due(0, "350070", HOUR)
    assert judging.is_due(0, "350070", HOUR + 1)
    told(posts(HOUR, 20, late=1), tables=tables, begin=len(log))
    assert judging.is_due(0, "350070", HOUR)
    for _ in judging.steps(0, "350070", HOUR):
        pass
    found = judging.of("350070")
    assert found is not None
    assert found.series["posts"].observed == 22


def test_a_past_that_is_counted_later_has_the_hour_judged_again() -> None:
    """A replay fills earlier hours after a worker said "learning"."""
    tables = told(posts(HOUR, 3))
    judging = Judging(tables, NAMES)
    for _ in judging.steps(0, "350070", HOUR):
        pass
    told(usual(HOUR - MONTH + 30, HOUR - 1), tables=tables, begin=3)
    told(posts(HOUR + 1, 2), tables=tables, begin=10_000)
    assert judging.is_due(0, "350070", HOUR)
    for _ in judging.steps(0, "350070", HOUR):
        pass
    found = judging.of("350070")
    assert found is not None
    assert found.series["posts"].state == "normal"
    told(posts(HOUR + 1, 2), tables=tables, begin=10_002)
    assert not judging.is_due(0, "350070", HOUR), "the hour that runs changes nothing"


def test_hour_after_hour_it_says_what_one_look_at_the_end_would() -> None:
    """A worker that judges live, and one that starts later and judges the same hour."""
    log = usual(HOUR - MONTH, HOUR)
    tables, begin = HospitalTables(), 0
    judging = Judging(tables, NAMES)
    for before, hour in pairwise(range(HOUR - 4, HOUR + 1)):
        part = [one for one in log if (one.hour <= hour if begin == 0 else before < one.hour <= hour)]
        told(part, tables=tables, begin=begin)
        begin += len(part)
        for _ in judging.steps(0, "350070", hour):
            pass
        assert judging.of("350070") == judged(told(one for one in log if one.hour <= hour), hour)


def test_what_another_worker_holds_is_forgotten() -> None:
    judging = Judging(told(posts(HOUR, 1)), NAMES)
    for _ in judging.steps(0, "350070", HOUR):
        pass
    judging.keep({"380014": 0})
    assert judging.of("350070") is None


def test_of_a_service_line_below_five_nothing_can_be_worked_out() -> None:
    tables = told(usual(HOUR - MONTH, HOUR), tallies(HOUR, 4))
    found = surges(judged(tables), NAMES)
    assert found.service_lines["vaccination"].why == HELD_BACK
    assert found.service_lines["vaccination"].score is None
    assert found.topics["wait_times"].observed == 3
    shown = surges(judged(told(usual(HOUR - MONTH, HOUR), tallies(HOUR, 6))), NAMES).service_lines["vaccination"]
    assert (shown.state, shown.observed) == ("surge", 6)
