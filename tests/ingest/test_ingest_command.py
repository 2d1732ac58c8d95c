"""`earshot ingest` as a process: it ends when told with all it took in Kafka, and says in a line why it cannot run."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
import requests

from agents.kafka.admin import apply_topics
from deploy.local_kafka import LocalKafka
from deploy.local_kafka.ports import free_port
from streams.kafka import topics as kafka_topics
from streams.settings import Settings, environment, load
from tests.running_ingest import TOKEN, count, pointed_at, simulated, wait_for_all
from tests.waiting import wait_until


class Process:
    """The command, with what it wrote."""

    def __init__(self, environ: Mapping[str, str], log: Path) -> None:
        self._log = log
        with log.open("w") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "agents.cli", "ingest"], env=os.environ | environ, stdout=output, stderr=output
            )

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    @property
    def said(self) -> str:
        return self._log.read_text()

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def wait(self) -> int:
        return self._process.wait(20)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


@contextmanager
def ingest(settings: Settings, folder: Path) -> Iterator[Process]:
    process = Process(environment(settings), folder / "output")
    try:
        yield process
    finally:
        process.kill()


@pytest.mark.kafka
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_when_told_and_what_it_took_is_in_kafka(
    pipeline_settings: Settings, tmp_path: Path, number: signal.Signals
) -> None:
    with simulated(rate=500, count=300) as running:
        settings = pointed_at(pipeline_settings, running.x.url, tmp_path)
        with ingest(settings, tmp_path) as process:
            wait_for_all(settings, running, process)
            process.send(number)
            assert process.wait() == 0, process.said
        assert count(settings, kafka_topics.posts(settings)) == running.x.delivered.total()
    lines = process.said.splitlines()
    assert f"ingest: stopped; X: {running.x.delivered.total()} lines" in lines[-1]
    assert lines[-1].endswith(" 0 in the wal")
    assert TOKEN not in process.said
    assert "Traceback" not in process.said


@pytest.mark.parametrize(
    ("token", "words"), [(None, "No such file"), ("", "must hold one X bearer token and nothing else")]
)
def test_without_a_token_it_names_the_setting(tmp_path: Path, token: str | None, words: str) -> None:
    settings = pointed_at(load({}, kafka_bootstrap="127.0.0.1:9"), "http://127.0.0.1:9", tmp_path, token or "")
    if token is None:
        Path(settings.x_token_file).unlink()
    with ingest(settings, tmp_path) as process:
        assert process.wait() == 1
    assert process.said.startswith("Error: EARSHOT_X_TOKEN_FILE=")
    assert words in process.said
    assert process.said.count("\n") == 1


@pytest.mark.kafka
def test_without_kafka_topics_it_ends_and_names_the_command(empty_settings: Settings, tmp_path: Path) -> None:
    settings = pointed_at(empty_settings, "http://127.0.0.1:9", tmp_path)
    with ingest(settings, tmp_path) as process:
        wait_until(lambda: not process.running, "it ends")
        assert process.wait() == 1
    assert "run `earshot topics apply`" in process.said
    assert "Traceback" not in process.said


@pytest.mark.kafka
def test_started_before_kafka_it_listens_and_hands_over_when_kafka_comes(tmp_path: Path, jars: Path) -> None:
    broker = LocalKafka(tmp_path / "kafka", jars, tied=True)
    address = broker.up()
    settings = msgspec.structs.replace(load({}, partitions=4), kafka_bootstrap=address, ingest_metrics_port=0)
    apply_topics(settings)
    broker.down()
    try:
        with simulated(rate=100, count=200) as running:
            settings = pointed_at(settings, running.x.url, tmp_path)
            port = free_port()
            with ingest(msgspec.structs.replace(settings, ingest_metrics_port=port), tmp_path) as process:
                wait_until(lambda: running.x.exhausted, "it listened to everything")
                assert process.running, process.said
                assert requests.get(f"http://127.0.0.1:{port}/readyz", timeout=5).status_code == 503
                broker.up()
                wait_for_all(settings, running, process)
                wait_until(lambda: requests.get(f"http://127.0.0.1:{port}/readyz", timeout=5).ok, "it is ready")
                assert requests.get(f"http://127.0.0.1:{port}/healthz", timeout=5).text == "ok\n"
                assert "pipeline_wal_records" in requests.get(f"http://127.0.0.1:{port}/metrics", timeout=5).text
                process.send(signal.SIGTERM)
                assert process.wait() == 0, process.said
    finally:
        broker.down()
    said = [line for line in process.said.splitlines() if "Kafka at" in line]
    assert f"Kafka at {address} unreachable since " in said[0]
    assert f"Kafka at {address} is back after " in said[1]
    assert "ingest: Kafka at" in said[2]
    assert len(process.said.splitlines()) <= 14, process.said
