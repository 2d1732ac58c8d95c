"""Health is progress: a real worker and ingest, idle, stopped, stuck and cut off."""

import os
import signal
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest
from click.testing import Result

from agents.ingest.x import source
from agents.proving.load import fill
from agents.proving.pipeline import Pipeline
from streams.errors import UserError
from streams.health_file import Beat
from streams.settings import Settings, load
from tests.commands import earshot
from tests.running_ingest import listening, pointed_at, simulated
from tests.waiting import wait_until

WORKER = "worker-1"
STUCK = """
import asyncio
from agents.cli import main
from agents.worker.tagger import Tagger
async def take(self, chunk):
    await asyncio.Event().wait()
Tagger.take = take
main(["worker"])
"""
"""A worker whose tagger never gets done with its first chunk."""


def health(settings: Settings) -> Result:
    return earshot(settings, "health")


def healthy(settings: Settings) -> bool:
    return health(settings).exit_code == 0


def touched(file: Path) -> float:
    return file.stat().st_mtime if file.exists() else 0.0


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "health"


def test_without_a_setting_it_names_it() -> None:
    result = health(load({}))
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: EARSHOT_HEALTH_FILE is not set")


def test_age_decides(file: Path) -> None:
    settings = load({}, health_file=str(file))
    missing = health(settings)
    assert missing.exit_code == 1
    assert missing.stderr == f"Error: {file}: No such file or directory: no progress since the process started\n"
    file.touch()
    assert (health(settings).exit_code, health(settings).output) == (0, "")
    os.utime(file, (0, time.time() - 29))
    assert healthy(settings)
    os.utime(file, (0, time.time() - 31))
    stale = health(settings)
    assert stale.exit_code == 1
    assert stale.stderr == f"Error: {file} was last touched 31 s ago (30 s allowed): the process is stuck\n"


def test_a_file_of_an_earlier_process_says_nothing(file: Path) -> None:
    file.touch()
    beat = Beat(str(file))
    assert not file.exists()
    beat.touch()
    assert file.exists()


def test_a_file_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"EARSHOT_HEALTH_FILE=.*/no/health cannot be written: No such file"):
        Beat(str(tmp_path / "no" / "health"))


@pytest.mark.kafka
def test_a_worker_is_healthy_while_idle_and_not_while_stopped(kafka: str, file: Path) -> None:
    settings = load(kafka_bootstrap=kafka, health_file=str(file), health_age=3)
    with Pipeline(settings, lambda _: None) as pipeline:
        worker = pipeline.start_worker(WORKER)
        wait_until(lambda: healthy(settings) or not worker.running, "it is healthy", 60)
        seen = touched(file)
        wait_until(lambda: touched(file) > seen, "it is touched again with nothing to do")
        worker.send(signal.SIGSTOP)
        wait_until(lambda: not healthy(settings), "a stopped worker gets stale")
        worker.send(signal.SIGCONT)
        wait_until(lambda: healthy(settings) or not worker.running, "it goes on")
        assert worker.running, worker.last_line()


@pytest.mark.kafka
def test_a_worker_with_lag_and_no_progress_is_not_healthy(kafka: str, file: Path) -> None:
    settings = load(kafka_bootstrap=kafka, health_file=str(file), health_age=2)
    with Pipeline(settings, lambda _: None, [sys.executable, "-c", STUCK]) as pipeline:
        fill(pipeline.settings, 2000, 7)
        worker = pipeline.start_worker(WORKER)
        lag = ("pipeline_lag_records", frozenset({("stage", "tagger")}))
        wait_until(lambda: pipeline.scrape(WORKER).get(lag, 0) > 0 or not worker.running, "it has lag", 60)
        wait_until(lambda: not healthy(settings), "it gets stale, if it was ever healthy")
        assert worker.running, worker.last_line()


@pytest.mark.kafka
def test_ingest_is_healthy_while_x_is_heard(
    pipeline_settings: Settings, tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "SILENCE_SECONDS", 1.0)
    base = msgspec.structs.replace(pipeline_settings, health_file=str(file), health_age=2)
    with ExitStack() as x, ExitStack() as rest:
        # No posts: heartbeats are enough.
        running = x.enter_context(simulated(count=0, heartbeat=0.2))
        settings = pointed_at(base, running.x.url, tmp_path)
        ingest = rest.enter_context(listening(settings))
        wait_until(lambda: healthy(settings) or not ingest.running, "it is healthy")
        seen = touched(file)
        wait_until(lambda: touched(file) > seen, "it is touched again")
        x.close()
        wait_until(lambda: not healthy(settings), "without X it gets stale")
        assert ingest.running, ingest.error
