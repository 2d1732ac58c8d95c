"""A power cut, as far as processes can play it: everything dies by kill -9, and of every log what was never synced is
gone. All that was accepted is counted.

A library loaded into each process notes every fsync (`synced.c`), so the cut leaves what the kernel had promised and
not one byte more. Whether the disk keeps its own promises, no test here can say.
"""

import os
import shutil
import signal
import subprocess
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from agents.ingest.publisher import KafkaConnection
from agents.kafka import stored
from agents.kafka.admin import apply_topics
from agents.proving.acceptance import on_kafka
from agents.proving.pipeline import Pipeline
from agents.proving.sources import listened_to
from deploy.local_kafka import LocalKafka
from streams.kafka import topics as kafka_topics
from streams.settings import load
from tests.waiting import wait_until

pytestmark = [pytest.mark.kafka, pytest.mark.faults]

POSTS, RATE = 400, 100.0
WITHIN = 120.0

Cut = Callable[[Path], set[str]]


@pytest.fixture
def cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cut:
    """Have the processes that start from now on note what they sync. Returns what cuts every log below a folder back
    to that, once they are dead, and says which folders' logs lost something."""
    if (compiler := shutil.which("cc")) is None:
        pytest.skip("no C compiler")
    library, notes = tmp_path / "synced.so", tmp_path / "synced.txt"
    source = Path(__file__).with_name("synced.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    monkeypatch.setenv("LD_PRELOAD", str(library))
    monkeypatch.setenv("SYNCED_NOTES", str(notes))

    def back(folder: Path) -> set[str]:
        synced: defaultdict[tuple[int, int], int] = defaultdict(int)
        for line in notes.read_text().splitlines():
            device, inode, size = map(int, line.split())
            synced[device, inode] = max(synced[device, inode], size)
        gone = set()
        for path in folder.rglob("*.log"):
            file = path.stat()
            durable = synced[file.st_dev, file.st_ino]
            if file.st_size > durable:
                os.truncate(path, durable)
                gone.add(path.parent.name)
        return gone

    return back


def kill(broker: LocalKafka) -> None:
    """SIGKILL: nothing is written on the way out."""
    os.kill(broker.status().pid, signal.SIGKILL)
    wait_until(lambda: not broker.status().running, "the broker is dead")


@pytest.mark.parametrize(("flush", "kept"), [("each", 100), ("broker", 0)])
def test_the_cut_takes_what_kafka_did_not_flush(cut: Cut, tmp_path: Path, jars: Path, flush: str, kept: int) -> None:
    broker = LocalKafka(tmp_path / "kafka", jars, tied=True)
    settings = msgspec.structs.replace(load(kafka_flush=flush), kafka_bootstrap=broker.up())
    try:
        apply_topics(settings)
        producer = KafkaConnection(settings).open()
        posts = kafka_topics.posts(settings)
        for sent in [producer.send(posts, b"x" * 500, b"%d" % n) for n in range(100)]:
            sent.get(60)
        kill(broker)
        producer.close(timeout=0)
        # Not the controller's own log: the kill may have come just before one of its syncs.
        assert any(name.startswith(f"{posts}-") for name in cut(broker.folder / "data")) == (kept == 0)
        broker.up()
        assert len(list(stored.read(settings, posts))) == kept
    finally:
        broker.down()


def test_everything_accepted_before_a_power_cut_is_counted(cut: Cut, capsys: pytest.CaptureFixture[str]) -> None:
    settings = load(kafka_bootstrap="", partitions=4, session_timeout=6.0)
    with (
        capsys.disabled(),
        Pipeline(settings, lambda _: None) as pipeline,
        listened_to("x", pipeline, RATE, 7, POSTS) as heard,
    ):
        broker = pipeline.own_kafka
        assert broker is not None
        worker = pipeline.start_worker("worker-1")
        counted = ("pipeline_records_total", frozenset({("stage", "hospitals")}))
        pipeline.start_ingest()
        ingest = pipeline.ingest
        assert ingest is not None
        taken = ("source_lines_total", frozenset({("source", "x"), ("kind", "post")}))
        waiting = ("pipeline_wal_records", frozenset[tuple[str, str]]())

        def forgotten() -> bool:
            """Whether all was sent, and ingest has nothing of it any more that it would send again."""
            said = pipeline.scrape("ingest")
            return heard.exhausted and said.get(taken) == heard.lines and said.get(waiting) == 0

        pipeline.wait_until(
            lambda: pipeline.scrape("worker-1", counted[0]).get(counted, 0) > 0, "the worker counts", WITHIN
        )
        pipeline.wait_until(forgotten, "Kafka has acknowledged everything", WITHIN)
        kill(broker)
        ingest.kill()
        worker.kill()
        cut(pipeline.folder)
        broker.up()
        assert on_kafka(pipeline.settings) >= heard.delivered
        worker.start()
        ingest.start()
        assert pipeline.drain() == 0
        pipeline.stop_posts()
        pipeline.stop_workers()
        verdict = pipeline.judge()
        assert verdict.difference == 0, verdict
