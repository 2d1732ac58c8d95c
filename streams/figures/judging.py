"""Judges every hospital's last closed hour, series by series: all posts, and each topic.

Called by whatever has time for it, step by step (`steps`). What it says of an hour follows from the tables' hours and
nothing else: after a restart, a rebalance or a replay it says the same. So a post that comes after its hour was judged
has the last closed hour judged again; what was said of hours before that one stays. Keeps only what was said last.
Knows no clock.

Hours before the first one that a hospital was heard in are no part of its baseline: they were not quiet, nobody
listened.
"""

from collections.abc import Iterator, Mapping

from streams.figures.about import Names
from streams.figures.surges import POSTS, Judged
from streams.indicators import surge
from streams.tables.hospitals import HospitalTables
from streams.tables.periods import HOUR_SECONDS


def series_of(names: Names) -> dict[str, str]:
    """Series -> the cell that it counts."""
    return {
        POSTS: "posts",
        **{one: f"topic/{one}" for one in names.topics},
        **{one: f"s/topic/{one}" for one in names.service_lines},
    }


class Judging:
    """What was said last of each hospital."""

    def __init__(self, tables: HospitalTables, names: Names) -> None:
        self._tables = tables
        self._series = series_of(names)
        self._judged: dict[str, Judged] = {}

    def of(self, hospital: str) -> Judged | None:
        """None before it was judged."""
        return self._judged.get(hospital)

    def is_due(self, partition: int, hospital: str, hour: int) -> bool:
        """Whether `hour` (the last one that closed, since the epoch) was not judged yet, or posts of it or of an
        earlier one came since."""
        known = self._judged.get(hospital)
        return known is None or known.hour != hour or known.counted != self._counted(partition, hospital, hour)

    def steps(self, partition: int, hospital: str, hour: int) -> Iterator[None]:
        """Judge `hour`: a few milliseconds for the first step, half a one for each other. To be gone through at once or
        with pauses; what is said before changes with the last step."""
        counted = self._counted(partition, hospital, hour)
        counts = self.counts(partition, hospital, hour)
        yield
        found: dict[str, surge.Surge] = {}
        quiet: surge.Surge | None = None
        for name, series in counts.items():
            if any(series):
                found[name] = surge.surge(series)
                yield
            else:  # most topics of most hospitals
                quiet = found[name] = quiet or surge.surge(series)
        self._judged[hospital] = Judged(hour, found, counted)

    def keep(self, hospitals: Mapping[str, int]) -> None:
        """Forget all but these, with which the worker may go on."""
        for gone in self._judged.keys() - hospitals.keys():
            del self._judged[gone]

    def _counted(self, partition: int, hospital: str, hour: int) -> tuple[int, ...]:
        """What the hour counts in every series, and how much the 28 days up to it do: other numbers after a late
        post."""
        tables = self._tables
        cells = dict(tables.hourly(partition, hospital, hour, hour + 1))
        last, running = cells.get(hour, {}), cells.get(hour + 1, {})
        month = tables.window(partition, hospital, "28d", (hour + 1) * HOUR_SECONDS)
        closed = (month.get(cell, 0) - running.get(cell, 0) for cell in ("posts", "s/posts"))
        return (*(last.get(cell, 0) for cell in self._series.values()), *closed)

    def counts(self, partition: int, hospital: str, hour: int) -> dict[str, list[int]]:
        """Series -> posts an hour, oldest first, up to `hour`, from the first hour that anything was heard in."""
        first = hour - surge.HISTORY + 1
        heard = dict(self._tables.hourly(partition, hospital, first, hour))
        begin = min(heard, default=hour + 1)
        hours = [heard.get(one, {}) for one in range(begin, hour + 1)]
        return {name: [cells.get(cell, 0) for cells in hours] for name, cell in self._series.items()}
