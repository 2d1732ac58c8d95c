"""The memory of duplicates: for every post id, where it stood first on its partition of `posts`.

X may deliver a post twice and catch-up overlaps the stream; copies share a key, so they meet on one partition. A post
is a duplicate if the same id stands at a lower offset, no longer ago than the horizon by Kafka's timestamps. First
offsets are facts: they do not depend on who computed them, so copies of them merge and a replay decides as the first
time did.

One condition, kept by the checkpoint in `faustkit/`: a fact is written only after the mentions of its post, and of all
before it, are durable. So a record below a known first offset has been decided and counted before, and is skipped.

Called by the tagger and the changelog. Does not know Kafka or the clock.
"""

from collections.abc import Iterable
from itertools import takewhile

import msgspec

Fact = tuple[str, int, int]
"""Post id, first offset, Kafka timestamp in seconds."""

encode_facts = msgspec.msgpack.Encoder().encode
decode_facts = msgspec.msgpack.Decoder(list[Fact]).decode


class FirstSeen:
    """First offsets by partition of `posts`, which is also the partition of their changelog."""

    def __init__(self, horizon: int) -> None:
        """`horizon` in seconds."""
        self._horizon = horizon
        self._first: dict[int, dict[str, tuple[int, int]]] = {}
        self._chunks: dict[int, dict[bytes, int]] = {}
        self._new: dict[int, list[Fact]] = {}

    def is_duplicate(self, partition: int, post: str, offset: int, at: int) -> bool:
        """Decide on the record at `offset`, and remember it if it is the first. `at`: Kafka timestamp, seconds.

        True for a copy, and for a record that stands below the first offset known (decided and durable before).
        """
        first = self._first.setdefault(partition, {})
        known = first.get(post)
        if known is not None:
            if known[0] == offset:
                return False
            if offset < known[0] or at - known[1] <= self._horizon:
                return True
            del first[post]  # set anew at the end: `_forget` relies on the order
        first[post] = (offset, at)
        self._new.setdefault(partition, []).append((post, offset, at))
        return False

    # -- changelog ----------------------------------------------------------------------------------------------------

    def restore(self, partition: int, key: bytes, value: bytes | None) -> None:
        """Take a chunk of facts from the changelog; a tombstone ends an expired one."""
        chunks = self._chunks.setdefault(partition, {})
        if value is None:
            chunks.pop(key, None)
            return
        facts = decode_facts(value)
        chunks[key] = facts[-1][2]
        first = self._first.setdefault(partition, {})
        for post, offset, at in facts:
            known = first.get(post)
            # Two firsts of one id are a horizon apart: the later one is what a new copy has to be measured against.
            if known is None or offset > known[0]:
                first[post] = (offset, at)

    def changes(self, partitions: Iterable[int]) -> dict[int, list[tuple[bytes, bytes | None]]]:
        """Facts since the last call as one record a partition, and tombstones of chunks past the horizon."""
        changes: dict[int, list[tuple[bytes, bytes | None]]] = {}
        for partition in partitions:
            facts = self._new.pop(partition, None)
            if not facts:
                continue
            # First and last offset name the content: whoever writes this key writes the same facts.
            key = b"%d-%d" % (facts[0][1], facts[-1][1])
            newest = facts[-1][2]
            records: list[tuple[bytes, bytes | None]] = [(key, encode_facts(facts))]
            # Two horizons: a replay may stand up to one behind the newest, and needs another behind itself.
            records += [(old, None) for old in self._forget(partition, newest - 2 * self._horizon)]
            self._chunks.setdefault(partition, {})[key] = newest
            changes[partition] = records
        return changes

    def _forget(self, partition: int, before: int) -> list[bytes]:
        """Drop what is older than `before`, oldest first; the keys of chunks that hold nothing younger."""
        first, chunks = self._first.get(partition, {}), self._chunks.get(partition, {})
        for post in list(takewhile(lambda post: first[post][1] < before, first)):
            del first[post]
        expired = list(takewhile(lambda key: chunks[key] < before, chunks))
        for key in expired:
            del chunks[key]
        return expired

    def touch(self, partition: int) -> None:
        """Nothing to write again: a stale chunk cannot hide a newer one, its key names its content."""

    def drop(self, partition: int) -> None:
        """Forget a partition that another worker holds now."""
        for kept in (self._first, self._chunks, self._new):
            kept.pop(partition, None)

    def known(self) -> int:
        """Post ids remembered."""
        return sum(len(first) for first in self._first.values())
