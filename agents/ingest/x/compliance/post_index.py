"""Which of X's compliance events are about posts that are here: X tells of every post and every account there is.

Owns the ids of the posts on the Kafka topic `posts`, who wrote each and which later versions it has, and the events
whose post may still be on its way there. Called by `live_streams.py`: its reading threads bring events, one thread
follows `posts`. Keeps numbers only, in memory only: 130 to 180 bytes a post (measured with a million posts of 200,000
to a million authors), so 31 MB for one post a second; and forgets a post with its author two days after it came.
"""

import logging
import threading
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from kafka import TopicPartition
from kafka.errors import KafkaError

from agents.ingest.x.compliance.events import Event
from agents.ingest.x.compliance.stored_posts import Identity, identity_of, post_of_record
from agents.kafka import clients
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


class Generations(Generic[V]):
    """A dictionary by number that forgets: what was put in two turns ago is gone."""

    def __init__(self) -> None:
        self._new: dict[int, V] = {}
        self._old: dict[int, V] = {}

    def __len__(self) -> int:
        return len(self._new) + len(self._old)

    def __contains__(self, key: int) -> bool:
        return key in self._new or key in self._old

    def young(self, key: int) -> V | None:
        """What was put in since the last turn; None when nothing was."""
        return self._new.get(key)

    def get(self, key: int) -> V | None:
        """The newest; None when it is not there."""
        return self._new.get(key, self._old.get(key))

    def all(self, key: int) -> list[V]:
        """The newest, and the one of before the last turn, as far as they are there."""
        return [one[key] for one in (self._new, self._old) if key in one]

    def put(self, key: int, value: V) -> None:
        """Put it in."""
        self._new[key] = value

    def take(self, key: int) -> V | None:
        """Take it out; None when it is not there."""
        old = self._old.pop(key, None)
        return self._new.pop(key, old)

    def turn(self) -> None:
        """Forget the older ones."""
        self._old, self._new = self._new, {}


