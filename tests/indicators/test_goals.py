"""A goal is met or missed only where chance alone cannot have decided it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.directory.hospital import GOALS, Goal
from streams.indicators.goals import RULES, Cohort, Counts, GoalState, Times, goals, read

EDGES = (1.0, 5.0, 15.0, 30.0, 60.0, 120.0, 240.0, 480.0, 720.0, 1440.0, 2880.0)


def judged(goal: Goal, target: float, **counts: Any) -> GoalState:
    return next(one for one in goals([(goal, target)], Counts(**counts)) if one.goal == goal)


def times(*counts: int, unanswered: int = 0) -> Times:
    return Times(EDGES, (*counts, *(0 for _ in range(len(EDGES) + 1 - len(counts)))), unanswered)


@pytest.mark.parametrize(
    ("goal", "target", "counts", "state", "why", "actual"),
    [
        # 60 of 100: Wilson 50.2 to 69.1 %.
        ("local_share", 50, {"local": 60, "located": 100, "posts": 100}, "met", "interval", 60.0),
        ("local_share", 51, {"local": 60, "located": 100, "posts": 100}, "too_few", "within", 60.0),
        ("local_share", 70, {"local": 60, "located": 100, "posts": 100}, "missed", "interval", 60.0),
        ("local_share", 50, {"local": 29, "located": 29, "posts": 100}, "too_few", "fewest", 100.0),
        ("local_share", 50, {}, "too_few", "nothing", None),
        ("located_share", 50, {"located": 60, "posts": 100}, "met", "interval", 60.0),
        # 10 of 100: 5.5 to 17.4 %; lower is better.
        ("complaint_share", 18, {"complaints": 10, "posts": 100}, "met", "interval", 10.0),
        ("complaint_share", 10, {"complaints": 10, "posts": 100}, "too_few", "within", 10.0),
        ("complaint_share", 5, {"complaints": 10, "posts": 100}, "missed", "interval", 10.0),
        ("answered_1h_share", 90, {"within_1h": Cohort(100, 60)}, "missed", "interval", 60.0),
        ("answered_24h_share", 50, {"within_24h": Cohort(100, 60)}, "met", "interval", 60.0),
        # The median of 100 lies between the 40th and the 60th: in the bucket from 15 to 30 minutes here.
        ("first_response_minutes", 30, {"times": times(0, 0, 30, 50, 20)}, "met", "interval", 21.0),
        ("first_response_minutes", 20, {"times": times(0, 0, 30, 50, 20)}, "too_few", "within", 21.0),
        ("first_response_minutes", 15, {"times": times(0, 0, 30, 50, 20)}, "missed", "interval", 21.0),
        # Prompt where it answers, but it hardly does: the unanswered are not forgotten.
        ("first_response_minutes", 60, {"times": times(30, unanswered=70)}, "missed", "interval", None),
        ("first_response_minutes", 60, {"times": times(20)}, "too_few", "fewest", 0.5),
        ("first_response_minutes", 60, {}, "too_few", "nothing", None),
        ("unanswered_questions", 3, {"unanswered": 3}, "met", "census", 3.0),
        ("unanswered_questions", 3, {"unanswered": 4}, "missed", "census", 4.0),
        ("unanswered_questions", 0, {"unanswered": 0}, "met", "census", 0.0),
        ("unanswered_questions", 3, {}, "too_few", "nothing", None),
        # 10 authors: Poisson 4.8 to 18.4, for 20,000 residents half of it.
        ("local_authors_per_10000", 2.3, {"local_authors": 10, "residents": 20_000}, "met", "interval", 5.0),
        ("local_authors_per_10000", 5, {"local_authors": 10, "residents": 20_000}, "too_few", "within", 5.0),
        ("local_authors_per_10000", 9.3, {"local_authors": 10, "residents": 20_000}, "missed", "interval", 5.0),
        ("local_authors_per_10000", 5, {"local_authors": 0, "residents": 20_000}, "missed", "interval", 0.0),
        ("local_authors_per_10000", 5, {"local_authors": 10}, "too_few", "nothing", None),
        (
            "local_authors_per_10000", 2.3, {"local_authors": 10, "local_authors_error": 0.05, "residents": 20_000},
            "too_few", "within", 5.0,
        ),
    ],
)  # fmt: skip
def test_states(goal: Goal, target: float, counts: dict[str, Any], state: str, why: str, actual: float | None) -> None:
    found = judged(goal, target, **counts)
    assert (found.state, found.why, found.reading.actual) == (state, why, actual)


def test_every_goal_of_the_directory_is_read_with_its_unit_and_window() -> None:
    found = goals([], Counts())
    assert [one.goal for one in found] == list(GOALS)
    assert {one.state for one in found} == {"no_target"}
    assert [one.unit for one in found] == [kind.unit for kind in GOALS.values()]
    assert {one.goal for one in found if one.reading.window == "72h"} == {"unanswered_questions"}


def test_a_hospital_without_goals_shows_what_is() -> None:
    found = goals([], Counts(local=60, located=100, posts=400))
    assert {one.goal: one.reading.actual for one in found if one.goal in ("local_share", "located_share")} == {
        "local_share": 60.0,
        "located_share": 25.0,
    }
    assert {one.rule for one in found} == {RULES["none"]}


@given(st.integers(0, 2_000), st.integers(0, 2_000), st.floats(0, 100))
def test_what_is_met_stays_met_by_a_lower_target(hits: int, misses: int, target: float) -> None:
    found = judged("local_share", target, local=hits, located=hits + misses, posts=hits + misses)
    assert found.reading.low is not None
    assert found.reading.high is not None
    if found.state == "met":
        assert found.reading.low >= target
        assert judged("local_share", target / 2, local=hits, located=hits + misses, posts=hits + misses).state == "met"
    if found.state == "missed":
        assert found.reading.high < target


@given(st.lists(st.integers(0, 200), min_size=12, max_size=12), st.integers(0, 200))
def test_a_median_lies_in_its_interval(counts: list[int], unanswered: int) -> None:
    found = read("first_response_minutes", Counts(times=Times(EDGES, tuple(counts), unanswered)))
    assert found.low is not None
    assert found.high is not None
    assert found.of == sum(counts) + unanswered
    assert found.low <= found.high
    if found.actual is not None:
        assert found.low <= found.actual <= found.high
