"""What a live source is: the one descriptor that each exports, and what `service.py` asks of a running one.

A source is a folder of `agents/ingest`, a module of `streams/reading` that reads its payload, and a row in
`streams/vocabulary.py`. It reads in threads of its own and puts what it accepts into the write-ahead log; it decides
alone when to connect again. Called by `sources.py`, which lists the descriptors, and by whatever asks one: ingest, the
doctor, a retry of dead letters, the queue of posts that wait for a person. Knows neither the pump nor Kafka.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Literal, Protocol

import msgspec

from agents.ingest.records import Record
from agents.ingest.wal.wal import Wal
from streams.metrics.collector import Reading
from streams.settings import Settings


class Source(Protocol):
    """One live source on its way into the wal."""

    def start(self) -> None:
        """Begin to read, in threads of its own."""

    def check(self) -> None:
        """Raise what ended a thread of it, if anything did. To be called some times a second."""

    def stop(self) -> None:
        """Stop reading. Returns within a few seconds, also while idle; what was accepted is in the wal."""

    @property
    def healthy(self) -> bool:
        """Whether it was heard lately."""

    def reading(self) -> Reading:
        """What it says of itself, for /metrics. Sources may share a metric; its samples are added up."""

    def report(self) -> str:
        """The counts, in a few words."""


class Finding(msgspec.Struct, frozen=True):
    """What a check found about one thing."""

    state: Literal["ok", "warn", "fail"]
    what: str
    found: str
    act: str = ""
    """What to do; empty when it is ok."""


Maker = Callable[[Wal], Source]
"""Makes a source once there is a wal."""


class Descriptor(msgspec.Struct, frozen=True, kw_only=True):
    """All that the rest of Earshot needs of one kind of source. Its payload's reader is `streams/reading/sources.py`'s,
    since reading imports no agent."""

    name: str
    """In `Settings.sources`, in an envelope's and a dead letter's `source`, and as a metric's label."""
    prepare: Callable[[Settings], Iterable[Maker]]
    """Makers of what ingest is to run for it, in order. Raises `UserError` for settings, secrets or files that cannot
    be used."""
    retry: Callable[[bytes, Settings], Record | None]
    """The record that ingest makes of a dead letter's whole line today; None if it makes none. Raises nothing."""
    address: Callable[[str, bytes], str]
    """The web address of a post, by its id and its payload (empty: not known); empty when these do not tell it. Called
    first without a payload, for ids of any source."""
    check: Callable[[Settings, Callable[[], float]], Iterator[Finding]]
    """What the doctor finds about the way to the source. The second argument is a clock: seconds since the epoch."""
