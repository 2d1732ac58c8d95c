"""What workers tell each other through Kafka: who holds which partitions, where its API answers, and its hospitals'
counts.

Owns the records on the Kafka topic `workers` and who of several workers that claim a partition owns it. Called by
`announcer.py`, which writes them, and by `answers.py`. The records hold counts, never a post or a person. Knows
neither Kafka nor the clock.
"""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from streams.figures.shape import PeerCounts
from streams.indicators.surge import State

SIGN_SECONDS = 10.0
"""A worker says at least so often that it is there."""
GONE_SECONDS = 3 * SIGN_SECONDS
"""A worker that was silent for so long is gone."""
AGAIN_SECONDS = 900.0
"""Counts that did not change are written again after so long: Kafka keeps them for an hour."""
OWNERLESS_SECONDS = 120.0
"""Counts of a partition that nobody holds are still used for so long: a rebalance takes less."""
_FORGET_SECONDS = 3600.0

_NOTHING: Mapping[str, "Line"] = MappingProxyType({})


class Presence(msgspec.Struct, frozen=True, kw_only=True):
    """A worker. Key: `worker/NAME`; a tombstone when it stops."""

    worker: str
    address: str
    """Of its API, host:port."""
    pipeline: int
    """Generation of the pipeline's Kafka topics (`earshot migrate`): partitions of another are not these."""
    epoch: int
    """Generation of the consumer group that gave it the partitions."""
    partitions: tuple[int, ...]
    """Of `mentions`, with complete tables."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """What the others must know of one hospital."""

    peer: PeerCounts
    posts_24h: int
    local_24h: int
    located_24h: int
    open: int
    """Questions that wait."""
    urgent: int
    oldest: int | None
    """When the oldest of them was written, seconds since the epoch; None without any."""
    surge: State | None
    """Of all its posts, in the last hour judged; None before the first."""


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """One partition's hospitals. Key: `partition/NUMBER`."""

    worker: str
    pipeline: int
    epoch: int
    hospitals: dict[str, Line]


def presence_key(worker: str) -> bytes:
    """Key of a worker's presence."""
    return f"worker/{worker}".encode()


def holding_key(partition: int) -> bytes:
    """Key of a partition's counts."""
    return f"partition/{partition}".encode()


_presence = msgspec.json.Decoder(Presence).decode
_holding = msgspec.json.Decoder(Holding).decode


class Peers:
    """The other workers, as far as they were heard. As large as the workers and hospitals that there are."""

    def __init__(self, worker: str, pipeline: int) -> None:
        """`worker`: our own name, whose records are left out."""
        self._worker = worker
        self._pipeline = pipeline
        self._workers: dict[str, tuple[Presence, float]] = {}
        """Name -> presence and when it was heard."""
        self._held: dict[int, tuple[Holding, float]] = {}
        self.version = 0
        """Rises with everything heard that may change an answer."""

    def take(self, key: bytes, value: bytes | None, heard: float) -> None:
        """Take a record. `heard`: when Kafka got it, seconds on a clock that does not jump. Raises
        `msgspec.DecodeError` for one that is not ours."""
        kind, _, name = key.decode().partition("/")
        if kind == "worker":
            self._take_presence(name, value, heard)
        elif value is not None:
            self._take_holding(int(name), _holding(value), heard)

    def _take_presence(self, name: str, value: bytes | None, heard: float) -> None:
        before = self._workers.pop(name, None)
        if value is not None and (one := _presence(value)).pipeline == self._pipeline and name != self._worker:
            self._workers[name] = one, heard
        for other in [other for other, (_, at) in self._workers.items() if heard - at > _FORGET_SECONDS]:
            del self._workers[other]
        after = self._workers.get(name)
        self.version += (before and before[0]) != (after and after[0])

    def _take_holding(self, partition: int, one: Holding, heard: float) -> None:
        if one.pipeline != self._pipeline:
            return
        # A worker that lost the partition cannot write any more (`streams/faustkit/lease.py`): the last one holds. But
        # its last words may overtake the next one's first.
        known = self._held.get(partition)
        if known is not None and one.epoch < known[0].epoch and heard - known[1] <= GONE_SECONDS:
            return
        self._held[partition] = one, heard
        self.version += 1

    def owner(self, partition: int, now: float) -> Presence | None:
        """Who holds a partition; None if nobody who was heard lately says so. Of several, the one that got it last:
        the others are fenced."""
        claims = [
            one for one, heard in self._workers.values() if now - heard <= GONE_SECONDS and partition in one.partitions
        ]
        return max(claims, key=lambda one: one.epoch, default=None)

    def last_owner(self, partition: int) -> Presence | None:
        """Who held it last, of all who were heard."""
        claims = [(heard, one) for one, heard in self._workers.values() if partition in one.partitions]
        return max(claims, key=lambda claim: claim[0], default=(0.0, None))[1]

    def hospitals(self, partition: int, now: float) -> Mapping[str, Line]:
        """A partition's hospitals, as their owner told them; none if it has been gone for long. Not to be changed."""
        held = self._held.get(partition)
        if held is None or (self.owner(partition, now) is None and now - held[1] > OWNERLESS_SECONDS):
            return _NOTHING
        return held[0].hospitals

    def alive(self, now: float) -> list[Presence]:
        """The other workers that were heard lately, by name."""
        found = [one for one, heard in self._workers.values() if now - heard <= GONE_SECONDS]
        return sorted(found, key=lambda one: one.worker)
