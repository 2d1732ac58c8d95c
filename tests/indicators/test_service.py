"""Service is measured by answers to local people, and nobody is ranked on a handful of posts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.indicators.service import (
    Answered,
    Rank,
    Voice,
    rank,
    ranks,
    service_index,
    share_of_voice,
    two_way,
)


def local(answered: int, asked: int) -> Answered:
    return Answered(local=asked, local_answered=answered)


def test_the_index_is_of_local_posts_alone_and_shows_its_parts() -> None:
    parts = Answered(local=100, local_answered=60, away=300, away_answered=3, unknown=50, unknown_answered=0)
    found = service_index(parts)
    assert (found.index, found.enough, found.parts) == (60.0, True, parts)
    assert (found.low, found.high) == pytest.approx((50.20, 69.06), abs=0.01)


def test_few_or_no_local_posts_are_said_to_be() -> None:
    assert service_index(local(29, 29)).enough is False
    nothing = service_index(Answered(away=50))
    assert (nothing.index, nothing.low, nothing.high, nothing.enough) == (None, 0.0, 100.0, False)


def test_two_way() -> None:
    assert two_way(30, 10) == 3.0
    assert two_way(0, 10) == 0.0
    assert two_way(3, 0) is None


def test_the_share_of_voice_is_of_the_region_and_of_its_local_authors() -> None:
    region = {"a": Voice(60, 10), "b": Voice(40, 30), "c": Voice(0, 0)}
    found = share_of_voice("a", region)
    assert (found.everyone.share, found.everyone.of, found.everyone.enough) == (60.0, 100, True)
    assert (found.local.share, found.local.of, found.local.enough) == (25.0, 40, True)
    assert share_of_voice("elsewhere", region).everyone.share == 0.0
    assert share_of_voice("a", {}).everyone.share is None


@given(st.dictionaries(st.text(max_size=3), st.tuples(st.integers(0, 999), st.integers(0, 999)), min_size=1))
def test_the_shares_of_a_region_are_the_whole(counts: dict[str, tuple[int, int]]) -> None:
    region = {name: Voice(everyone + near, near) for name, (everyone, near) in counts.items()}
    shares = [share_of_voice(name, region).everyone.share for name in region]
    if all(share is not None for share in shares):
        assert sum(share or 0.0 for share in shares) == pytest.approx(100)


def test_a_rank_needs_enough_posts_and_peers() -> None:
    peers = {"a": local(90, 100), "b": local(20, 100), "few": local(29, 29), "c": local(15, 100), "none": Answered()}
    assert ranks(peers) == {
        "a": Rank(1, 1, 1, 3),
        "b": Rank(2, 2, 3, 3),
        "c": Rank(3, 2, 3, 3),
        "few": Rank(None, None, None, 3, "few_posts"),
        "none": Rank(None, None, None, 3, "few_posts"),
    }
    assert rank("a", {"a": local(90, 100), "b": local(20, 100)}) == Rank(None, None, None, 2, "few_peers")
    assert rank("elsewhere", peers).why == "unknown"


def test_equals_share_the_better_place() -> None:
    peers = {"a": local(50, 100), "b": local(50, 100), "c": local(0, 100)}
    assert [ranks(peers)[name].rank for name in "abc"] == [1, 1, 3]


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200)), min_size=1, max_size=12))
def test_a_rank_lies_among_the_places_that_chance_leaves_open(counts: list[tuple[int, int]]) -> None:
    peers = {str(number): local(hits, hits + misses) for number, (hits, misses) in enumerate(counts)}
    for found in ranks(peers).values():
        if found.rank is not None:
            assert found.best is not None
            assert found.worst is not None
            assert 1 <= found.best <= found.rank <= found.worst <= found.ranked
