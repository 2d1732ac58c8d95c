"""Plays a capture: keeps its pace, hands each post to intake and what becomes of it to a sink, and adds up.

Called by `agents/cli/replay.py`. Owns the summary, in which every line read is counted once. Knows no file format and
no Kafka; clock and waiting come in as arguments.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Protocol

import msgspec

from agents.ingest.records import Record
from agents.ingest.x.intake import Intake
from agents.ingest.x.lines import message_of
from streams.reading.reader import Reader, UnreadableError
from streams.records import Withdrawal
from streams.vocabulary import REPLAY_KINDS

LONGEST_PAUSE = 3600.0
"""Seconds. A capture with a hole of days goes on after an hour, at recorded speed too."""


class Sink(Protocol):
    """Where records go."""

    def publish(self, record: Record) -> bool:
        """Take one record; False: closed."""


class Summary(msgspec.Struct):
    """What was in a capture. `lines` is the sum of `kinds`; `posts` and `dead_letters` together are the lines of kinds
    `post` and `unreadable` and the posts `in_pages`."""

    lines: int = 0
    kinds: dict[str, int] = msgspec.field(default_factory=lambda: dict.fromkeys(REPLAY_KINDS, 0))
    in_pages: int = 0
    """Posts, or what stood for them, within pages."""
    posts: int = 0
    dead_letters: dict[str, int] = {}
    """By reason."""
    cut_off: bool = False
    """The file ended within a compressed block."""

    def adds_up(self) -> bool:
        """Whether every line, and every post of a page, is accounted for."""
        single = self.kinds["post"] + self.kinds["unreadable"]
        return self.lines == sum(self.kinds.values()) and single + self.in_pages == self.posts + sum(
            self.dead_letters.values()
        )


class Pace:
    """When a post may go: as far after the first as it was written, divided by the speed."""

    def __init__(
        self, speed: float, wait: Callable[[float], bool], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`speed`: times the recorded one; 0: flat out. `wait` sleeps so many seconds and says whether to stop."""
        self._speed = speed
        self._wait = wait
        self._clock = clock
        self._began = clock()
        self._first: float | None = None

    def keep(self, created_at: str) -> bool:
        """Wait for a post's turn; True: stop. A post without a time, or older than one before it, goes at once."""
        if not self._speed or not created_at:
            return False
        try:
            moment = datetime.fromisoformat(created_at).timestamp()
        except (ValueError, OverflowError):
            return False
        if self._first is None:
            self._first = moment
        due = (moment - self._first) / self._speed - (self._clock() - self._began)
        if due > LONGEST_PAUSE:
            self._first += (due - LONGEST_PAUSE) * self._speed
            due = LONGEST_PAUSE
        return due > 0 and self._wait(due)


def play(lines: Iterable[bytes], intake: Intake, sink: Sink, pace: Pace, stopping: Callable[[], bool]) -> Summary:
    """Play all lines, or until `stopping`. Never raises for what stands in a line."""
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
    """A sink that reads each post as the tagger would, and keeps nothing but counts."""

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
                return (
                    True  # good enough for ingest, which looks at the id alone; the tagger would make it a dead letter
                )
            if isinstance(envelope, Withdrawal):
                return True
            found = {one.hospital for one in self._reader.records(envelope, 0, 0, int(time.time() * 1000))}
            self.tied += bool(found)
            self.hospitals.update(found)
        return True
