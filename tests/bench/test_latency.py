"""What the cases latency, gap and growth make of runs; and one run, small, of a real pipeline."""

from collections.abc import Iterator

import msgspec
import pytest

from bench import gap, growth, latency, paced
from bench.backlog import Worked, warmed, work_through
from bench.offered import Offered
from bench.paced import Broker, Happened, Ran
from bench.visible import Seen
from streams.settings import load


def ran(offered: Offered, seen: list[Seen], happened: Happened | None = None) -> Ran:
    return Ran(offered, seen, 50.0, 20.0, 0.1, [3, 9, 1], happened)


def offered(posts: int, rate: float = 10.0) -> Offered:
    """Each post is accepted 10 ms after its moment, but the second with the first's sync."""
    accepted = [(100 + number / rate + 0.01, number + 1) for number in range(posts)]
    return Offered(rate, 100.0, [str(number) for number in range(posts)], accepted)


def test_a_record_takes_from_the_sync_of_its_post_and_from_its_moment() -> None:
    found = latency.figures(ran(offered(10), [Seen(number, 0, 100.31 + number / 10) for number in range(10)]))
    assert (found["p50_ms"], found["max_ms"]) == (300.0, 300.0)
    assert (found["moment_p50_ms"], found["records"]) == (310.0, 7)
    assert (found["most_lag"], found["lag_at_end"], found["cpu_us_per_post"]) == (9, 1, 50.0)


def test_who_stalls_makes_all_wait() -> None:
    found = latency.figures(ran(offered(100), [Seen(number, 0, 200.0) for number in range(100)]))
    assert found["max_ms"] == pytest.approx((200 - 102.01) * 1000, abs=1)
    assert found["moment_max_ms"] == pytest.approx((200 - 102) * 1000, abs=1)


def test_a_post_that_waits_for_a_sync_is_accepted_with_it() -> None:
    one = Offered(10.0, 0.0, ["a", "b", "a"], [(0.3, 2), (0.4, 3)])
    assert [one.accepted_at(number) for number in range(3)] == [0.3, 0.3, 0.4]
    assert one.numbers() == {"a": 0, "b": 1}


def test_without_records_there_is_no_latency() -> None:
    assert set(latency.quantiles("", []).values()) == {None}


def a_gap(begin: float, end: float) -> list[Seen]:
    """Two partitions, a post each 0.1 s, visible at once, but for the one from `begin` to `end`."""
    found = []
    for number in range(200):
        due = 100 + number / 10
        late = number % 2 == 1 and begin <= due < end
        found.append(Seen(number, number % 2, end if late else due + 0.02))
    return sorted(found, key=lambda one: one.at)


def test_a_gap_is_the_longest_pause_of_one_partition() -> None:
    result = gap.figures(ran(offered(200), a_gap(105.05, 109.05), Happened(105.05, 108.0)))
    assert result["gap_s"] == pytest.approx(4.1, abs=0.1)
    assert result["nothing_visible_s"] == pytest.approx(0.2), "the other partition's posts come so often"
    assert result["caught_up_s"] == pytest.approx(4.0, abs=0.1)
    assert result["outside_max_ms"] == 10
    assert result["inside_max_ms"] > 3500
    assert 0 < result["records_outside"] < 200


def test_an_event_that_outlasts_the_posts_is_not_measured() -> None:
    result = gap.figures(ran(offered(50), a_gap(101.0, 104.0)[:50], Happened(101.0, 110.0)))
    assert list(result) == ["note"]


def test_growth_is_the_median_and_a_multiple_of_one_worker() -> None:
    one = growth.figures([Worked(1000, seconds, 5.0, 2.0) for seconds in (10.0, 20.0, 5.0)])
    assert (one["posts_per_s"], one["min_posts_per_s"], one["max_posts_per_s"]) == (100, 50, 200)
    assert (one["cpu_us_per_post"], one["broker_us_per_post"], one["worker_cores"]) == (5000, 2000, 0.5)
    two = growth.figures([Worked(1000, 6.25, 5.5, 2.0)])
    assert growth.beside(two, one, 2) == {"of_one": 1.6, "of_one_a_core_each": 1.82}


def test_what_is_too_short_says_so_and_nothing_divides_by_zero() -> None:
    short = growth.figures([Worked(10, 0.5, 0.0, 0.0)])
    assert "measure more --posts" in short["note"]
    assert growth.beside(short, short, 1)["of_one_a_core_each"] is None


@pytest.fixture
def small(kafka: str) -> Iterator[Broker]:
    with warmed(load(kafka_bootstrap=kafka, partitions=4, session_timeout=6.0), lambda _: None) as broker:
        yield broker


@pytest.mark.kafka
def test_every_record_of_a_paced_run_is_seen_after_its_acceptance(small: Broker) -> None:
    found = paced.run(small, 100.0, 2.0, lambda _: None)
    assert found.offered.rate == 100
    assert len(found.offered.keys) >= 200
    assert len({one.post for one in found.seen}) > 50
    assert all(one.at > found.offered.accepted_at(one.post) >= found.offered.due(one.post) for one in found.seen)
    assert found.cpu_us > 0
    assert found.broker_us == 0, "the broker is another's"


@pytest.mark.kafka
def test_two_workers_share_a_backlog(small: Broker) -> None:
    said: list[str] = []
    found = work_through(small, 500, 2, said.append)
    assert found.posts >= 500
    assert min(found.seconds, found.cpu) > 0
    assert f"{found.posts} posts for 2 workers" in said


def test_results_are_json() -> None:
    assert msgspec.json.encode(latency.figures(ran(offered(10), [])))
