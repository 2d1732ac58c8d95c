"""Announcements and a broker that is away for longer than a record lives: late, and never the process's end."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agents.kafka import stored
from agents.kafka.admin import apply_topics
from agents.worker.api.outbox import Outbox
from deploy.local_kafka import LocalKafka
from streams.faustkit import lease
from streams.faustkit.lease import Lease
from streams.kafka import topics as kafka_topics
from streams.settings import Settings
from tests.waiting import wait_until

pytestmark = pytest.mark.kafka

DELIVERY_SECONDS = 1.0


@pytest.fixture
def own_kafka(tmp_path: Path, jars: Path) -> Iterator[LocalKafka]:
    """A broker of this test's own, to take away."""
    broker = LocalKafka(tmp_path / "kafka", jars, tied=True)
    try:
        yield broker
    finally:
        broker.down()


def valid_lease() -> Lease:
    held = Lease(600)
    held.renew(lease.now())
    return held


def told(settings: Settings) -> list[tuple[bytes | None, bytes | None]]:
    return [(one.key, one.value) for one in stored.read(settings, kafka_topics.workers(settings))]


async def until(holds: Callable[[], bool], what: str) -> None:
    """Wait for it while the loop goes on."""
    await asyncio.to_thread(wait_until, holds, what, 60)


def test_an_outage_longer_than_a_delivery_makes_announcements_late(
    own_kafka: LocalKafka, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "agents.worker.api.outbox")
    settings = own_kafka.client(own_kafka.up())
    apply_topics(settings)

    async def tell() -> None:
        box = Outbox(settings, valid_lease(), kafka_topics.workers(settings), DELIVERY_SECONDS)
        box.start()
        box.put(b"worker/a", b"before")
        await until(lambda: told(settings) == [(b"worker/a", b"before")], "the first is told")
        await asyncio.to_thread(own_kafka.down)
        box.put(b"worker/a", b"amid")
        await until(lambda: caplog.text.count("announcements cannot be sent now") > 1, "two deliveries were given up")
        box.put(b"partition/1", b"amid")
        box.put(b"worker/a", b"newest")
        await asyncio.to_thread(own_kafka.up)
        expected = [(b"worker/a", b"before"), (b"worker/a", b"newest"), (b"partition/1", b"amid")]
        await until(lambda: told(settings) == expected, "the newest are told")
        await box.stop()

    asyncio.run(tell())


def test_nothing_is_sent_without_a_lease_nor_after_it_was_dropped(pipeline_settings: Settings) -> None:
    async def tell() -> None:
        held = Lease(600)
        box = Outbox(pipeline_settings, held, kafka_topics.workers(pipeline_settings))
        box.start()
        box.put(b"worker/a", b"of a lease that is over")
        await box.stop()  # waits for it in vain
        box = Outbox(pipeline_settings, held, kafka_topics.workers(pipeline_settings))
        box.start()
        box.put(b"partition/1", b"of an earlier assignment")
        box.clear()
        held.renew(lease.now())
        box.put(b"worker/a", None)
        await box.stop()

    asyncio.run(tell())
    assert told(pipeline_settings) == [(b"worker/a", None)]
