"""Intervals have the published values, hold what they are about and narrow with what is known."""

from math import exp, inf, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.indicators.intervals import Z95, median_ranks, poisson, quantile, wilson

COUNTS = st.integers(0, 5_000)


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),  # Newcombe 1998, table I, method 3
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (5, 10, 0.2366, 0.7634),
        (10, 10, 0.7225, 1.0000),
        (0, 0, 0.0, 1.0),
    ],
)
def test_wilson_has_the_published_values(hits: int, of: int, low: float, high: float) -> None:
    assert wilson(hits, of) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(
    ("count", "low", "high"),
    [
        (0, 0.0, 3.6889),  # exact limits as in tables for Poisson counts (Garwood 1936; Pearson and Hartley, table 40)
        (1, 0.0253, 5.5716),
        (2, 0.2422, 7.2247),
        (3, 0.6187, 8.7673),
        (5, 1.6235, 11.6683),
        (10, 4.7954, 18.3904),
        (20, 12.2165, 30.8884),
        (50, 37.1110, 65.9188),
        (100, 81.3640, 121.6268),
    ],
)
def test_poisson_has_the_published_values(count: int, low: float, high: float) -> None:
    assert poisson(count) == pytest.approx((low, high), abs=1e-4)


@given(st.integers(0, 60))
def test_poisson_leaves_two_and_a_half_per_cent_on_each_side(count: int) -> None:
    """Summed term by term, as the definition says."""

    def until(most: int, mean: float) -> float:
        total, term = 0.0, exp(-mean)
        for number in range(most + 1):
            total += term
            term *= mean / (number + 1)
        return total

    low, high = poisson(count)
    assert until(count, high) == pytest.approx(0.025, rel=1e-6)
    if count:
        assert 1 - until(count - 1, low) == pytest.approx(0.025, rel=1e-6)


@given(COUNTS, COUNTS)
def test_an_interval_holds_its_estimate(hits: int, misses: int) -> None:
    of = hits + misses
    low, high = wilson(hits, of)
    assert 0 <= low < high <= 1
    if of:
        assert low <= hits / of <= high
    low, high = poisson(hits)
    assert 0 <= low <= hits < high


@given(COUNTS, COUNTS)
def test_more_hits_raise_an_interval_and_more_posts_narrow_it(hits: int, misses: int) -> None:
    of = hits + misses + 1
    few, more = wilson(hits, of), wilson(hits + 1, of)
    assert few.low < more.low or few.low == 0.0
    assert few.high < more.high
    tenfold = wilson(10 * hits, 10 * of)
    assert tenfold.high - tenfold.low < few.high - few.low
    few, more = poisson(hits), poisson(hits + 1)
    assert few.low < more.low
    assert few.high < more.high


def test_a_rate_is_per_exposure() -> None:
    assert poisson(10, 2.0) == pytest.approx((4.7954 / 2, 18.3904 / 2), abs=1e-4)


def test_a_million_is_as_exact() -> None:
    """Against the normal approximation of Wilson and Hilferty: the two differ by less than 4e-5 posts."""
    low, high = (
        posts * (1 - 1 / (9 * posts) + sign * Z95 / (3 * sqrt(posts))) ** 3
        for posts, sign in ((1_000_000, -1), (1_000_001, 1))
    )
    assert poisson(1_000_000) == pytest.approx((low, high), abs=4e-5)


@pytest.mark.parametrize(("hits", "of"), [(-1, 3), (4, 3), (0, -1)])
def test_more_hits_than_posts_are_refused(hits: int, of: int) -> None:
    with pytest.raises(ValueError, match=f"{hits} of {of}"):
        wilson(hits, of)


@pytest.mark.parametrize(("count", "exposure"), [(-1, 1.0), (1, 0.0)])
def test_a_rate_needs_a_count_and_an_exposure(count: int, exposure: float) -> None:
    with pytest.raises(ValueError, match=f"{count} in {exposure}"):
        poisson(count, exposure)


def test_a_quantile_is_found_within_its_bucket() -> None:
    edges, counts = (1.0, 5.0, 15.0), (10, 20, 0, 10)
    assert quantile(edges, counts, 0.0) == 0.0
    assert quantile(edges, counts, 0.125) == 0.5
    assert quantile(edges, counts, 0.25) == 1.0
    assert quantile(edges, counts, 0.5) == 3.0
    assert quantile(edges, counts, 0.75) == 5.0
    assert quantile(edges, counts, 0.76) == inf
    assert quantile(edges, (0, 0, 0, 0), 0.5) == inf


@given(st.integers(0, 10_000))
def test_the_median_lies_between_its_ranks(of: int) -> None:
    low, high = median_ranks(of)
    assert 0 <= low <= 0.5 <= high <= 1
    assert low + high == pytest.approx(1)


def test_the_ranks_of_a_hundred_are_those_of_the_tables() -> None:
    """The 40th and the 60th of 100 sorted values (Conover; 40 and 61 by the exact binomial)."""
    assert median_ranks(100) == pytest.approx((0.402, 0.598), abs=5e-4)
