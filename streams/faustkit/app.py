"""The Faust app: its settings, with a reason for each that is not Faust's default, and how agents join it.

Called by the worker. Knows Kafka topics and the state's rebalance order; not what agents do.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Protocol

import faust

from streams.faustkit import fatal
from streams.faustkit.chunk import Chunk, ChunkSchema
from streams.faustkit.credentials import broker_credentials
from streams.faustkit.state import State
from streams.kafka import topics as kafka_topics
from streams.settings import Settings

BUFFERED_CHUNKS = 16
"""Chunks waiting for an agent before the transport stops fetching; 16 of 1,000 posts are about 30 MB."""

POLL_RECORDS = 2000
"""Most records taken of a Kafka topic at once. Without a bound the worker unpacked a whole backlog before it read the
first post: 200 MB of memory for 100,000 posts, and nothing counted meanwhile."""

Take = Callable[[Chunk], Awaitable[None]]


class _Event(Protocol):
    value: Chunk


class _Stream(Protocol):
    def events(self) -> AsyncIterator[_Event]: ...


class App(faust.App):  # type: ignore[misc]
    """A Faust app that carries Earshot's settings and the worker's state, for the transport."""

    worker_settings: Settings
    worker_state: State

    def _create_directories(self) -> None:
        """Make none: Earshot keeps no files. Stock Faust makes a folder where it is started, which may be read-only."""


def create(settings: Settings, state: State) -> App:
    """The app, without agents yet."""
    brokers = settings.kafka_bootstrap.split(",")
    app = App(
        kafka_topics.app_id(settings),
        broker=[f"{settings.transport}://{broker}" for broker in brokers],
        broker_credentials=broker_credentials(settings),
        # `earshot topics apply` creates the Kafka topics, with their configuration; nothing else does.
        topic_allow_declare=False,
        topic_disable_leader=True,
        topic_partitions=settings.partitions,
        table_standby_replicas=0,
        # Faust's web views would show tables, on 0.0.0.0, to anyone who reaches the port.
        web_enabled=False,
        stream_buffer_maxsize=BUFFERED_CHUNKS if settings.transport == "batch" else 4096,
        broker_commit_interval=settings.commit_interval,
        broker_session_timeout=settings.session_timeout,
        broker_heartbeat_interval=min(1.0, settings.session_timeout / 6),
        # Static membership: a worker that restarts within its session gets its partitions back.
        consumer_group_instance_id=settings.worker_name,
        consumer_max_fetch_size=4 * 1024 * 1024,
        broker_max_poll_records=POLL_RECORDS,
        consumer_auto_offset_reset="earliest",
        worker_redirect_stdouts=False,
        cython_optimizations=True,
    )
    app.worker_settings = settings
    app.worker_state = state
    app.on_rebalance_complete.connect(_take_over, weak=False)
    return app


async def _take_over(app: App, **_: Any) -> None:
    """Recover the tables. Faust calls it when partitions are assigned but not yet resumed."""
    try:
        consumer = app.consumer
        await app.worker_state.take_over(((tp.topic, tp.partition) for tp in consumer.assigned), consumer.generation)
    except Exception as exc:
        fatal.end_on(exc, "recovery")


def attach(app: App, kafka_topic: str, name: str, take: Take) -> None:
    """Have Faust call `take` with every chunk of a Kafka topic, in order. An exception in it ends the process: stock
    Faust would acknowledge the chunk."""

    async def agent(stream: _Stream) -> None:
        async for event in stream.events():
            chunk = event.value
            try:
                app.worker_state.arrive(kafka_topic, chunk.partition, chunk.records[0].offset, chunk.records[-1].offset)
                await take(chunk)
            except Exception as exc:
                fatal.end_on(exc, name)

    agent.__name__ = agent.__qualname__ = name
    partitions = app.worker_settings.partitions
    app.agent(app.topic(kafka_topic, schema=ChunkSchema(), partitions=partitions), name=name)(agent)
