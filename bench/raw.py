"""The floor: aiokafka's own loop over the same Kafka topic, decoding each post, doing nothing with it; again and again
until it took long enough to be measured.

A process of its own, so that its CPU is its own. Prints one JSON object when it has read everything.
"""

import asyncio
import resource
import sys
import time

import msgspec
import uvloop
from aiokafka import AIOKafkaConsumer, TopicPartition

from streams import settings
from streams.kafka import client as kafka_client
from streams.kafka import topics as kafka_topics
from streams.reading.x_payload import XEnvelope

LEAST_SECONDS = 2.0


async def read(expected: int) -> dict[str, float]:
    """Read and decode the `expected` records of posts, once or more."""
    loaded = settings.load()
    decode = msgspec.json.Decoder(XEnvelope).decode
    consumer = AIOKafkaConsumer(
        **kafka_client.arguments(loaded),
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=4 * 1024 * 1024,
    )
    await consumer.start()
    try:
        topic = kafka_topics.posts(loaded)
        consumer.assign([TopicPartition(topic, number) for number in range(loaded.partitions)])
        count, passed, started, cpu = 0, 0, 0.0, 0.0
        while passed < expected or time.perf_counter() - started < LEAST_SECONDS:
            if passed >= expected:
                await consumer.seek_to_beginning()
                passed = 0
            for records in (await consumer.getmany(timeout_ms=500)).values():
                if not count:
                    started, cpu = time.perf_counter(), _cpu()
                for record in records:
                    decode(record.value)
                count += len(records)
                passed += len(records)
        return {"posts": count, "seconds": time.perf_counter() - started, "cpu_seconds": _cpu() - cpu}
    finally:
        await consumer.stop()


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(msgspec.json.encode(runner.run(read(int(sys.argv[1])))).decode())
