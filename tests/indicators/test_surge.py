"""A surge is told from the usual ups and downs of a week, and the same counts always say the same."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.indicators.surge import HISTORY, RULE, WEEK, Watch, expected, surge, surprise

DAY = (0,) * 6 + (2, 4, 6, 8, 10, 10, 10, 10, 10, 8, 8, 6, 6, 4, 4, 2, 2, 0)
"""Posts of each hour of a day: 110, none at night."""
NOON = 12


def usual(hours: int) -> list[int]:
    return [DAY[hour % 24] for hour in range(hours)]


def test_the_surprise_is_anscombes() -> None:
    """By hand: 2 (sqrt(15.375) - sqrt(4.375)) = 3.6589; with a spread of 0.25, over sqrt(2)."""
    assert surprise(15, 4.0) == pytest.approx(3.6589, abs=1e-4)
    assert surprise(15, 4.0, 0.25) == pytest.approx(2.5872, abs=1e-4)
    assert surprise(4, 4.0) == 0.0
    assert surprise(0, 4.0) < 0


def test_the_expected_count_is_that_of_the_hour_of_the_week() -> None:
    counts = usual(4 * WEEK + NOON + 1)
    # Twelve hours of 10 posts, and a prior of 3 posts at the mean of a day's 110 posts in 24 hours.
    assert sum(DAY) == 110
    assert expected(counts, len(counts) - 1) == pytest.approx((120 + 3) / (12 + 3 / (110 / 24)))


def test_a_sparse_series_is_drawn_to_its_own_mean() -> None:
    counts = [int(hour % 40 == 20) for hour in range(4 * WEEK + 2)]
    own = 1 / 40
    found = expected(counts, len(counts) - 1)
    assert found is not None
    assert found == pytest.approx(own, rel=0.1)
    assert found < own, "its hours had none"


def test_an_hour_like_the_others_is_normal() -> None:
    counts = usual(5 * WEEK + NOON + 1)
    found = surge(counts)
    assert (found.state, found.why, found.observed) == ("normal", "usual", 10)
    assert abs(found.score) < 0.2


def test_five_times_the_usual_is_a_surge_in_its_first_hour() -> None:
    counts = [*usual(4 * WEEK + NOON), 50]
    found = surge(counts)
    assert (found.state, found.why) == ("surge", "hour")
    assert found.score > RULE.score


def test_twice_the_usual_is_a_surge_after_some_hours() -> None:
    quiet = usual(4 * WEEK + 8)
    loud = [2 * DAY[hour % 24] for hour in range(8, 20)]
    states = [surge([*quiet, *loud[:length]]).state for length in range(1, len(loud) + 1)]
    assert states[0] == "normal"
    assert "surge" in states
    first = surge([*quiet, *loud[: states.index("surge") + 1]])
    assert first.why == "drift"


def test_a_handful_is_never_a_surge() -> None:
    counts = [0] * (4 * WEEK + NOON) + [RULE.fewest - 1]
    found = surge(counts)
    assert (found.state, found.why) == ("normal", "few") if found.score >= RULE.score else ("normal", "usual")
    assert surge([0] * (4 * WEEK + NOON) + [20]).state == "surge"


def test_two_weeks_have_to_be_heard_first() -> None:
    counts = usual(3 * WEEK)
    assert surge(counts, 2 * WEEK).state == "learning"
    assert surge(counts, 2 * WEEK + 1).state == "normal"
    assert surge([]).state == "learning"
    assert surge([1000]).why == "history"


def test_a_past_surge_is_no_part_of_the_usual() -> None:
    quiet = usual(4 * WEEK + NOON + 1)
    loud = list(quiet)
    for hour in range(NOON - 4, NOON + 5):
        loud[2 * WEEK + hour] = 80
    at = len(quiet) - 1
    assert expected(loud, at) == pytest.approx(expected(quiet, at), rel=0.02)


def test_a_lasting_change_becomes_the_usual() -> None:
    counts = [*usual(4 * WEEK), *(3 * count for count in usual(5 * WEEK))]
    assert surge(counts, 4 * WEEK + NOON).state == "surge"
    assert surge(counts).state == "normal"


SERIES = st.lists(st.one_of(st.integers(0, 3), st.integers(0, 60)), min_size=1, max_size=120).flatmap(
    lambda some: st.integers(2 * WEEK, HISTORY + 200).map(lambda hours: (some * (hours // len(some) + 1))[:hours])
)


@settings(max_examples=30)
@given(SERIES)
def test_hour_by_hour_or_at_once_is_the_same(counts: list[int]) -> None:
    watch = Watch()
    found = [watch.push(count) for count in counts]
    for at in {len(counts) - 1, len(counts) // 2, 2 * WEEK, 2 * WEEK - 1} - {len(counts)}:
        assert found[at] == surge(counts, at) == surge(counts[: at + 1])


@settings(max_examples=30)
@given(SERIES, st.lists(st.integers(0, 99), max_size=300))
def test_what_is_older_than_its_history_changes_nothing(counts: list[int], older: list[int]) -> None:
    padded = [0] * max(0, HISTORY - len(counts)) + counts
    assert surge(older + padded) == surge(padded)


@settings(max_examples=30)
@given(SERIES, st.integers(1, 100))
def test_more_posts_are_never_less_surprising(counts: list[int], more: int) -> None:
    louder = [*counts[:-1], counts[-1] + more]
    before, after = surge(counts), surge(louder)
    assert after.score >= before.score
    assert after.cusum >= before.cusum
    assert (before.state == "surge") <= (after.state == "surge")
