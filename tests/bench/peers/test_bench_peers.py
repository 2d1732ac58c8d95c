"""The command: what it refuses, and that SIGTERM leaves nothing behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from agents.kafka.admin import connected
from bench.peers import board
from bench.peers.__main__ import INTERRUPTED, main
from streams.settings import Settings, environment
from tests.bench.peers import fake_peer
from tests.waiting import wait_until

BOUND = 120.0
"""Against hangs, seconds: a broker and two processes start on a machine that is busy."""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--peers", "loop,flink"], "peer flink: choose from loop, bytewax, quixstreams, faust-tuned, faust"),
        (["--peers", ","], "peer none: choose from"),
        (["--measures", "steady,soak"], "measure soak: choose from backlog, steady"),
    ],
)
def test_an_unknown_name_is_refused_with_the_known_ones(words: list[str], said: str) -> None:
    result = CliRunner().invoke(main, words)
    assert (result.exit_code, said in result.output) == (2, True)


@pytest.mark.kafka
def test_sigterm_leaves_no_process_no_folder_and_no_kafka_topic(kafka: str) -> None:
    settings = msgspec.structs.replace(Settings(), kafka_bootstrap=kafka, kafka_topic_prefix="bench-peers-ended-")
    command = [sys.executable, "-m", "tests.bench.peers.fake_bench"]
    with subprocess.Popen(
        command, env={**os.environ, **environment(settings)}, stdout=subprocess.PIPE, text=True
    ) as bench:
        assert bench.stdout is not None
        folder = Path(bench.stdout.readline().strip())
        wait_until(lambda: (folder / "board").exists() and board.look(folder / "board").posts, "the peer works", BOUND)
        peer = int((folder / fake_peer.PID).read_text())
        bench.send_signal(signal.SIGTERM)
        assert bench.wait(BOUND) == INTERRUPTED
    assert not Path(f"/proc/{peer}").exists()
    assert not folder.exists()
    with connected(settings) as admin:

        def left() -> list[str]:
            return [name for name in admin.list_topics() if name.startswith(settings.kafka_topic_prefix)]

        wait_until(lambda: not left(), "Kafka has deleted the bench's Kafka topics")
