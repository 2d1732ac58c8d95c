"""The whole job in a peer's process, with Earshot's own reader and folds: what every peer does with a post.

Called by the module of each peer, in that peer's own environment. `tag` reads posts; `fold` puts mentions into rows.
Runs compiled where a worker does. Knows no Kafka and no framework: how mentions travel, how post ids are remembered
and where rows survive is the peer's. Withdrawals, dead letters and the queue of posts for a person are left out; the
bench's posts have none of the first two.
"""

# ruff: noqa: E402 - what is measured runs compiled, as in a worker: before it is imported
from streams import compiled

compiled.use()

import gc
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from agents.worker import knowledge
from bench.peers.board import Board
from bench.peers.plan import Plan
from streams import directory
from streams.errors import UserError
from streams.reading.reader import Reader, UnreadableError
from streams.reading.sources import PostEnvelope
from streams.records import Withdrawal, decode_mention, encode_mention
from streams.settings import load
from streams.tables.first_seen import FirstSeen, reach
from streams.tables.hospitals import HospitalTables

BATCH = 64
"""Posts read together, as a worker does (`agents/worker/tagger.py`)."""

_OFFSET = struct.Struct(">qq")

Row = tuple[bytes, bytes | None]
"""Key and wire form; None ends it."""


class Record(NamedTuple):
    """A post as it stands in Kafka."""

    offset: int
    timestamp: int
    """Milliseconds since the epoch."""
    value: bytes


IsCopy = Callable[[int, str, int, int], bool]
"""Partition, post id, offset, seconds since the epoch -> whether it counted before. As `FirstSeen.is_duplicate`."""


class Job:
    """Reads and folds."""

    def __init__(self, plan: Plan) -> None:
        self._settings = settings = load()
        hospitals = directory.load(settings.directory_folder)
        words = knowledge.load_words(settings, hospitals)
        self._reader = Reader(hospitals, settings.max_post_bytes, words, bytes.fromhex(plan.author_key))
        offices = knowledge.known(settings, self._reader, lambda _: {}).offices
        self._office = offices.get
        self.horizon = settings.duplicate_horizon
        """Seconds within which a copy is recognised."""
        self._board = Board(plan.board)
        # As a worker does (`agents/worker/process.py`), for each peer alike: a tenth of the CPU.
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000)

    def first_seen(self) -> FirstSeen:
        """A memory of post ids, for a peer that has none of its own."""
        settings = self._settings
        return FirstSeen(settings.duplicate_horizon, reach(settings.remembered_posts, settings.partitions))

    def tables(self) -> HospitalTables:
        """Empty tables."""
        return HospitalTables(self._office)

    def tag(self, partition: int, records: Sequence[Record], is_copy: IsCopy) -> Iterator[tuple[str, bytes]]:
        """Hospital id and wire form of every mention and tally of the posts that were not here before, in order."""
        self._board.took(len(records))
        for start in range(0, len(records), BATCH):
            fresh: list[tuple[PostEnvelope, int, int]] = []
            for offset, timestamp, value in records[start : start + BATCH]:
                try:
                    envelope = self._reader.decode(value)
                except UnreadableError:
                    continue
                if isinstance(envelope, Withdrawal):
                    raise UserError(
                        "a withdrawal is on posts: the peers take none, so measure them on posts of the bench alone"
                    )
                if not is_copy(partition, envelope.id, offset, timestamp // 1000):
                    fresh.append((envelope, offset, timestamp))
            for read in self._reader.records_of(fresh, partition):
                for one in read:
                    yield one.hospital, encode_mention(one)

    def fold(self, tables: HospitalTables, partition: int, records: Iterable[tuple[int, bytes]]) -> None:
        """Put records (offset on their stream, wire form) into their rows."""
        count = 0
        for offset, value in records:
            tables.apply(partition, offset, decode_mention(value))
            count += 1
        self._board.folded(count)

    def hospital(self, rows: Iterable[Row] = ()) -> "HospitalRows":
        """One hospital, from its stored rows."""
        return HospitalRows(self, rows)


class HospitalRows:
    """The rows of one hospital, for a peer that keeps state by key."""

    def __init__(self, job: Job, rows: Iterable[Row]) -> None:
        self._job, self._tables = job, job.tables()
        for key, value in rows:
            self._tables.restore(0, key, value)
        self._tables.complete(0)

    def fold(self, records: Iterable[tuple[int, bytes]]) -> None:
        """Put records (offset on their stream, wire form) into the rows."""
        self._job.fold(self._tables, 0, records)

    def changes(self) -> list[Row]:
        """The rows changed since the last call."""
        return self._tables.changes((0,)).get(0, [])


class FirstOffset(NamedTuple):
    """What a peer keeps of a post id in a store of its own: where the post that counted stands."""

    offset: int
    at: int
    """Seconds since the epoch, by Kafka's timestamp."""

    def packed(self) -> bytes:
        """16 bytes."""
        return _OFFSET.pack(*self)

    @classmethod
    def of(cls, value: bytes) -> "FirstOffset":
        """From `packed`."""
        return cls(*_OFFSET.unpack(value))

    def makes_copy(self, offset: int, at: int, horizon: int) -> bool:
        """Whether a post of the same id is a copy; the post that counted, read again, is none."""
        return offset != self.offset and at - self.at <= horizon
