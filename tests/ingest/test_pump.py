"""What the wal accepted goes to Kafka in order; it forgets only what Kafka has, and a stop leaves the rest there."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka.errors import KafkaError

from agents.ingest import pump
from agents.ingest.publisher import MOST_FAILURES, STALL_SECONDS, Publisher
from agents.ingest.pump import Pump
from agents.ingest.wal.wal import Wal
from streams.errors import UserError
from tests.scripted_kafka import Script, record
from tests.waiting import wait_until

CAP = 1 << 24


class Pumping:
    """A wal, a scripted Kafka and the pump between them."""

    def __init__(self, folder: Path, outstanding: int = 100) -> None:
        self.wal = Wal(folder, CAP)
        self.kafka = Script()
        self.sink = Publisher(self.kafka, {"posts": "the-posts"}, outstanding, self.kafka.clock)
        self.pump = Pump(self.wal, self.sink)
        self.pump.start()
        self._ended = False

    def accept(self, *numbers: int) -> None:
        for number in numbers:
            self.wal.append(record(number))

    def wait_sent(self, *numbers: int, producer: int = 0) -> None:
        """Wait until a producer has exactly these."""
        wanted = [b"%d" % number for number in numbers]
        wait_until(lambda: self.kafka.values(producer) == wanted, f"{numbers} are sent")

    def ack(self, *numbers: int, producer: int = 0) -> None:
        for one in self.kafka.producers[producer]:
            if int(one.value) in numbers:
                one.ack()
        self.pump.tend()

    def end(self) -> int:
        """A stop that waits for nothing; what stays in the wal."""
        self._ended = True
        left = self.pump.stop(0)
        self.wal.close()
        return left

    def cleanup(self) -> None:
        if not self._ended:
            self.end()


@pytest.fixture
def pumping(tmp_path: Path) -> Iterator[Pumping]:
    made = Pumping(tmp_path)
    yield made
    made.cleanup()


def test_the_wal_forgets_in_the_order_of_acceptance_whatever_the_order_of_acks(pumping: Pumping) -> None:
    pumping.accept(0, 1, 2, 3)
    pumping.wait_sent(0, 1, 2, 3)
    pumping.ack(1, 3)
    assert pumping.wal.waiting == 4
    pumping.ack(0)
    assert pumping.wal.waiting == 2
    pumping.ack(2)
    assert pumping.wal.waiting == 0


def test_no_more_than_the_bound_is_on_its_way_and_the_rest_waits_on_the_disk(tmp_path: Path) -> None:
    pumping = Pumping(tmp_path, outstanding=2)
    pumping.accept(0, 1, 2, 3)
    pumping.wait_sent(0, 1)
    assert pumping.wal.waiting == 4
    pumping.ack(0)
    pumping.wait_sent(0, 1, 2)
    pumping.cleanup()


def test_what_kafka_has_not_at_a_stop_is_sent_after_the_next_start(pumping: Pumping, tmp_path: Path) -> None:
    pumping.accept(0, 1, 2, 3)
    pumping.wait_sent(0, 1, 2, 3)
    pumping.ack(0, 2)
    assert pumping.end() == 3
    again = Pumping(tmp_path)
    again.wait_sent(1, 2, 3)
    again.ack(1, 2, 3)
    assert again.end() == 0


def test_a_stop_waits_for_a_kafka_that_takes_what_it_is_given(pumping: Pumping) -> None:
    pumping.accept(0, 1)
    pumping.wait_sent(0, 1)
    for one in pumping.kafka.producers[0]:
        one.ack()
    assert pumping.end() == 0


def test_a_stop_gives_up_on_a_kafka_that_takes_nothing(pumping: Pumping) -> None:
    pumping.accept(0)
    pumping.wait_sent(0)
    pumping.kafka.now += pump.GIVE_UP_SECONDS
    assert pumping.pump.stop(600) == 1


def test_a_stalled_producer_is_replaced_and_the_cursor_waits(pumping: Pumping) -> None:
    pumping.accept(0, 1)
    pumping.wait_sent(0, 1)
    pumping.kafka.now += STALL_SECONDS
    pumping.pump.tend()
    pumping.wait_sent(0, 1, producer=1)
    assert pumping.wal.waiting == 2
    pumping.ack(0, 1, producer=1)
    assert (pumping.wal.waiting, pumping.sink.rebuilds) == (0, 1)


def test_refusals_without_end_are_said_and_lose_nothing(pumping: Pumping, tmp_path: Path) -> None:
    pumping.accept(0)
    pumping.wait_sent(0)
    for number in range(MOST_FAILURES + 1):
        pumping.kafka.producers[number][0].fail(KafkaError())
        pumping.kafka.now += STALL_SECONDS
        if number < MOST_FAILURES:
            pumping.pump.tend()
    with pytest.raises(UserError, match="earshot topics describe"):
        pumping.pump.tend()
    assert pumping.end() == 1
    again = Pumping(tmp_path)
    again.wait_sent(0)
    again.cleanup()


def test_the_age_of_what_waits_is_that_of_the_oldest(pumping: Pumping) -> None:
    assert pumping.pump.oldest_at is None
    pumping.accept(0)
    pumping.wait_sent(0)
    first = pumping.pump.oldest_at
    assert first is not None
    pumping.accept(1)
    pumping.wait_sent(0, 1)
    assert pumping.pump.oldest_at == first
    pumping.ack(0, 1)
    assert pumping.pump.oldest_at is None
