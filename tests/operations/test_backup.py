"""docs/backup.md, tried: the files of a stopped pipeline, put back later, hold every count of that moment."""

import shutil
from pathlib import Path

import pytest

from agents.proving.load import fill
from agents.proving.pipeline import Pipeline
from agents.proving.verification import verdict
from deploy.local_kafka import LocalKafka
from streams.settings import load

pytestmark = pytest.mark.faults


def test_a_restored_pipeline_holds_every_count_of_its_backup_and_goes_on(tmp_path: Path, jars: Path) -> None:
    broker = LocalKafka(tmp_path / "kafka", jars, tied=True)
    try:
        with Pipeline(load(kafka_bootstrap=broker.up(), partitions=2), lambda _: None) as pipeline:
            settings = pipeline.settings

            def count(posts: int, seed: int) -> int:
                fill(settings, posts, seed=seed)
                pipeline.start_worker("worker-1")
                assert pipeline.drain() == 0
                pipeline.stop_workers()
                found = verdict(settings)
                assert found.difference == 0, str(found)
                return found.posts

            first = count(300, seed=1)
            broker.down()
            shutil.copytree(tmp_path / "kafka" / "data", tmp_path / "backup")
            broker.up()
            assert count(200, seed=2) > first

            broker.down()
            shutil.rmtree(tmp_path / "kafka" / "data")
            shutil.copytree(tmp_path / "backup", tmp_path / "kafka" / "data")
            assert broker.up() == settings.kafka_bootstrap
            restored = verdict(settings)
            assert (restored.posts, restored.difference) == (first, 0), str(restored)
            assert count(200, seed=3) > first, "and it goes on"
    finally:
        broker.down()
