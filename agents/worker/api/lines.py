"""The worker's own hospitals in a line each, kept fresh a few at a time.

Called by the worker between other work (`refresh`), by `announcer.py`, which tells them the other workers, and by
`answers.py`. Knows no HTTP and no Kafka.
"""

import time
from collections.abc import Callable, Iterator, Mapping

from agents.worker.api.budget import Budget
from agents.worker.api.holdings import Holdings
from agents.worker.api.peers import Line
from streams.figures.hospital import peer_counts
from streams.figures.surges import POSTS
from streams.tables.cells import Cells
from streams.tables.question_counts import EVERY, URGENT

REFILL_SECONDS = 5.0
"""Between two passes over the hospitals."""
AGE_SECONDS = 60.0
"""A line is made anew after so long although nothing was counted: windows slide and questions expire."""

_Version = tuple[object, ...]


class Lines:
    """By hospital. Holds none of a hospital that this worker gave up."""

    def __init__(self, holdings: Holdings, budget: Budget, clock: Callable[[], float]) -> None:
        """`clock`: seconds since the epoch."""
        self._holdings = holdings
        self._budget = budget
        self._clock = clock
        self._lines: dict[str, Line] = {}
        self._made: dict[str, _Version] = {}
        self._waiting: list[str] = []
        self._next_pass = 0.0
        self.version = 0
        """Rises with every line that changed."""

    def refresh(self) -> None:
        """Make the lines of hospitals that changed, as far as the budget goes; to be called again and again."""
        now, begun = time.monotonic(), time.thread_time()
        if not self._waiting and now >= self._next_pass:
            self._next_pass = now + REFILL_SECONDS
            self._waiting = [*self._behind()]
        while self._waiting and not self._budget.wait():
            self._make(self._waiting.pop())
            used = time.thread_time()
            self._budget.use(used - begun)
            begun = used

    def of(self, hospital: str) -> Line | None:
        """One hospital's line; None if it is not ours or not made yet."""
        return self._lines.get(hospital)

    def of_partition(self, partition: int) -> Mapping[str, Line] | None:
        """The lines of a partition's hospitals; None until all of them are made."""
        found = {}
        for hospital in self._holdings.of_partition(partition):
            if (line := self._lines.get(hospital)) is None:
                return None
            found[hospital] = line
        return found

    def _behind(self) -> Iterator[str]:
        ours = self._holdings.ours()
        for gone in self._lines.keys() - ours.keys():
            del self._lines[gone]
            self._made.pop(gone, None)
            self.version += 1
        for hospital in ours:
            if self._made.get(hospital) != self._version(hospital):
                yield hospital

    def _version(self, hospital: str) -> _Version:
        return self._holdings.version(hospital), self._clock() // AGE_SECONDS, self._holdings.about(hospital)

    def _make(self, hospital: str) -> None:
        holdings, now = self._holdings, self._clock()
        if (partition := holdings.ours().get(hospital)) is None:
            return
        tables, about = holdings.tables, holdings.about(hospital)
        self._made[hospital] = self._version(hospital)
        day: Cells = tables.window(partition, hospital, "24h", now)
        waits = tables.open(partition, hospital, now)
        every, urgent = waits.get(EVERY), waits.get(URGENT)
        judged = holdings.judged(hospital)
        posts = day.get("posts", 0)
        line = Line(
            peer=peer_counts(tables, partition, about, now),
            posts_24h=posts,
            local_24h=day.get("tier/local", 0),
            located_24h=posts - day.get("tier/unknown", 0),
            open=every.number if every else 0,
            urgent=urgent.number if urgent else 0,
            oldest=every.oldest if every else None,
            surge=judged.series[POSTS].state if judged is not None else None,
        )
        self._lines[hospital] = line
        self.version += 1
