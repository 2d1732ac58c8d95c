"""Ingest and its wal, with real Kafka: a stop without Kafka keeps what was accepted, a full wal hangs up on X."""

import logging
import os
import threading
from pathlib import Path

import msgspec
import pytest

from agents.ingest.wal.wal import Wal
from agents.proving.acceptance import in_wal
from streams.errors import UserError
from streams.kafka import topics as kafka_topics
from streams.settings import Settings
from tests.ingest.wal.appender import record
from tests.running_ingest import count, listening, pointed_at, simulated, stored, wait_for_all
from tests.waiting import wait_until

pytestmark = pytest.mark.kafka


def test_what_waits_in_the_wal_since_the_last_run_is_handed_on_first(
    pipeline_settings: Settings, tmp_path: Path
) -> None:
    with simulated(rate=500, count=50) as running:
        settings = pointed_at(pipeline_settings, running.x.url, tmp_path)
        wal = Wal(settings.wal_path, settings.wal_max_bytes)
        for number in range(300):
            wal.append(record(number))
        wal.close()
        with listening(settings) as ingest:
            wait_until(lambda: count(settings, kafka_topics.posts(settings)) >= 300, "the old ones are there")
            wait_for_all(settings, running, ingest)
    assert ingest.code == 0
    values = [value for _, value in stored(settings, kafka_topics.posts(settings))]
    assert {record(number).value for number in range(300)} <= set(values)
    assert len(values) == 300 + running.x.delivered.total()
    assert list(settings.wal_path.glob("*.log")) == [], "Kafka has all of it, so no text stays here"


def test_a_wal_that_is_full_hangs_up_on_x_and_listens_again_when_there_is_room(
    pipeline_settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with simulated(rate=1000, count=1500) as running:
        # A cap that holds a hundred posts: it is reached before the first of them are acknowledged.
        settings = msgspec.structs.replace(
            pointed_at(pipeline_settings, running.x.url, tmp_path), wal_max_bytes=200_000
        )
        with listening(settings) as ingest:
            wait_until(lambda: len(running.x.attempts) > 2 or not ingest.running, "it hung up and came again", 60)
            ingest.stop()
        delivered = set(running.x.delivered)
    assert (ingest.error, ingest.code) == (None, 0)
    assert "is full: no more is accepted" in caplog.text
    assert {status for _, status in running.x.attempts} == {200}
    arrived = {key.decode() for key, _ in stored(settings, kafka_topics.posts(settings))}
    assert arrived
    assert arrived | in_wal(settings.wal_path) <= delivered


def test_two_ingests_never_share_a_log(pipeline_settings: Settings, tmp_path: Path) -> None:
    with simulated(count=0) as running:
        settings = pointed_at(pipeline_settings, running.x.url, tmp_path)
        with listening(settings) as first:
            wait_until(lambda: running.x.connected, "the first listens")
            with listening(settings) as second:
                wait_until(lambda: not second.running, "the second ends")
            assert first.running
    assert isinstance(second.error, UserError)
    assert str(second.error).startswith("another ingest uses the wal in ")


def test_a_dead_letter_waits_in_the_wal_like_a_post(pipeline_settings: Settings, tmp_path: Path) -> None:
    with simulated(rate=500, count=30, bad_every=3) as running:
        settings = pointed_at(pipeline_settings, running.x.url, tmp_path)
        with listening(settings) as ingest:
            wait_for_all(settings, running, ingest)
        assert count(settings, kafka_topics.dead_letters(settings)) == running.x.bad.total() - running.x.bad["untagged"]
        assert running.x.bad.total() > 5


def test_a_disk_that_refuses_ends_ingest_in_one_line_and_keeps_what_was_accepted(
    pipeline_settings: Settings, tmp_path: Path
) -> None:
    with simulated(rate=200) as running:
        settings = pointed_at(pipeline_settings, running.x.url, tmp_path)
        settings = msgspec.structs.replace(settings, wal_max_bytes=1024 * 1024)  # a new segment every 64 KB
        with listening(settings) as ingest:
            wait_until(lambda: bool(count(settings, kafka_topics.posts(settings))), "posts flow")
            elsewhere = settings.wal_path.with_name("elsewhere")
            os.rename(settings.wal_path, elsewhere)
            wait_until(lambda: not ingest.running, "it ends")
    assert isinstance(ingest.error, UserError)
    assert str(settings.wal_path) in str(ingest.error)
    assert [one.name for one in threading.enumerate() if one.name.startswith("earshot")] == []
    held = in_wal(elsewhere) | {key.decode() for key, _ in stored(settings, kafka_topics.posts(settings))}
    assert held
