"""Who of several workers owns a partition, and whose counts are used: by generation and age."""

import msgspec
import pytest

from agents.worker.api.peers import (
    GONE_SECONDS,
    OWNERLESS_SECONDS,
    Holding,
    Line,
    Peers,
    Presence,
    holding_key,
    presence_key,
)
from streams.figures.shape import PeerCounts
from streams.indicators.service import Answered


def a_line(hospital: str, posts: int = 1) -> Line:
    counts = PeerCounts(hospital=hospital, name="", hrr="", at=0, posts=posts, local=0, answered=Answered())
    return Line(peer=counts, posts_24h=0, local_24h=0, located_24h=0, open=0, urgent=0, oldest=None, surge=None)


class Heard:
    """Peers, and records as workers write them."""

    def __init__(self) -> None:
        self.peers = Peers("me", 1)

    def presence(self, worker: str, epoch: int, *partitions: int, at: float = 0.0, pipeline: int = 1) -> None:
        one = Presence(
            worker=worker, address=f"{worker}:9110", pipeline=pipeline, epoch=epoch, partitions=partitions
        )  # fmt: skip
        self.peers.take(presence_key(worker), msgspec.json.encode(one), at)

    def counts(self, worker: str, epoch: int, partition: int, posts: int, at: float = 0.0) -> None:
        one = Holding(worker=worker, pipeline=1, epoch=epoch, hospitals={"350070": a_line("350070", posts)})
        self.peers.take(holding_key(partition), msgspec.json.encode(one), at)

    def owner(self, partition: int, now: float = 1.0) -> str | None:
        found = self.peers.owner(partition, now)
        return found.worker if found is not None else None

    def posts(self, partition: int, now: float = 1.0) -> int | None:
        line = self.peers.hospitals(partition, now).get("350070")
        return line.peer.posts if line is not None else None


def test_the_owner_is_who_got_the_partition_last() -> None:
    heard = Heard()
    heard.presence("one", 4, 0, 1)
    heard.presence("two", 5, 1, 2)
    assert [heard.owner(partition) for partition in range(4)] == ["one", "two", "two", None]


def test_a_fenced_worker_that_goes_on_claiming_owns_nothing() -> None:
    heard = Heard()
    heard.presence("two", 5, 0)
    heard.presence("zombie", 4, 0, at=0.5)
    assert heard.owner(0) == "two"


def test_who_is_silent_is_gone_and_its_counts_a_little_later() -> None:
    heard = Heard()
    heard.presence("one", 4, 0)
    heard.counts("one", 4, 0, 7)
    assert (heard.owner(0, GONE_SECONDS), heard.posts(0, GONE_SECONDS)) == ("one", 7)
    assert heard.owner(0, GONE_SECONDS + 1) is None
    assert heard.posts(0, GONE_SECONDS + 1) == 7, "a rebalance takes less"
    assert heard.posts(0, OWNERLESS_SECONDS + 1) is None
    last = heard.peers.last_owner(0)
    assert last is not None
    assert last.worker == "one"


def test_counts_stay_good_as_long_as_their_worker_lives() -> None:
    heard = Heard()
    heard.counts("one", 4, 0, 7)
    heard.presence("one", 4, 0, at=800.0)
    assert heard.posts(0, 801.0) == 7


def test_a_worker_that_stops_says_so() -> None:
    heard = Heard()
    heard.presence("one", 4, 0)
    heard.peers.take(presence_key("one"), None, 1.0)
    assert heard.owner(0) is None
    assert heard.peers.alive(1.0) == []


def test_last_words_do_not_overtake_the_next_owner() -> None:
    heard = Heard()
    heard.counts("two", 5, 0, 8)
    heard.counts("one", 4, 0, 7, at=1.0)
    assert heard.posts(0) == 8
    heard.counts("anew", 1, 0, 9, at=500.0)  # the group began anew: its generations begin at 1
    heard.presence("anew", 1, 0, at=500.0)
    assert heard.posts(0, 501.0) == 9


def test_what_another_pipeline_says_is_none_of_ours_nor_what_we_said_ourselves() -> None:
    heard = Heard()
    heard.presence("old", 9, 0, pipeline=2)
    heard.presence("me", 9, 0)
    assert heard.owner(0) is None


def test_versions_rise_with_news_alone() -> None:
    heard = Heard()
    heard.presence("one", 4, 0)
    before = heard.peers.version
    heard.presence("one", 4, 0, at=5.0)
    assert heard.peers.version == before, "a sign of life is no news"
    heard.presence("one", 4, 0, 1, at=6.0)
    assert heard.peers.version == before + 1


@pytest.mark.parametrize("value", [b"no json", b"{}"])
def test_a_record_of_another_form_is_an_error_that_changes_nothing(value: bytes) -> None:
    heard = Heard()
    with pytest.raises(msgspec.DecodeError):
        heard.peers.take(b"partition/0", value, 0.0)
    assert heard.peers.version == 0


def test_workers_of_long_ago_are_forgotten() -> None:
    heard = Heard()
    for number in range(50):
        heard.presence(f"container-{number}", number, 0, at=number * 1000.0)
    assert len(heard.peers._workers) <= 5
