"""What the demo says at its end of questions and answers: how many wait, and how fast hospitals answer.

Called by `demo.py` with the tables' changelog, so that what is said survived the workers. Knows no process.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from agents.kafka.stored import Stored
from agents.proving.shown import restored
from streams.figures.responses import hours_of
from streams.figures.shares import median
from streams.tables.cells import add
from streams.tables.open_questions import Open
from streams.tables.question_counts import EVERY, added_up
from streams.tables.questions import EDGES

SHOWN = 5
"""Hospitals: those that were asked most."""


class _Hospital(NamedTuple):
    name: str
    waits: Mapping[str, Open]
    cells: Mapping[str, int]

    @property
    def asked(self) -> int:
        return self.cells.get("q/asked", 0)


def lines(changelog: Iterable[Stored], names: Mapping[str, str], now: float) -> Iterator[str]:
    """One line for all hospitals, then one for each of those that were asked most. `names`: by hospital id."""
    tables, partitions = restored(changelog)
    every = [
        _Hospital(
            names.get(hospital, hospital),
            tables.open(partition, hospital, now),
            tables.cohort(partition, hospital, *hours_of(now)),
        )
        for hospital, partition in partitions.items()
    ]
    sums: dict[str, int] = {}
    for one in every:
        add(sums, one.cells)
    yield _told(_Hospital("all hospitals", added_up(one.waits for one in every), sums), now)
    for one in sorted(every, key=lambda one: (-one.asked, one.name))[:SHOWN]:
        if one.asked:
            yield _told(one, now)


def _told(one: _Hospital, now: float) -> str:
    within = {edge: one.cells.get(f"q/within/{edge}", 0) for edge in EDGES}
    answered, middle = sum(within.values()), median(within)
    told = f"questions to {one.name}: {one.asked} in 28 days, {answered} answered"
    if middle.minutes is not None:
        told += f" (half of them within {_minutes(middle.minutes)})"
    every = one.waits.get(EVERY)
    if every is None:
        return f"{told}, none waits"
    crisis = one.waits.get("crisis")
    urgent = f", {crisis.number} of them calls for help" if crisis is not None else ""
    return f"{told}, {every.number} wait{urgent}, the oldest for {_minutes((now - every.oldest) / 60)}"


def _minutes(minutes: float) -> str:
    if minutes < 2:
        return f"{60 * minutes:.0f} s"
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.0f} h"
