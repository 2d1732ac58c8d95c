"""Tells the other workers what this one holds: a sign of life, and its hospitals' counts.

Called by the worker between other work. Writes through the worker's own writer: a process that lost its partitions
cannot write any more, so nothing of it overtakes the next owner's. Owns when something is told; `peers.py` owns what.
"""

from collections.abc import Callable

import msgspec

from agents.worker.api.holdings import Holdings
from agents.worker.api.lines import Lines
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
from streams.faustkit.writer import Writer
from streams.kafka import topics as kafka_topics
from streams.settings import Settings

COUNTS_SECONDS = 20.0
"""Counts of a partition are told at most so often: more often is 25 kB/s of 5,000 busy hospitals."""


class Announcer:
    """One worker's."""

    def __init__(
        self,
        settings: Settings,
        state: State,
        writer: Writer,
        holdings: Holdings,
        lines: Lines,
        clock: Callable[[], float],
    ) -> None:
        """`clock`: seconds, never back."""
        self._settings = settings
        self._kafka_topic = kafka_topics.workers(settings)
        self._state = state
        self._writer = writer
        self._holdings = holdings
        self._lines = lines
        self._clock = clock
        self.address = ""
        """Of our API; nothing is told before it is known."""
        self._said: Presence | None = None
        self._said_at = 0.0
        self._told: dict[int, tuple[dict[str, Line], int]] = {}
        """Partition -> what was told of it last, in which epoch."""
        self._told_at: dict[int, float] = {}

    def turn(self) -> None:
        """Tell what changed. Cheap when called often; never awaits."""
        epoch = self._state.generation
        if not self.address or not self._state.lease.valid:
            return
        held = self._holdings.held() if epoch is not None else frozenset[int]()
        self._sign(Presence(
            worker=self._settings.worker_name,
            address=self.address,
            pipeline=self._settings.generation,
            epoch=-1 if epoch is None else epoch,
            partitions=tuple(sorted(held)),
        ))  # fmt: skip
        for partition in self._told.keys() - held:
            del self._told[partition]
            self._told_at.pop(partition, None)
        if epoch is not None:
            for partition in held:
                self._tell(partition, epoch)

    def stop(self) -> None:
        """Say that this worker holds nothing any more."""
        if self._said is not None and self._state.lease.valid:
            self._writer.put(self._kafka_topic, 0, [(presence_key(self._settings.worker_name), None)])

    def _sign(self, one: Presence) -> None:
        now = self._clock()
        if one == self._said and now - self._said_at < SIGN_SECONDS:
            return
        self._said, self._said_at = one, now
        self._writer.put(self._kafka_topic, 0, [(presence_key(one.worker), msgspec.json.encode(one))])

    def _tell(self, partition: int, epoch: int) -> None:
        now = self._clock()
        silent = now - self._told_at.get(partition, float("-inf"))
        if silent < COUNTS_SECONDS or (lines := self._lines.of_partition(partition)) is None:
            return
        told = dict(lines), epoch
        if silent < AGAIN_SECONDS and _alike(told, self._told.get(partition)):
            return
        self._told[partition], self._told_at[partition] = told, now
        one = Holding(
            worker=self._settings.worker_name, pipeline=self._settings.generation, epoch=epoch, hospitals=told[0]
        )
        self._writer.put(self._kafka_topic, 0, [(holding_key(partition), msgspec.json.encode(one))])


def _alike(told: tuple[dict[str, Line], int], before: tuple[dict[str, Line], int] | None) -> bool:
    """Whether nothing changed but the moments at which the lines were made."""
    if before is None or told[1] != before[1] or told[0].keys() != before[0].keys():
        return False
    return all(_timeless(line) == _timeless(before[0][hospital]) for hospital, line in told[0].items())


def _timeless(line: Line) -> Line:
    return msgspec.structs.replace(line, peer=msgspec.structs.replace(line.peer, at=0))
