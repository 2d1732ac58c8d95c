"""A plan of chaos: the same seed makes the same plan, and every kind of fault has its place in it."""

from collections import Counter

import pytest

from agents.proving.plan import KINDS, STOPPED_SECONDS, plan


def test_the_same_seed_plans_the_same_faults() -> None:
    assert plan(20, 300, 7) == plan(20, 300, 7) != plan(20, 300, 8)


@pytest.mark.parametrize("seed", range(50))
@pytest.mark.parametrize("seconds", [24.0, 60.0, 300.0])
def test_every_plan_has_a_zombie_that_nobody_kills_and_partitions_that_move_after_it(seconds: float, seed: int) -> None:
    faults = plan(20, seconds, seed)
    assert {fault.kind for fault in faults} == set(KINDS)
    stop, back = (next(one for one in faults if one.kind == kind) for kind in ("stop", "continue"))
    assert back.at == pytest.approx(stop.at + STOPPED_SECONDS)
    meanwhile = [one for one in faults if stop.at < one.at < back.at and one.worker == stop.worker]
    assert meanwhile == []
    assert any(one.kind == "leave" and back.at < one.at < back.at + 4 for one in faults)
    here = Counter({"worker-1": 1})
    for one in faults:
        here[one.worker] += {"join": 1, "leave": -1}.get(one.kind, 0)
        assert 0 <= min(here.values()) <= max(here.values()) <= 1, "nobody joins twice or leaves before it came"


def test_kafka_is_away_for_a_minute_at_most_and_not_at_all_when_it_is_anothers() -> None:
    assert [one.seconds for one in plan(2, 300, 7) if one.kind == "Kafka away"] == [60.0]
    assert [one.seconds for one in plan(2, 60, 7) if one.kind == "Kafka away"] == [12.0]
    assert not [one for one in plan(2, 300, 7, kafka=False) if one.kind.startswith("Kafka")]
