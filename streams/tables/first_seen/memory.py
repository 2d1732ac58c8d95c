"""Which posts are copies: decides, remembers first offsets, and writes and restores them.

X may deliver a post twice and catch-up overlaps the stream; copies share a key, so they meet on one partition. A post
is a duplicate if the same id counted at a lower offset, no longer ago than the horizon by Kafka's timestamps and no
more than `reach` offsets before. First offsets are facts: they do not depend on who computed them, so copies of them
merge and a replay decides as the first time did.

One condition, kept by the checkpoint in `faustkit/`: a fact is written only after the mentions of its post, and of all
before it, are durable. So a record at or below the newest first offset known was decided and counted before, and is
skipped: no replay needs a fact that a new record does not need, and a fact may go once no new record can meet it.

Called by the tagger and the changelog. Does not know Kafka or the clock.
"""

from collections.abc import Iterable

from streams.tables.first_seen import codec
from streams.tables.first_seen.buckets import LEAP, MASK, Buckets, pack_tail, unpack_tail
from streams.tables.first_seen.chunks import Chunks
from streams.tables.first_seen.codec import Fact, Packed
from streams.tables.first_seen.ids import LONG, SHORT, key_of, number_key
from streams.tables.first_seen.odd_ids import OddIds

CLOCK_SECONDS = 3600
"""A chunk is kept so much longer than the horizon, or twice the horizon if that is less. Kafka's timestamps of one
partition may step back by half of it (a new leader, a corrected clock): once for a fact that is younger than the last
of its chunk, once for a copy that is older than the newest fact."""
TOMBSTONES = 1000
"""At one checkpoint and partition, so that a day of chunks that ends at once does not hold the worker up."""
X_DIGITS = 19
"""Of a post id of X, since 2016."""
SWEPT = 64
"""Buckets looked through at a checkpoint for what is too old: those that no new post reaches."""