class PostIndex:
    """The posts that are here, and the events that wait for one. Any thread may call any method."""

    def __init__(self, settings: Settings, emit: Callable[[Event], None], clock: Callable[[], float]) -> None:
        """`emit` gets each withdrawal of a post that is here, once, in whichever thread found it. `clock`: seconds that
        only grow."""
        self._settings = settings
        self._emit = emit
        self._clock = clock
        self._lock = threading.Lock()
        self._standing: Generations[bool] = Generations()
        """Post id -> whether it was not withdrawn."""
        self._by_author: Generations[int | tuple[int, ...]] = Generations()
        """Author -> posts: most have one, and a number takes half of what a tuple of one does."""
        self._first: Generations[int] = Generations()
        """Later version's id -> first version's id, which is our key."""
        self._held: Generations[Withdrawn] = Generations()
        """Post id -> why it is withdrawn, for posts that may still come."""
        self._held_accounts: Generations[Event] = Generations()
        self._posts_turn = self._held_turn = clock()
        self.caught_up = threading.Event()
        """Set when `posts` was read to its end once."""

    def __len__(self) -> int:
        """Entries in memory: of posts, of authors, of later versions, and events that wait."""
        return len(self._standing) + len(self._by_author) + len(self._first) + self.waiting

    @property
    def waiting(self) -> int:
        """Events that wait for a post."""
        return len(self._held) + len(self._held_accounts)

    def apply(self, event: Event) -> None:
        """An event that is `withdrawn` or `account`. Blocks while `emit` does."""
        with self._lock:
            if event.kind == "account":
                found = self._withdraw_account(event)
            else:
                found = self._withdraw_post(int(event.post), event.why)
        for one in found:
            self._emit(one)

    def _withdraw_post(self, post: int, why: Withdrawn) -> list[Event]:
        first = self._first.get(post)
        post = post if first is None else first
        if post in self._standing:
            return self._withdraw((post,), why)
        _hold(self._held, post, why)
        return []

    def _withdraw_account(self, event: Event) -> list[Event]:
        before = self._held_accounts.get(event.author)
        if before is None or event.up_to >= before.up_to:
            _hold(self._held_accounts, event.author, event)
        found: list[Event] = []
        for posts in self._by_author.all(event.author):
            row = posts if isinstance(posts, tuple) else (posts,)
            found += self._withdraw((post for post in row if post <= event.up_to), event.why)
        return found

    def _withdraw(self, posts: Iterable[int], why: Withdrawn) -> list[Event]:
        """An event for each that was not withdrawn before; from now on it is."""
        found = []
        for post in posts:
            if self._standing.get(post):
                self._standing.put(post, False)
                found.append(Event("withdrawn", str(post), why))
        return found

    def follow(self, stopping: threading.Event) -> None:
        """Read `posts` until `stopping`; for a thread of its own. Returns within seconds of the stop, and starts from
        the beginning after Kafka refused."""
        while not stopping.is_set():
            try:
                self._follow(stopping)
            except KafkaError as error:
                log.warning(
                    "compliance: Kafka does not say which posts are here (%s); again soon", type(error).__name__
                )
                stopping.wait(PAUSE_SECONDS)

    def _follow(self, stopping: threading.Event) -> None:
        consumer = clients.consumer(self._settings, auto_offset_reset="earliest")
        try:
            name = kafka_topics.posts(self._settings)
            places = [TopicPartition(name, number) for number in consumer.partitions_for_topic(name) or ()]
            consumer.assign(places)
            consumer.seek_to_beginning(*places)
            while not stopping.is_set():
                ends = consumer.end_offsets(places)
                for records in consumer.poll(timeout_ms=POLL_MS).values():
                    for one in records:
                        self.take(one.key, one.value)
                if all(consumer.position(place) >= end for place, end in ends.items()):
                    self.caught_up.set()
                    self.forget()
        finally:
            consumer.close()

    def take(self, key: bytes | None, value: bytes | None) -> None:
        """One record of `posts`, whatever it is. Blocks while `emit` does."""
        found = post_of_record(key, value)
        if found is None or value is None:
            return
        kind, post = found
        if kind == "withdrawal":
            with self._lock:
                self._withdraw((post,), "delete")  # it is on `posts` already
            return
        identity = identity_of(value)
        with self._lock:
            gone = self._add(post, identity)
        for one in gone:
            self._emit(one)

    def _add(self, post: int, identity: Identity) -> list[Event]:
        """A post, or a copy or a later version of one; a withdrawal if X told of it before."""
        stood = self._standing.get(post)
        whys: list[Withdrawn | None] = [self._held.take(one) for one in (post, *identity.versions)]
        for version in identity.versions:
            if version != post:
                self._first.put(version, post)
        if self._standing.young(post) is None:
            self._standing.put(post, stood is None or stood)
            if identity.author:
                self._by_author.put(identity.author, _with(self._by_author.young(identity.author), post))
        event = self._held_accounts.get(identity.author)
        if event is not None and post <= event.up_to:
            whys.append(event.why)
        why = next((one for one in whys if one is not None), None)
        return [] if why is None else self._withdraw((post,), why)

    def forget(self) -> None:
        """Forget what is old enough, posts by the day and events by `HELD_SECONDS`. To be called while `posts` is read
        to its end: only then is an event without a post one whose post did not come."""
        now = self._clock()
        with self._lock:
            if now - self._posts_turn >= DAY_MS / 1000:
                for posts in (self._standing, self._by_author, self._first):
                    posts.turn()
                self._posts_turn = now
            if now - self._held_turn >= HELD_SECONDS:
                self._held.turn()
                self._held_accounts.turn()
                self._held_turn = now


def _hold(held: Generations[V], key: int, value: V) -> None:
    """Let an event wait. Past `MOST_HELD` the older ones are forgotten."""
    held.put(key, value)
    if len(held) > MOST_HELD:
        held.turn()


def _with(row: int | tuple[int, ...] | None, post: int) -> int | tuple[int, ...]:
    """An author's posts, and one more."""
    if row is None:
        return post
    return (*row, post) if isinstance(row, tuple) else (row, post)
