"""The windows of one hospital, kept rolling: sums that follow the hour instead of a pass over its days.

Called by `hospitals.py`, which tells it what is counted and gives it any hour's cells. Owns the sums of 24 h, 7 d and
28 d at one hour, and the people in them. A pure function of the hours that it is given: whether it was kept rolling or
made anew, the sums are the same. What was counted is kept apart until somebody reads: so a record costs one addition,
not one for each cell and window. Knows no row and no clock.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

from streams.tables.cells import CellSet, Counts, add, count_set, enter
from streams.tables.periods import HOUR_SECONDS, HOURS_A_DAY, WINDOWS
from streams.tables.sketch import EXACT_UP_TO, RANK_BITS, People, bits_of, estimate_of
from streams.vocabulary import Span

HourCells = Callable[[int], Mapping[str, int]]
"""Hour since the epoch -> its cells."""
HourPeople = Callable[[int], Iterable[int]]
"""Hour -> its authors, as rows keep them: an entry of `sketch.py` times 2, plus 1 for a local one."""

HOURLY: tuple[Span, ...] = ("24h", "7d", "28d")
"""Shortest first."""
REGISTER_SHIFT = RANK_BITS + 1
"""From an author as rows keep one to the register."""
MOST_KEPT = 5_000
"""Sets of cells and authors that are kept apart, some 100 bytes each, of a hospital that nobody reads."""
_HOURS = {span: WINDOWS[span].seconds // HOUR_SECONDS for span in HOURLY}


class _Crowd:
    """The many authors of some hours of a day: their registers as bits of a number. Two numbers of 2 kB are united in
    0.2 us, and up to 40,000 people the estimate needs no more."""

    __slots__ = ("everyone", "few_local", "local")

    def __init__(self, persons: set[int]) -> None:
        local = {person for person in persons if person & 1}
        self.everyone = bits_of({person >> REGISTER_SHIFT for person in persons})
        self.local = bits_of({person >> REGISTER_SHIFT for person in local})
        self.few_local: set[int] | None = {person >> 1 for person in local} if len(local) <= EXACT_UP_TO else None
        """Pairs of the local ones; None once they are too many to be counted exactly."""

    def meet(self, persons: set[int]) -> None:
        """Some more."""
        self.everyone |= bits_of({person >> REGISTER_SHIFT for person in persons})
        if local := {person for person in persons if person & 1}:
            self.local |= bits_of({person >> REGISTER_SHIFT for person in local})
            if self.few_local is not None:
                self.few_local.update(person >> 1 for person in local)
                if len(self.few_local) > EXACT_UP_TO:
                    self.few_local = None


_Group = _Crowd | tuple[int, ...]
"""Authors of some hours of a day: as rows keep them while they are few."""


def _group(persons: set[int]) -> _Group:
    # Who wrote both near and from elsewhere stands there twice.
    many = len(persons) > EXACT_UP_TO and len({person >> 1 for person in persons}) > EXACT_UP_TO
    return _Crowd(persons) if many else tuple(persons)


def _met(group: _Group, persons: set[int]) -> _Group:
    if isinstance(group, _Crowd):
        group.meet(persons)
        return group
    return group if persons.issubset(group) else _group(persons.union(group))


class Rolling:
    """Sums of one hospital at one hour."""

    def __init__(self, end: int, cells_of: HourCells, people_of: HourPeople) -> None:
        """`end`: the hour that the windows end with, included."""
        self.end = end
        self._cells_of, self._people_of = cells_of, people_of
        self._sums: dict[Span, dict[str, int]] = {}
        self._people: dict[Span, tuple[int, int]] = {}
        """Estimates of all and of local ones, until something changes them."""
        self._groups: dict[int, dict[int, _Group]] = {}
        """Day -> hour -> who wrote in the day's hours from that one on, up to the end."""
        self._counted: dict[int, Counts] = {}
        """Hour -> what is not in the sums yet; then the same of authors, and how many entries both have."""
        self._met: dict[int, set[int]] = {}
        self._kept = 0
        sums: dict[str, int] = {}
        newer = 0
        for span in HOURLY:  # each goes on from the shorter one
            for hour in range(end - _HOURS[span] + 1, end - newer + 1):
                for cell, count in cells_of(hour).items():
                    sums[cell] = sums.get(cell, 0) + count
            newer, self._sums[span] = _HOURS[span], dict(sums)

    def _enter(self, hour: int) -> None:
        if cells := self._cells_of(hour):
            for span, sums in self._sums.items():
                if hour > self.end - _HOURS[span]:
                    add(sums, cells)

    def advance(self, end: int) -> None:
        """Slide to a later hour."""
        self._settle()
        before, self.end = self.end, end
        for span, sums in self._sums.items():
            for hour in range(before - _HOURS[span] + 1, min(end - _HOURS[span], before) + 1):
                if cells := self._cells_of(hour):
                    add(sums, cells, -1)
        for hour in range(max(before, end - _HOURS["28d"]) + 1, end + 1):
            self._enter(hour)
        self._people.clear()
        first = end - _HOURS["28d"] + 1
        self._groups = {
            day: {0: groups[0]}
            for day, groups in self._groups.items()
            if first // HOURS_A_DAY <= day < before // HOURS_A_DAY and 0 in groups
        }

    def count(self, hour: int, cells: CellSet, person: int) -> None:
        """A record was counted in `hour`. `person`: its author as rows keep one, -1 for none. An hour that is not yet
        reached is taken in when it is."""
        if hour > self.end:
            return
        counts = self._counted.get(hour)
        if counts is None:
            counts = self._counted[hour] = {}
        if count_set(counts, cells):
            self._kept += 1
        if person >= 0:
            met = self._met.get(hour)
            if met is None:
                met = self._met[hour] = set()
            if person not in met:
                met.add(person)
                self._kept += 1
        if self._kept >= MOST_KEPT:
            self._settle()

    def _settle(self) -> None:
        """Enter what was counted."""
        for hour, counts in self._counted.items():
            cells: dict[str, int] = {}
            enter(cells, counts)
            for span, sums in self._sums.items():
                if hour > self.end - _HOURS[span]:
                    add(sums, cells)
        for hour, met in self._met.items():
            for span in HOURLY:
                if hour > self.end - _HOURS[span]:
                    self._people.pop(span, None)
            groups = self._groups.get(hour // HOURS_A_DAY, {})
            for first, group in groups.items():
                if hour % HOURS_A_DAY >= first:
                    groups[first] = _met(group, met)
        self._counted.clear()
        self._met.clear()
        self._kept = 0

    def sums(self, span: Span) -> Mapping[str, int]:
        """Cells of one window. To be read, not kept."""
        if self._kept:
            self._settle()
        return self._sums[span]

    def people(self, span: Span) -> tuple[int, int]:
        """Estimates of the different authors in one window: all, and those that were local in a post of it."""
        if self._kept:
            self._settle()
        if (found := self._people.get(span)) is not None:
            return found
        found = self._people[span] = self._count_people(span)
        return found

    def _count_people(self, span: Span) -> tuple[int, int]:
        few, few_local = set[int](), set[int]()
        everyone = local = 0
        exact = exact_local = True
        for group in self._groups_of(span):
            if isinstance(group, _Crowd):
                exact = False
                everyone, local = everyone | group.everyone, local | group.local
                exact_local = exact_local and group.few_local is not None
                few_local |= group.few_local or set()
            else:
                few.update(person >> 1 for person in group)
                few_local.update(person >> 1 for person in group if person & 1)
        found = _estimate(few, everyone, exact), _estimate(few_local, local, exact_local)
        if min(found) >= 0:
            return found
        hours = range(self.end - _HOURS[span] + 1, self.end + 1)
        seen = set[int]().union(*(self._people_of(hour) for hour in hours))
        return len(People(one >> 1 for one in seen)), len(People(one >> 1 for one in seen if one & 1))

    def _groups_of(self, span: Span) -> Iterator[_Group]:
        begin = self.end - _HOURS[span] + 1
        for day in range(begin // HOURS_A_DAY, self.end // HOURS_A_DAY + 1):
            first = max(begin, day * HOURS_A_DAY)
            last = min(self.end, day * HOURS_A_DAY + HOURS_A_DAY - 1)
            groups = self._groups.setdefault(day, {})
            if (group := groups.get(first % HOURS_A_DAY)) is None:
                group = groups[first % HOURS_A_DAY] = _group(
                    set[int]().union(*(self._people_of(hour) for hour in range(first, last + 1)))
                )
            yield group


def _estimate(few: set[int], registers: int, exact: bool) -> int:
    """People by their pairs where these are all and few, else by their registers; -1: the ranks decide."""
    if exact and len(few) <= EXACT_UP_TO:
        return len(few)
    return estimate_of((registers | bits_of({pair >> RANK_BITS for pair in few})).bit_count())