def reach(posts: int, partitions: int) -> int:
    """Offsets of a partition within which copies are recognised, so that all partitions together remember at most
    `posts`. A function of the settings alone: every worker decides by the same number."""
    return max(1, posts // partitions)


class _Partition:
    """What is remembered of one partition of `posts`."""

    __slots__ = (
        "chunks", "limit_at", "long", "new_long", "new_odd", "new_short", "newest", "newest_at", "odd",
        "short",
    )  # fmt: skip

    def __init__(self, keep: int, reach: int) -> None:
        self.newest, self.newest_at = -(1 << 62), 0
        """Offset and seconds of the newest fact; below any offset while there is none."""
        self.short, self.long, self.odd = Buckets(SHORT, keep, reach), Buckets(LONG, keep, reach), OddIds()
        self.chunks = Chunks()
        self.limit_at: int | None = None
        """Seconds of the last chunk that went because of `reach`, before the horizon had passed."""
        self.new_short, self.new_long = bytearray(), bytearray()
        self.new_odd: list[Fact] = []

    def cut(self) -> Packed | None:
        """The facts since the last call as a chunk, if there are any."""
        ends = [(offset, at) for _, offset, at in (*self.new_odd[:1], *self.new_odd[-1:])]
        for table, new in ((self.short, self.new_short), (self.long, self.new_long)):
            if new:
                ends += (table.known(new, place, self.newest) for place in (0, len(new) - table.size))
        if not ends:
            return None
        chunk = Packed(min(ends)[0], *max(ends), bytes(self.new_short), bytes(self.new_long), self.new_odd)
        self.new_short, self.new_long, self.new_odd = bytearray(), bytearray(), []
        return chunk

    def advance(self, offset: int, at: int) -> None:
        """The newest fact. So far ahead that 32 bits could not tell offsets apart, all before it is too old."""
        if offset - self.newest >= LEAP:
            self.short.clear()
            self.long.clear()
            self.odd = OddIds()
        self.newest, self.newest_at = offset, at


class FirstSeen:
    """First offsets by partition of `posts`, which is also the partition of their changelog."""

    def __init__(self, horizon: int, reach: int) -> None:
        """`horizon` in seconds; `reach` in offsets of a partition, below 2^30."""
        if not 0 < reach < LEAP // 2:
            raise ValueError(f"reach of {reach} offsets")
        self._horizon, self._reach = horizon, reach
        self._keep = horizon + min(horizon, CLOCK_SECONDS)
        self._partitions: dict[int, _Partition] = {}

    def is_duplicate(self, partition: int, post: str, offset: int, at: int) -> bool:
        """Decide on the record at `offset`, and remember it if it is the first. `at`: Kafka timestamp, seconds.

        True for a copy, and for any other record at or below the newest first offset (decided and durable before).
        """
        held = self._partitions.get(partition)
        if held is None:
            held = self._partitions[partition] = _Partition(self._keep, self._reach)
        # What `key_of` does, for the ids that nearly all posts have.
        if len(post) == X_DIGITS and post.isdigit() and post.isascii() and post[0] != "0":
            key = number_key(int(post))
            table, new = held.short, held.new_short
        else:
            key = key_of(post)
            if not key:
                return self._is_odd_duplicate(held, post, offset, at)
            table, new = (held.short, held.new_short) if len(key) == SHORT else (held.long, held.new_long)
        if offset <= held.newest:
            known = table.get(key, held.newest)
            return known is None or known[0] != offset
        buckets, high = table.buckets, table.high
        number = hash(key) & high
        if number >= len(buckets):
            number &= high >> 1
        bucket = buckets[number]
        place = bucket.find(key)
        if place >= 0 and (place := table.place(bucket, key)) >= 0:
            first, since = table.known(bucket, place, held.newest)
            if at - since <= self._horizon and offset - first <= self._reach:
                return True
            # Set anew at the end: the oldest goes from the front.
            bucket = bucket[:place] + bucket[place + table.size :]
            table.count -= 1
        if offset - held.newest >= LEAP:
            held.advance(offset, at)
            buckets, number, bucket = table.buckets, 0, b""
        held.newest, held.newest_at = offset, at
        record = key + pack_tail(offset & MASK, at)
        buckets[number] = bucket + record
        new += record
        count = table.count = table.count + 1
        if offset & 1:  # Every second record looks for what is too old beside it: a fifth of the records lingers.
            low, since = unpack_tail(buckets[number], table.width)
            if at - since > self._keep or (offset - low) & MASK > self._reach:
                table.trim(number, offset, at)
        if count > table.room:
            table.split(offset, at)
        return False

    def _is_odd_duplicate(self, held: _Partition, post: str, offset: int, at: int) -> bool:
        """As above, for an id without a key."""
        known = held.odd.get(post)
        if offset <= held.newest:
            return known is None or known[0] != offset
        if known is not None and at - known[1] <= self._horizon and offset - known[0] <= self._reach:
            return True
        held.advance(offset, at)
        held.odd.put(post, offset, at, at - self._keep, offset - self._reach)
        held.new_odd.append((post, offset, at))
        return False

    # -- changelog ----------------------------------------------------------------------------------------------------

    def restore(self, partition: int, key: bytes, value: bytes | None) -> None:
        """Take a chunk of facts from the changelog; a tombstone ends an expired one."""
        held = self._partitions.get(partition)
        if held is None:
            held = self._partitions[partition] = _Partition(self._keep, self._reach)
        if value is None:
            first, last = codec.offsets(key)
            at = held.chunks.end(first, last)
            if at is not None:
                self._limit(held, last, at)
            return
        chunk = codec.decode(value)
        held.chunks.add(chunk.first, chunk.last, chunk.at)
        if chunk.last > held.newest:
            held.advance(chunk.last, chunk.at)
        newest, at = held.newest, held.newest_at
        if chunk.last < newest - self._reach or chunk.at < at - self._keep:
            return
        held.short.merge(chunk.short, newest, at)
        held.long.merge(chunk.long, newest, at)
        for post, offset, seconds in chunk.odd:
            held.odd.put(post, offset, seconds, at - self._keep, newest - self._reach)

    def changes(self, partitions: Iterable[int]) -> dict[int, list[tuple[bytes, bytes | None]]]:
        """Facts since the last call as one record a partition, and tombstones of chunks that no new record can meet."""
        changes: dict[int, list[tuple[bytes, bytes | None]]] = {}
        for partition in partitions:
            held = self._partitions.get(partition)
            chunk = held.cut() if held is not None else None
            if held is None or chunk is None:
                continue
            held.chunks.add(chunk.first, chunk.last, chunk.at)
            changes[partition] = [(codec.name(chunk.first, chunk.last), codec.encode(chunk))]
            for first, last, at in held.chunks.expired(
                held.newest_at - self._keep, held.newest - self._reach, TOMBSTONES
            ):
                changes[partition].append((codec.name(first, last), None))
                self._limit(held, last, at)
            held.short.sweep(SWEPT, held.newest, held.newest_at)
            held.long.sweep(SWEPT, held.newest, held.newest_at)
        return changes

    def complete(self, partition: int) -> None:
        """Nothing to do: facts are complete one by one."""

    def stands(self, partition: int, key: bytes, value: bytes | None) -> None:
        """Nothing to write again: a stale chunk cannot hide a newer one, its key names its content."""

    def drop(self, partition: int) -> None:
        """Forget a partition that another worker holds now."""
        self._partitions.pop(partition, None)

    # -- what is shown ------------------------------------------------------------------------------------------------

    def known(self) -> int:
        """Post ids in memory; up to a fifth of them are too old and not yet forgotten."""
        return sum(held.short.count + held.long.count + held.odd.count for held in self._partitions.values())

    def recognised_seconds(self) -> int:
        """How far back a copy is recognised now, in the partition where it is least: the horizon, or less where `reach`
        ends before. To the second of a commit; after a restart it is known with the first chunk that `reach` ends."""
        return min((self._recognised(held) for held in self._partitions.values()), default=self._horizon)

    def _recognised(self, held: _Partition) -> int:
        return self._horizon if held.limit_at is None else min(self._horizon, held.newest_at - held.limit_at)

    def _limit(self, held: _Partition, last: int, at: int) -> None:
        """A chunk went: was it `reach` that ended it?"""
        if last < held.newest - self._reach and held.newest_at - at <= self._horizon:
            held.limit_at = at if held.limit_at is None else max(held.limit_at, at)
