"""Which of X's compliance events are about posts that are here: X tells of every post there is.

Owns the ids of what is kept, followed on the Kafka topic `posts` in a thread of its own, and the events whose post may
still be on its way there. Called by `live.py`'s reading threads. Keeps numbers only, about 100 bytes a post.
"""

import logging
import threading
from collections.abc import Callable

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from agents.compliance import Event
from agents.ingest.x.compliance.kept import told
from streams import kafka_client, kafka_topics
from streams.kafka_topics import DAY_MS
from streams.settings import Settings
from streams.vocabulary import Withdrawn

log = logging.getLogger(__name__)

HELD_SECONDS = 900.0
"""How long an event waits for its post at least, counted only while Kafka answers: a post that waits in the log is
there when Kafka is."""
MOST_HELD = 2_000_000
"""Events that wait at most, a few hundred MB; then the older half goes."""
PAUSE_SECONDS = 2.0
"""After Kafka refused."""
POLL_MS = 500


class Generations:
    """A dictionary that forgets: what was put in two turns ago is gone."""

    def __init__(self) -> None:
        self._new: dict[int, Withdrawn | None] = {}
        self._old: dict[int, Withdrawn | None] = {}

    def __len__(self) -> int:
        return len(self._new) + len(self._old)

    def __contains__(self, key: int) -> bool:
        return key in self._new or key in self._old

    def put(self, key: int, value: Withdrawn | None = None) -> None:
        """Put it in."""
        self._new[key] = value

    def take(self, key: int) -> Withdrawn | None:
        """Take it out; None also when it is not there."""
        old = self._old.pop(key, None)
        return self._new.pop(key, old)

    def turn(self) -> None:
        """Forget the older ones."""
        self._old, self._new = self._new, {}


class Matching:
    """Follows `posts`."""

    def __init__(self, settings: Settings, emit: Callable[[Event], None], clock: Callable[[], float]) -> None:
        """`emit` gets each withdrawal of a post that is here, once, in whichever thread found it. `clock`: seconds that
        only grow."""
        self._settings = settings
        self._emit = emit
        self._clock = clock
        self._lock = threading.Lock()
        self._kept = Generations()
        self._held = Generations()
        self._kept_turn = self._held_turn = clock()
        self.caught_up = threading.Event()
        """Set when `posts` was read to its end once."""

    def heard(self, event: Event) -> None:
        """A withdrawal that X tells of."""
        post = int(event.post)
        with self._lock:
            here = post in self._kept
            if here:
                self._kept.take(post)
            else:
                self._held.put(post, event.why)
                if len(self._held) > MOST_HELD:
                    self._held.turn()
        if here:
            self._emit(event)

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
        if found is None:
            return
        kind, post = found
        with self._lock:
            why = self._held.take(post) if kind == "post" else None
            if kind == "withdrawal":
                self._kept.take(post)
            elif why is None:
                self._kept.put(post)
        if why is not None:
            self._emit(Event("withdrawn", str(post), why))

    def _forget(self) -> None:
        """While `posts` is read to its end."""
        now = self._clock()
        with self._lock:
            if now - self._kept_turn >= DAY_MS / 1000:
                self._kept.turn()
                self._kept_turn = now
            if now - self._held_turn >= HELD_SECONDS:
                self._held.turn()
                self._held_turn = now
