"""Plays a capture: keeps its pace, makes a record of each post by intake, hands it to a sink, and counts.

Called by `agents/cli/replay.py`. Owns the summary, which counts every line once. Knows no file format and no Kafka; the
caller supplies the clock and the waiting.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Protocol

import msgspec

from agents.ingest.records import Record
from agents.ingest.x.intake import Intake
from agents.ingest.x.lines import message_of
from streams.reading.moments import moment_of
from streams.reading.reader import Reader, UnreadableError
from streams.records import Withdrawal
from streams.vocabulary import REPLAY_KINDS

LONGEST_PAUSE = 3600.0
"""Most seconds to wait for a post: a capture with a gap of days goes on after an hour."""


class Sink(Protocol):
    """Where records go."""

    def publish(self, record: Record) -> bool:
        """Take one record; False: closed."""


class Summary(msgspec.Struct):
    """The counts of a capture. `lines` is the sum of `kinds`; `posts` and `dead_letters` together are the lines of
    kinds `post`, `other` and `unreadable`, and the posts `in_pages`."""

    lines: int = 0
    kinds: dict[str, int] = msgspec.field(default_factory=lambda: dict.fromkeys(REPLAY_KINDS, 0))
    in_pages: int = 0
    """Posts within pages, unreadable ones included."""
    posts: int = 0
    dead_letters: dict[str, int] = {}
    """By reason."""
    cut_off: bool = False
    """The file ended within a compressed block."""

    def adds_up(self) -> bool:
        """Whether every line, and every post of a page, is accounted for."""
        single = self.kinds["post"] + self.kinds["other"] + self.kinds["unreadable"]
        return self.lines == sum(self.kinds.values()) and single + self.in_pages == self.posts + sum(
            self.dead_letters.values()
        )


class Pace:
    """Decides when a post may go: as long after the first as it was written, divided by the speed."""

    def __init__(
        self, speed: float, wait: Callable[[float], bool], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`speed`: factor on the recorded speed; 0: no waiting. `wait` sleeps some seconds and returns whether to
        stop."""
        self._speed = speed
        self._wait = wait
        self._clock = clock
        self._began = clock()
        self._first: float | None = None

    def keep(self, created_at: str) -> bool:
        """Block until a post's turn; True: stop. A post without a time, or older than an earlier one, goes at once."""
        if not self._speed or not created_at:
            return False
        read = moment_of(created_at)
        if read is None:
            return False
        moment = read.timestamp()
        if self._first is None:
            self._first = moment
        due = (moment - self._first) / self._speed - (self._clock() - self._began)
        if due > LONGEST_PAUSE:
            self._first += (due - LONGEST_PAUSE) * self._speed
            due = LONGEST_PAUSE
        return due > 0 and self._wait(due)


def play(lines: Iterable[bytes], intake: Intake, sink: Sink, pace: Pace, stopping: Callable[[], bool]) -> Summary:
    """Play all lines, or until `stopping`. Blocks; raises for no line's content."""
    summary = Summary()
    for line in lines:
        if stopping():
            break
        message = message_of(line)
        if pace.keep(message.created_at):
            break
        summary.lines += 1
        summary.kinds[message.kind] += 1
        if message.kind == "page":
            summary.in_pages += len(message.posts)
        for one in message.posts:
            record = intake.take(one)
            if record is not None:
                sink.publish(record)
    summary.posts = intake.posts
    summary.dead_letters = {reason: count for (_, reason), count in intake.dead_letters.items() if count}
    return summary


class Nowhere:
    """A sink that reads each post as the tagger would, and keeps only counts."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.tied = 0
        """Posts about, to or by a hospital of the directory."""
        self.hospitals: Counter[str] = Counter()
        """Posts by hospital id."""

    def publish(self, record: Record) -> bool:
        """Read one record."""
        if record.topic == "posts":
            try:
                envelope = self._reader.decode(record.value)
            except UnreadableError:
                return True  # a placeholder, or what only the tagger makes a dead letter of
            if isinstance(envelope, Withdrawal):
                return True
            found = {one.hospital for one in self._reader.records(envelope, 0, 0, int(time.time() * 1000))}
            self.tied += bool(found)
            self.hospitals.update(found)
        return True
