"""Which of X's compliance events are about posts that are here: X tells of every post and every account there is.

Owns the ids of what is kept, by whom each post is and which later versions it has, followed on the Kafka topic `posts`
in a thread of its own, and the events whose post may still be on its way there. Called by `live.py`'s reading threads.
Keeps numbers only, in memory only: 130 to 180 bytes a post (measured with a million posts of 200,000 to a million
authors), so 31 MB for one post a second; and forgets a post with its author two days after it came.
"""

import logging
import threading
from collections.abc import Callable, Iterable
from typing import TypeVar

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from agents.ingest.x.compliance.events import Event
from agents.ingest.x.compliance.generations import Generations
from agents.ingest.x.compliance.stored_posts import told
from agents.ingest.x.compliance.written import Written, written
from streams.kafka import client as kafka_client
from streams.kafka import topics as kafka_topics
from streams.kafka.topics import DAY_MS
from streams.settings import Settings
from streams.vocabulary import Withdrawn

log = logging.getLogger(__name__)

HELD_SECONDS = 900.0
"""How long an event waits for its post at least, counted only while Kafka answers: a post that waits in the wal is
there when Kafka is."""
MOST_HELD = 2_000_000
"""Events that wait at most, of posts and of accounts each, a few hundred MB; then the older half goes."""
PAUSE_SECONDS = 2.0
"""After Kafka refused."""
POLL_MS = 500

V = TypeVar("V")


class Matching:
    """Follows `posts`."""

    def __init__(self, settings: Settings, emit: Callable[[Event], None], clock: Callable[[], float]) -> None:
        """`emit` gets each withdrawal of a post that is here, once, in whichever thread found it. `clock`: seconds that
        only grow."""
        self._settings = settings
        self._emit = emit
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: Generations[bool] = Generations()
        """Whether a post that is here still stands."""
        self._by_author: Generations[int | tuple[int, ...]] = Generations()
        """Their posts: most have one, and a number takes half of what a row of one does."""
        self._first: Generations[int] = Generations()
        """The id that a post has here, by that of a later version."""
        self._held: Generations[Withdrawn] = Generations()
        self._held_accounts: Generations[Event] = Generations()
        self._kept_turn = self._held_turn = clock()
        self.caught_up = threading.Event()
        """Set when `posts` was read to its end once."""

    def heard(self, event: Event) -> None:
        """A withdrawal that X tells of, or an account whose posts are to be withdrawn."""
        with self._lock:
            found = self._of_account(event) if event.kind == "account" else self._of_post(int(event.post), event.why)
        for one in found:
            self._emit(one)

    def _of_post(self, post: int, why: Withdrawn) -> list[Event]:
        first = self._first.get(post)
        post = post if first is None else first
        if post in self._kept:
            return self._withdrawn((post,), why)
        _hold(self._held, post, why)
        return []

    def _of_account(self, event: Event) -> list[Event]:
        before = self._held_accounts.get(event.author)
        if before is None or event.up_to >= before.up_to:
            _hold(self._held_accounts, event.author, event)
        found: list[Event] = []
        for posts in self._by_author.all(event.author):
            row = posts if isinstance(posts, tuple) else (posts,)
            found += self._withdrawn((post for post in row if post <= event.up_to), event.why)
        return found

    def _withdrawn(self, posts: Iterable[int], why: Withdrawn) -> list[Event]:
        """An event for each that stands; from now on it does not."""
        found = []
        for post in posts:
            if self._kept.get(post):
                self._kept.put(post, False)
                found.append(Event("withdrawn", str(post), why))
        return found

    def follow(self, stopping: threading.Event) -> None:
        """Read `posts` until `stopping`; for a thread of its own."""
        while not stopping.is_set():
            try:
                self._follow(stopping)
            except KafkaError as error:
                log.warning("compliance: Kafka does not say what is kept (%s); again soon", type(error).__name__)
                stopping.wait(PAUSE_SECONDS)

    def _follow(self, stopping: threading.Event) -> None:
        consumer = KafkaConsumer(
            **kafka_client.arguments(self._settings), enable_auto_commit=False, auto_offset_reset="earliest"
        )
        try:
            name = kafka_topics.posts(self._settings)
            places = [TopicPartition(name, number) for number in consumer.partitions_for_topic(name) or ()]
            consumer.assign(places)
            consumer.seek_to_beginning(*places)
            while not stopping.is_set():
                ends = consumer.end_offsets(places)
                for records in consumer.poll(timeout_ms=POLL_MS).values():
                    for one in records:
                        self._stands(one.key, one.value)
                if all(consumer.position(place) >= end for place, end in ends.items()):
                    self.caught_up.set()
                    self._forget()
        finally:
            consumer.close()

    def _stands(self, key: bytes | None, value: bytes | None) -> None:
        found = told(key, value)
        if found is None or value is None:
            return
        kind, post = found
        if kind == "withdrawal":
            with self._lock:
                self._withdrawn((post,), "delete")  # it is on `posts` already
            return
        says = written(value)
        with self._lock:
            gone = self._comes(post, says)
        for one in gone:
            self._emit(one)

    def _comes(self, post: int, says: Written) -> list[Event]:
        """A post, or a copy or a later version of one; a withdrawal if X told of it before."""
        stood = self._kept.get(post)
        whys: list[Withdrawn | None] = [self._held.take(one) for one in (post, *says.versions)]
        for version in says.versions:
            if version != post:
                self._first.put(version, post)
        if self._kept.young(post) is None:
            self._kept.put(post, stood is None or stood)
            if says.author:
                self._by_author.put(says.author, _with(self._by_author.young(says.author), post))
        event = self._held_accounts.get(says.author)
        if event is not None and post <= event.up_to:
            whys.append(event.why)
        why = next((one for one in whys if one is not None), None)
        return [] if why is None else self._withdrawn((post,), why)

    def _forget(self) -> None:
        """While `posts` is read to its end."""
        now = self._clock()
        with self._lock:
            if now - self._kept_turn >= DAY_MS / 1000:
                for kept in (self._kept, self._by_author, self._first):
                    kept.turn()
                self._kept_turn = now
            if now - self._held_turn >= HELD_SECONDS:
                self._held.turn()
                self._held_accounts.turn()
                self._held_turn = now


def _hold(held: Generations[V], key: int, value: V) -> None:
    """Put it in; there is a bound."""
    held.put(key, value)
    if len(held) > MOST_HELD:
        held.turn()


def _with(row: int | tuple[int, ...] | None, post: int) -> int | tuple[int, ...]:
    """A row of an author's posts, and one more."""
    if row is None:
        return post
    return (*row, post) if isinstance(row, tuple) else (row, post)
