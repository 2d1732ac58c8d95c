"""The windows of one hospital, kept rolling: sums that follow the hour instead of a pass over its days.

Called by `hospitals.py`, which tells it what is counted and gives it any hour's cells. Owns the sums of 24 h, 7 d and
28 d at one hour, and the people in them. A pure function of the hours that it is given: whether it was kept rolling or
made anew, the sums are the same. Knows no row and no clock.
"""

from collections.abc import Callable, Iterable, Mapping

from streams.tables.cells import add
from streams.tables.periods import HOUR_SECONDS, WINDOWS, Span
from streams.tables.sketch import People

HourCells = Callable[[int], Mapping[str, int]]
"""Hour since the epoch -> its cells."""
HourPeople = Callable[[int], Iterable[int]]
"""Hour -> its authors, as rows keep them: an entry of `sketch.py` times 2, plus 1 for a local one."""

HOURLY: tuple[Span, ...] = ("24h", "7d", "28d")
_HOURS = {span: WINDOWS[span].seconds // HOUR_SECONDS for span in HOURLY}
_KEPT_FROM = 500
"""Authors in a window beyond which their set is kept between two questions; smaller ones are united anew."""


class Rolling:
    """Sums of one hospital at one hour."""

    def __init__(self, end: int, cells_of: HourCells, people_of: HourPeople) -> None:
        """`end`: the hour that the windows end with, included."""
        self.end = end
        self._cells_of, self._people_of = cells_of, people_of
        self._sums: dict[Span, dict[str, int]] = {span: {} for span in HOURLY}
        self._people: dict[Span, tuple[int, int]] = {}
        """Estimates of all and of local ones, until something changes them."""
        self._kept: dict[Span, tuple[People, People]] = {}
        for hour in range(end - _HOURS["28d"] + 1, end + 1):
            self._enter(hour)

    def _enter(self, hour: int) -> None:
        if cells := self._cells_of(hour):
            for span, sums in self._sums.items():
                if hour > self.end - _HOURS[span]:
                    add(sums, cells)

    def advance(self, end: int) -> None:
        """Slide to a later hour."""
        before, self.end = self.end, end
        for span, sums in self._sums.items():
            for hour in range(before - _HOURS[span] + 1, min(end - _HOURS[span], before) + 1):
                if cells := self._cells_of(hour):
                    add(sums, cells, -1)
        for hour in range(max(before, end - _HOURS["28d"]) + 1, end + 1):
            self._enter(hour)
        self._people.clear()
        self._kept.clear()

    def count(self, hour: int, cells: Iterable[str], person: int) -> None:
        """A record was counted in `hour`. `person`: its author as rows keep one, -1 for none. An hour that is not yet
        reached is taken in when it is."""
        if hour > self.end:
            return
        for span, sums in self._sums.items():
            if hour > self.end - _HOURS[span]:
                for cell in cells:
                    sums[cell] = sums.get(cell, 0) + 1
                if person >= 0:
                    self._meet(span, person)

    def _meet(self, span: Span, person: int) -> None:
        if span in self._kept:
            everyone, local = self._kept[span]
            everyone.add((person >> 1,))
            if person & 1:
                local.add((person >> 1,))
        self._people.pop(span, None)

    def sums(self, span: Span) -> Mapping[str, int]:
        """Cells of one window. To be read, not kept."""
        return self._sums[span]

    def people(self, span: Span) -> tuple[int, int]:
        """Estimates of the different authors in one window: all, and those that were local in a post of it."""
        if (found := self._people.get(span)) is not None:
            return found
        kept = self._kept.get(span)
        if kept is None:
            seen = set[int]().union(
                *(self._people_of(hour) for hour in range(self.end - _HOURS[span] + 1, self.end + 1))
            )
            kept = People(person >> 1 for person in seen), People(person >> 1 for person in seen if person & 1)
            if len(seen) > _KEPT_FROM:
                self._kept[span] = kept
        found = self._people[span] = len(kept[0]), len(kept[1])
        return found
