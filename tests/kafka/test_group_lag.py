"""How far the workers are behind is known when no worker is there."""

import msgspec
import pytest

from agents.kafka import generation, group_lag
from agents.kafka.generation import Generation
from agents.kafka.group_lag import LagWatch
from agents.proving.load import fill
from streams.settings import Settings
from streams.vocabulary import STAGES
from tests.waiting import wait_until


@pytest.mark.kafka
def test_what_nobody_has_committed_is_the_lag_of_each_partition(pipeline_settings: Settings) -> None:
    found = group_lag.lag(pipeline_settings)
    assert found == {(stage, number): 0 for stage in STAGES for number in range(pipeline_settings.partitions)}
    sent = fill(pipeline_settings, 400, seed=1)
    found = group_lag.lag(pipeline_settings)
    by_stage = {stage: sum(found[stage, number] for number in range(pipeline_settings.partitions)) for stage in STAGES}
    assert by_stage == {"tagger": sent, "hospitals": 0}
    assert all(found["tagger", number] for number in range(pipeline_settings.partitions)), "each partition has its own"


@pytest.mark.kafka
def test_a_broker_that_is_away_leaves_nothing_to_show(pipeline_settings: Settings) -> None:
    watch = LagWatch(lambda: pipeline_settings)
    watch.start()
    try:
        wait_until(lambda: len(watch.seen) == len(STAGES) * pipeline_settings.partitions, "it is asked at once")
    finally:
        watch.stop()
    nowhere = msgspec.structs.replace(pipeline_settings, kafka_bootstrap="127.0.0.1:1")
    away = LagWatch(lambda: nowhere)
    away.seen = dict(watch.seen)
    away.start()
    try:
        wait_until(lambda: not away.seen, "an old answer is not shown as a new one")
    finally:
        away.stop()


@pytest.mark.kafka
def test_a_migration_is_seen_by_whoever_watches(pipeline_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group_lag, "ASK_SECONDS", 0.1)
    watch = LagWatch(lambda: pipeline_settings)
    watch.start()
    try:
        wait_until(lambda: bool(watch.seen), "it is asked at once")
        assert not watch.moved
        generation.switch(pipeline_settings, Generation(2, 5, {}, 0))
        wait_until(lambda: watch.moved, "the switch is seen")
    finally:
        watch.stop()
