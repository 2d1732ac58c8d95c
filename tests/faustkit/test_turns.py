"""Turns at fetching: of each Kafka topic some records at a time, so that mentions are counted while posts wait."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

from faust.types import TP

from streams.faustkit.consumer import BatchThread

POSTS = [TP("posts", number) for number in range(3)]
MENTIONS = [TP("mentions", number) for number in range(3)]
MOST = 100


class Fetched:
    """aiokafka's fetcher, with records that were fetched before: it gives partition after partition, as the real one
    does."""

    def __init__(self, held: dict[TP, int]) -> None:
        self._closed = False
        self._subscriptions = self
        self._records: dict[TP, object] = {}
        self.held = held
        self.waits: list[float] = []

    @contextmanager
    def fetch_context(self) -> Iterator[None]:
        yield

    async def fetched_records(self, partitions: set[TP], timeout: float, max_records: int) -> dict[TP, list[int]]:  # noqa: ASYNC109
        assert partitions, "none would mean all"
        self.waits.append(timeout)
        found = {}
        for tp in self.held:
            if tp in partitions and (count := min(max_records, self.held[tp])):
                found[tp] = [0] * count
                self.held[tp] -= count
                max_records -= count
        return found


def turn(fetched: Fetched, active: list[TP]) -> dict[str, int]:
    """Kafka topic -> records of one turn."""
    thread = BatchThread.__new__(BatchThread)
    thread.consumer = SimpleNamespace(flow_active=True)
    consumer = SimpleNamespace(_fetcher=fetched, _closed=False)
    found = asyncio.run(thread._fetch_records(consumer, set(active), timeout=0.25, max_records=MOST))
    return {topic: sum(len(found[tp]) for tp in found if tp.topic == topic) for topic in ("posts", "mentions")}


def test_mentions_do_not_wait_behind_all_the_posts_that_were_fetched() -> None:
    fetched = Fetched({POSTS[0]: 10_000, POSTS[1]: 10_000, MENTIONS[2]: 150})
    assert turn(fetched, [*POSTS, *MENTIONS]) == {"posts": MOST, "mentions": MOST}
    assert turn(fetched, [*POSTS, *MENTIONS]) == {"posts": MOST, "mentions": 50}
    assert set(fetched.waits) == {0}, "what is there is not waited for"


def test_what_is_not_active_stays() -> None:
    fetched = Fetched({POSTS[0]: 10, POSTS[1]: 10, MENTIONS[0]: 10})
    assert turn(fetched, [POSTS[1]]) == {"posts": 10, "mentions": 0}
    assert fetched.held == {POSTS[0]: 10, POSTS[1]: 0, MENTIONS[0]: 10}


def test_only_where_nothing_is_there_it_is_waited_for() -> None:
    fetched = Fetched({})
    assert turn(fetched, [*POSTS, *MENTIONS]) == {"posts": 0, "mentions": 0}
    assert fetched.waits == [0, 0, 0.25]
