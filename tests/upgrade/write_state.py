# mypy: ignore-errors
"""Writes `state_0_1_0.msgpack.zst`, what a pipeline of version 0.1.0 left in Kafka; `test_upgrade.py` starts from it.

Run once, in a tree of commit 88d3716 (rows of form 1), from its root: `python write_state.py FOLDER OUT`, where FOLDER
holds this folder's `hospitals.csv` and `handles.csv`. Kept to show how the file came about: it imports that commit's
modules, not today's.

The state is that of a crash: posts over four hours with copies, some hours committed, a further part counted in memory
only when the worker was killed, and some posts that no worker had read.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import zstandard
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition

from agents import group_lag
from agents.proving import load as filling
from agents.proving.pipeline import Pipeline
from streams import kafka_topics
from streams.settings import load

POSTS, AGAIN, UNREAD = 240, 80, 40
HOURS = 4


def sample(pipeline: Pipeline, stage: str) -> float:
    """Records that the worker has taken."""
    return pipeline.scrape("worker-1").get(("pipeline_records_total", frozenset({("stage", stage)})), -1)


def wait(reached: Callable[[], bool]) -> None:
    """Until it holds, a minute at most."""
    deadline = time.monotonic() + 60
    while not reached():
        if time.monotonic() > deadline:
            raise SystemExit("it does not come about")
        time.sleep(0.1)


def records(bootstrap: str, topic: str) -> list[tuple[int, int, int, bytes | None, bytes | None]]:
    """Partition, offset, timestamp, key and value of every record."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    tps = [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic))]
    found = []
    for tp in tps:
        consumer.assign([tp])
        consumer.seek_to_beginning(tp)
        end = consumer.end_offsets([tp])[tp]
        while consumer.position(tp) < end:
            for batch in consumer.poll(500).values():
                found += [(one.partition, one.offset, one.timestamp, one.key, one.value) for one in batch]
    consumer.close()
    return found


def main(folder: str, out: str) -> None:
    """Make the state and write the file."""
    filling.POSTS_PER_SECOND = (POSTS + AGAIN + UNREAD) / (HOURS * 3600) / 3
    settings = load(session_timeout=6.0, commit_interval=0.3, directory_folder=folder)
    with Pipeline(settings, print) as pipeline:
        taken = filling.fill(pipeline.settings, POSTS, seed=1)
        pipeline.start_worker("worker-1")
        wait(lambda: sample(pipeline, "tagger") >= taken)
        pipeline.drain()
        pipeline.stop_workers()
        pipeline.settings = msgspec.structs.replace(pipeline.settings, commit_interval=60.0)
        pipeline.workers.clear()
        more = filling.fill(pipeline.settings, AGAIN, seed=2)
        pipeline.start_worker("worker-1")
        wait(lambda: sample(pipeline, "tagger") >= more)
        before = sample(pipeline, "hospitals")
        wait(lambda: sample(pipeline, "hospitals") >= before > 0)
        pipeline.workers["worker-1"].kill()
        filling.fill(pipeline.settings, UNREAD, seed=3)
        print("waits:", group_lag.total(pipeline.settings))
        bootstrap = pipeline.settings.kafka_bootstrap
        prefix = pipeline.settings.kafka_topic_prefix
        names = [one.name for one in kafka_topics.declared(pipeline.settings)]
        kept = {name.removeprefix(prefix): records(bootstrap, name) for name in names}
        with KafkaAdminClient(bootstrap_servers=bootstrap) as admin:
            listed = admin.list_group_offsets(kafka_topics.app_id(pipeline.settings))
        (offsets,) = listed.values()
        committed = [(tp.topic.removeprefix(prefix), tp.partition, one.offset) for tp, one in offsets.items()]
        print({name: len(found) for name, found in kept.items()}, committed)
        Path(out).write_bytes(zstandard.compress(msgspec.msgpack.encode({"records": kept, "committed": committed}), 19))


if __name__ == "__main__":
    main(*sys.argv[1:])
