"""What was accepted reaches Kafka in order: through producers that stall, fail or cannot be built, and an outage."""

import gc
import logging
import threading
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaProducer
from kafka.errors import KafkaError

from agents.ingest import publisher
from agents.ingest.publisher import (
    ASK_SECONDS,
    MOST_FAILURES,
    PAUSE_SECONDS,
    SILENCE_SECONDS,
    STALL_SECONDS,
    KafkaConnection,
    Publisher,
)
from agents.kafka import clients
from agents.kafka.admin import apply_topics
from deploy.local_kafka import LocalKafka
from streams.errors import UserError
from streams.kafka import topics as kafka_topics
from streams.settings import Settings, load
from tests.running_ingest import stored
from tests.scripted_kafka import Script, publish, record
from tests.waiting import wait_until


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def sink(script: Script) -> Publisher:
    return Publisher(script, {"posts": "the-posts", "dead-letters": "the-dead"}, 100, script.clock)


def test_a_stalled_producer_is_replaced_and_the_rest_sent_again_in_order(script: Script, sink: Publisher) -> None:
    publish(sink, 1, 2, 3, 4)
    script.producers[0][1].ack()
    script.now += STALL_SECONDS - 1
    sink.tend()
    assert len(script.producers) == 1
    script.now += 1
    sink.tend()
    assert script.values(1) == [b"1", b"3", b"4"]
    assert script.discarded == 1
    script.producers[0][0].ack()  # the old one's last words
    assert sink.outstanding == 3
    for sent in script.producers[1]:
        sent.ack()
    assert sink.outstanding == 0


def test_a_refused_record_is_sent_again_by_a_new_producer(script: Script, sink: Publisher) -> None:
    publish(sink, 1, 2)
    script.producers[0][0].fail(KafkaError())
    publish(sink, 3)
    assert script.values(0) == [b"1", b"2"], "nothing overtakes what was refused"
    sink.tend()
    assert script.values(1) == [b"1", b"2", b"3"]


def test_silence_of_the_whole_broker_is_waited_out_without_a_producer(script: Script, sink: Publisher) -> None:
    publish(sink, 1)
    script.answers = False
    for _ in range(20):
        script.now += SILENCE_SECONDS
        sink.tend()
    assert (len(script.producers), script.discarded) == (1, 1)
    publish(sink, 2)
    script.answers = True
    script.now += ASK_SECONDS
    sink.tend()
    assert script.values(1) == [b"1", b"2"]


def test_a_broker_that_answers_may_take_its_time(script: Script, sink: Publisher) -> None:
    publish(sink, 1)
    script.now += SILENCE_SECONDS
    sink.tend()
    assert (len(script.producers), script.discarded) == (1, 0)


def test_a_producer_that_cannot_be_built_is_tried_again(script: Script, sink: Publisher) -> None:
    publish(sink, 1)
    script.opens = False
    script.now += STALL_SECONDS
    sink.tend()
    publish(sink, 2)
    script.opens = True
    script.now += 2 * PAUSE_SECONDS
    sink.tend()
    assert script.values(1) == [b"1", b"2"]


def test_refusals_without_end_are_fatal(script: Script, sink: Publisher) -> None:
    publish(sink, 1)
    for _ in range(MOST_FAILURES):
        script.producers[-1][0].fail(KafkaError())
        script.now += STALL_SECONDS
        sink.tend()
    script.producers[-1][0].fail(KafkaError())
    script.now += STALL_SECONDS
    with pytest.raises(UserError, match="earshot topics describe"):
        sink.tend()
    assert sink.close(1) == 1


def test_reading_waits_while_too_much_is_outstanding(script: Script) -> None:
    sink = Publisher(script, {"posts": "the-posts"}, 2, script.clock)
    publish(sink, 1, 2)
    accepted: list[bool] = []
    thread = threading.Thread(target=lambda: accepted.append(sink.publish(record(3))))
    thread.start()
    thread.join(0.1)
    assert thread.is_alive()
    assert script.values(0) == [b"1", b"2"]
    script.producers[0][0].ack()
    thread.join(10)
    assert accepted == [True]
    assert script.values(0) == [b"1", b"2", b"3"]


def test_a_close_accepts_no_more_and_releases_who_waits(script: Script) -> None:
    sink = Publisher(script, {"posts": "the-posts"}, 1, script.clock)
    publish(sink, 1)
    accepted: list[bool] = []
    thread = threading.Thread(target=lambda: accepted.append(sink.publish(record(2))))
    thread.start()
    assert sink.close(0) == 1
    thread.join(10)
    assert accepted == [False]
    assert script.values(0) == [b"1"]


@pytest.mark.kafka
def test_kafkas_own_producer_is_ended_even_with_records_that_it_cannot_send(
    pipeline_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = clients.producer

    def lingering(settings: Settings, **options: Any) -> KafkaProducer:
        """A long linger keeps the record back, as an outage would."""
        return build(settings, **{**options, "linger_ms": 600_000})

    monkeypatch.setattr(clients, "producer", lingering)
    before = set(threading.enumerate())
    connection = KafkaConnection(pipeline_settings)
    producer = connection.open()
    threads = set(threading.enumerate()) - before
    assert threads
    sent = producer.send(kafka_topics.posts(pipeline_settings), b"1", b"1")
    connection.discard(producer)
    wait_until(lambda: not any(one.is_alive() for one in threads), "its threads end")
    assert sent.failed()


@pytest.mark.kafka
def test_what_is_accepted_during_an_outage_arrives_after_it(
    tmp_path: Path, jars: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, "kafka")  # pytest would keep its log records, and they the sockets
    broker = LocalKafka(tmp_path, jars=jars)
    try:
        settings = load({}, kafka_bootstrap=broker.up())
        apply_topics(settings)
        sink = publisher.connect(settings)
        publish(sink, *range(100))
        wait_until(lambda: sink.outstanding == 0, "all are acknowledged")
        broker.down()
        publish(sink, *range(100, 300))
        sink.tend()
        assert sink.outstanding == 200
        assert broker.up() == settings.kafka_bootstrap
        wait_until(lambda: sink.outstanding == 0, "all are acknowledged", 40)
        assert sink.close(5) == 0
        arrived = [int(value) for _, value in stored(settings, kafka_topics.posts(settings))]
        assert sorted(set(arrived)) == list(range(300))
    finally:
        broker.down()
        gc.collect()  # a socket that was left open fails this test, not the next
