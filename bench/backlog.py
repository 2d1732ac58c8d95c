"""Posts that wait, worked through by workers that were ready before: pace and CPU of any number of workers.

Called by `growth.py`. The posts are made into batches first and reach Kafka all at once, so that no worker begins
before another. The time is from the first batch to the last row in memory. Owns its pipeline.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from aiokafka import AIOKafkaProducer

from agents.ingest.partitioner import partition_of
from agents.kafka import stored
from agents.proving import load
from agents.proving.pipeline import Pipeline
from bench import paced
from bench.paced import Broker
from streams.errors import UserError
from streams.kafka import client as kafka_client
from streams.kafka import topics as kafka_topics
from streams.settings import Settings

BATCH_BYTES = 256 * 1024
LOOK_SECONDS = 0.2
BOUND_SECONDS = 600.0
WARM_POSTS = 30_000
RECORDS = "pipeline_records_total"


class Worked(NamedTuple):
    """A backlog worked through."""

    posts: int
    """Copies included."""
    seconds: float
    cpu: float
    """Seconds of all workers together."""
    broker_cpu: float
    """0 if the broker is another's."""


@contextmanager
def warmed(settings: Settings, say: Callable[[str], None]) -> Iterator[Broker]:
    """A broker for several runs. One of its own has worked through posts before: a Java process that has just started
    takes several times the CPU of one that has compiled what it runs."""
    with Pipeline(settings, say) as pipeline:
        if pipeline.own_kafka is None:
            yield Broker(pipeline.settings, 0)
            return
        broker = Broker(pipeline.settings, pipeline.own_kafka.status().pid)
        say("warming the broker up")
        work_through(broker, WARM_POSTS, 1, say)
        yield broker


def work_through(broker: Broker, posts: int, workers: int, say: Callable[[str], None]) -> Worked:
    """Start the workers, then have them work through `posts` posts and their copies. Raises `UserError`."""
    with Pipeline(broker.settings, say) as pipeline:
        children = [pipeline.start_worker(f"worker-{number}") for number in range(workers)]
        paced.wait_held(pipeline)
        begun: list[float] = []

        def now() -> list[float]:
            return [time.monotonic(), sum(one.cpu_seconds() for one in children), broker.cpu()]

        records = asyncio.run(_put(pipeline.settings, posts, lambda: begun.extend(now())))
        say(f"{records} posts for {workers} workers")
        mentions = kafka_topics.mentions(pipeline.settings)

        def done() -> bool:
            samples = [pipeline.scrape(name, RECORDS) for name in pipeline.workers]
            tagged, folded = (
                sum(one.get((RECORDS, frozenset({("stage", stage)})), 0) for one in samples)
                for stage in ("tagger", "hospitals")
            )
            return tagged >= records and folded >= stored.size(pipeline.settings, mentions)

        deadline = time.monotonic() + BOUND_SECONDS
        while not done():
            pipeline.require_running()
            if time.monotonic() > deadline:
                raise UserError(f"{workers} workers did not work through {records} posts in {BOUND_SECONDS:.0f} s")
            time.sleep(LOOK_SECONDS)
        return Worked(records, *(after - before for after, before in zip(now(), begun, strict=True)))


async def _put(settings: Settings, posts: int, begins: Callable[[], None]) -> int:
    """Put posts on Kafka as fast as it takes them, once all batches are made; how many. `begins`: called in between."""
    producer = AIOKafkaProducer(
        **kafka_client.arguments(settings), compression_type="zstd", max_batch_size=BATCH_BYTES, acks="all"
    )
    await producer.start()
    try:
        batches = [[producer.create_batch()] for _ in range(settings.partitions)]
        count = 0
        for key, value in load.records(settings, posts, seed=1):
            waiting = batches[partition_of(key, settings.partitions)]
            if waiting[-1].append(timestamp=None, key=key, value=value) is None:
                waiting.append(producer.create_batch())
                waiting[-1].append(timestamp=None, key=key, value=value)
            count += 1
        topic = kafka_topics.posts(settings)

        async def send(partition: int) -> None:
            sent = [await producer.send_batch(one, topic, partition=partition) for one in batches[partition]]
            await asyncio.gather(*sent)

        begins()
        await asyncio.gather(*(send(partition) for partition, made in enumerate(batches) if made[0].record_count()))
        return count
    finally:
        await producer.stop()
