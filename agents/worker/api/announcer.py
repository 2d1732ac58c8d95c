"""Tells the other workers what this one holds: a sign of life, and its hospitals' counts.

Called by the worker between other work. Owns when something is told; `peers.py` owns what, `outbox.py` the way to
Kafka. What was told before a rebalance and did not reach Kafka is dropped, so it does not overtake the next owner's
words.
"""

from collections.abc import Callable

import msgspec

from agents.worker.api.holdings import Holdings
from agents.worker.api.lines import Lines
from agents.worker.api.outbox import Outbox
from agents.worker.api.peers import (
    AGAIN_SECONDS,
    SIGN_SECONDS,
    Holding,
    Line,
    Presence,
    holding_key,
    presence_key,
)
from streams.faustkit.state import State
from streams.settings import Settings

COUNTS_SECONDS = 20.0
"""Counts of a partition are told at most so often: more often is 25 kB/s of 5,000 busy hospitals."""


class Announcer:
    """One worker's."""

    def __init__(
        self,
        settings: Settings,
        state: State,
        outbox: Outbox,
        holdings: Holdings,
        lines: Lines,
        clock: Callable[[], float],
    ) -> None:
        """`clock`: seconds, never back."""
        self._settings = settings
        self._state = state
        self._outbox = outbox
        self._holdings = holdings
        self._lines = lines
        self._clock = clock
        self.address = ""
        """Of our API; nothing is told before it is known."""
        self._epoch: int | None = None
        """The group's generation in which all that follows was told."""
        self._said: Presence | None = None
        self._said_at = 0.0
        self._told: dict[int, dict[str, Line]] = {}
        """Partition -> what was told of it last, in this epoch."""
        self._told_at: dict[int, float] = {}

    def turn(self) -> None:
        """Tell what changed. Cheap when called often; never awaits."""
        epoch = self._state.generation
        if not self.address or not self._state.lease.valid:
            return
        if epoch != self._epoch:
            self._begin(epoch)
        held = self._holdings.held() if epoch is not None else frozenset[int]()
        self._sign(Presence(
            worker=self._settings.worker_name,
            address=self.address,
            pipeline=self._settings.generation,
            epoch=-1 if epoch is None else epoch,
            partitions=tuple(sorted(held)),
        ))  # fmt: skip
        if epoch is not None:
            for partition in held:
                self._tell(partition, epoch)

    def stop(self) -> None:
        """Say that this worker holds nothing any more."""
        if self._said is not None and self._state.lease.valid:
            self._outbox.clear()
            self._outbox.put(presence_key(self._settings.worker_name), None)

    def _begin(self, epoch: int | None) -> None:
        """Everything is told anew: another may have spoken for our partitions meanwhile."""
        self._epoch = epoch
        self._outbox.clear()
        self._told.clear()
        self._told_at.clear()
        self._said = None

    def _sign(self, one: Presence) -> None:
        now = self._clock()
        if one == self._said and now - self._said_at < SIGN_SECONDS:
            return
        self._said, self._said_at = one, now
        self._outbox.put(presence_key(one.worker), msgspec.json.encode(one))

    def _tell(self, partition: int, epoch: int) -> None:
        now = self._clock()
        silent = now - self._told_at.get(partition, float("-inf"))
        if silent < COUNTS_SECONDS or (lines := self._lines.of_partition(partition)) is None:
            return
        told = dict(lines)
        if silent < AGAIN_SECONDS and _alike(told, self._told.get(partition)):
            return
        self._told[partition], self._told_at[partition] = told, now
        one = Holding(
            worker=self._settings.worker_name, pipeline=self._settings.generation, epoch=epoch, hospitals=told
        )
        self._outbox.put(holding_key(partition), msgspec.json.encode(one))


def _alike(told: dict[str, Line], before: dict[str, Line] | None) -> bool:
    """Whether nothing changed but the moments at which the lines were made."""
    if before is None or told.keys() != before.keys():
        return False
    return all(_timeless(line) == _timeless(before[hospital]) for hospital, line in told.items())


def _timeless(line: Line) -> Line:
    return msgspec.structs.replace(line, peer=msgspec.structs.replace(line.peer, at=0))
