"""kill -9 at any moment: whatever was said to be accepted is in the wal, and ingest brings it to Kafka."""

import random
import subprocess
import sys
from pathlib import Path

import pytest

from agents.ingest.wal.wal import Wal
from agents.proving import acceptance
from streams.settings import Settings, load
from tests.ingest.wal import appender as appending

KILLS = 3


@pytest.mark.parametrize("sync", ["each", "group"])
def test_what_was_said_to_be_accepted_is_there_after_a_kill(tmp_path: Path, sync: str) -> None:
    rng = random.Random(sync)  # noqa: S311 - moments, not secrets
    said: list[int] = []
    for _ in range(KILLS):
        with subprocess.Popen(
            [sys.executable, "-m", "tests.ingest.wal.appender", str(tmp_path), sync], stdout=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            # So many lines, then the kill, amid an append, a sync or a new segment.
            for _ in range(rng.randint(1, 1500)):
                said.append(int(process.stdout.readline()))
            process.kill()
            said += [int(line) for line in process.stdout if line.endswith(b"\n")]
    wal = Wal(tmp_path, appending.MAX_BYTES)
    held: set[int] = set()
    while entries := wal.take(0):
        assert all(one.record == appending.record(one.number) for one in entries)
        held.update(one.number for one in entries)
    wal.close()
    assert set(said) <= held
    assert held == set(range(len(held))), "no number twice, none left out"


@pytest.mark.kafka
def test_posts_that_ingest_accepted_before_a_kill_are_on_kafka(pipeline_settings: Settings) -> None:
    outcome = acceptance.kills(pipeline_settings, KILLS, rate=1000, seed=7, say=lambda _: None)
    assert outcome.kills == KILLS
    assert outcome.accepted > 500
    assert outcome.lost == 0


@pytest.mark.kafka
@pytest.mark.usefixtures("jars")
def test_an_outage_of_kafka_costs_no_post_and_no_memory() -> None:
    outcome = acceptance.outage(load(kafka_bootstrap=""), seconds=10, rate=250, say=lambda _: None)
    assert outcome.accepted > 2500
    assert outcome.lost == 0
    assert outcome.growth < 20 * 2**20
    assert outcome.drained < 60, "a bound against hangs"
