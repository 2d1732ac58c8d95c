"""The hospitals' windows as metrics: posts, authors and communities over the last hour, day, week and four weeks.

Read by Prometheus through the worker's registry. Windows of hours slide at the full hour, which takes milliseconds a
hospital: the worker calls `warm` between other work, and a scrape shows each hospital's windows as they were slid last.
So a scrape costs the worker's loop copies only. The time comes from outside. Knows neither HTTP nor who counts.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from prometheus_client.registry import Collector

from streams.metrics.collector import Shown, Visible, shown
from streams.metrics.exposition import Deferred, Reading, deferred
from streams.tables.cells import ANY, Cells
from streams.tables.hospitals import HospitalTables
from streams.tables.periods import HOUR_SECONDS
from streams.tables.rolling import HOURLY
from streams.vocabulary import NEARS, SPANS, Span

REFILL_SECONDS = 1.0
"""Between two passes over the hospitals in search of windows that have to slide: 1.5 ms for 5,000."""

INTEREST_SPANS: tuple[Span, ...] = ("28d",)
"""Windows in which a hospital's communities of interest are shown: few, for a hospital has 110 series at most. The read
API has the others."""

_Series = dict[tuple[str, ...], float]

_PLAIN: Mapping[str, Callable[[Cells], int]] = {
    "conversation_window_posts": lambda cells: cells.get("posts", 0),
    "conversation_window_own_posts": lambda cells: cells.get("own", 0),
    "conversation_window_wants_answer_posts": lambda cells: cells.get("wants", 0),
    "conversation_window_local_posts": lambda cells: cells.get("tier/local", 0),
    "conversation_window_placed_posts": lambda cells: cells.get("posts", 0) - cells.get("tier/unknown", 0),
}
"""Metric of a hospital and a window -> its number."""
_NAMES = (
    *_PLAIN,
    "conversation_window_authors",
    "conversation_local_authors_per_10000_residents",
    "conversation_window_interest_posts",
    "conversation_community_window_posts",
)


class _Row(NamedTuple):
    """One hospital's windows at a moment."""

    hospital: str
    cells: dict[Span, dict[str, int]]
    people: dict[Span, tuple[int, int]]
    """Windows of hours alone: all, and local ones."""
    residents: int
    """0 where not known."""


class WindowsCollector(Collector):
    """Gauges of every hospital whose partition this worker holds, zeros included; nothing while it recovers or while a
    hospital's windows are made for the first time, so that missing data looks missing."""

    def __init__(
        self,
        tables: HospitalTables,
        hospitals: Shown,
        residents: Callable[[], Mapping[str, int]],
        communities: Iterable[str],
        about_health: Iterable[str],
        clock: Callable[[], float],
        visible: Visible | None = None,
    ) -> None:
        """`residents`: hospital id -> people in its HSA, only known ones; `communities`, `about_health`: ids of the
        communities that may stand beside a post, and of those that are only counted; `clock`: seconds since the
        epoch; `visible`: whose windows are shown, None: all. The matrix counts all."""
        self._visible = visible
        self._tables = tables
        self._hospitals = hospitals
        self._residents = residents
        self._clock = clock
        self._open = {f"community/{near}/{one}": (one, near) for near in NEARS for one in communities}
        self._health = {f"s/community/{near}/{one}": (one, near) for near in NEARS for one in about_health}
        """Cell -> its community and nearness."""
        self._waiting: list[tuple[str, int]] = []
        self._next_pass = 0.0

    # -- sliding ------------------------------------------------------------------------------------------------------

    def warm(self, seconds: float) -> None:
        """Slide windows to the present hour for about so long; to be called again and again."""
        begun = time.perf_counter()
        now = self._clock()
        if not self._waiting and begun >= self._next_pass:
            self._next_pass = begun + REFILL_SECONDS
            self._waiting = [*self._behind(int(now // HOUR_SECONDS))]
        while self._waiting and time.perf_counter() - begun < seconds:
            hospital, partition = self._waiting.pop()
            for span in HOURLY:
                self._tables.people(partition, hospital, span, now)

    def _behind(self, hour: int) -> Iterator[tuple[str, int]]:
        for hospital, partition in self._hospitals().items():
            at = self._tables.hour_shown(partition, hospital)
            if (at is None and self._tables.lifetime(partition, hospital)) or (at is not None and at < hour):
                yield hospital, partition

    # -- showing ------------------------------------------------------------------------------------------------------

    def collect(self) -> Iterator[Deferred]:
        """One family a metric, of the windows as they are now."""
        rows = [*self._rows()]
        whole = len(rows) == len(self._hospitals())
        return deferred(_NAMES, lambda: self._reading(rows, whole))

    def _rows(self) -> Iterator[_Row]:
        tables, residents, now = self._tables, self._residents(), self._clock()
        for hospital, partition in self._hospitals().items():
            people = residents.get(hospital, 0)
            at = tables.hour_shown(partition, hospital)
            if at is None:
                if not tables.lifetime(partition, hospital):
                    yield _Row(hospital, {span: {} for span in SPANS}, dict.fromkeys(HOURLY, (0, 0)), people)
                continue
            moment = at * HOUR_SECONDS
            yield _Row(
                hospital,
                {
                    span: dict(tables.window(partition, hospital, span, now if span == "1h" else moment))
                    for span in SPANS
                },
                {span: tables.people(partition, hospital, span, moment) for span in HOURLY},
                people,
            )

    def _reading(self, rows: list[_Row], whole: bool) -> Reading:
        """`whole`: no hospital's windows are still being made. Else sums over hospitals would be too low: none is
        shown."""
        matrix = dict(self._communities(_cells(rows))) if whole else {}
        if self._visible is not None:
            visible = self._visible()
            rows = [row for row in rows if row.hospital in visible]
        every = _cells(rows)
        reading: dict[str, _Series] = {
            name: {(hospital, span): number(cells) for hospital, span, cells in every}
            for name, number in _PLAIN.items()
        }
        authors: _Series = {}
        for row in rows:
            for span, (everyone, local) in row.people.items():
                authors[row.hospital, span, "all"] = everyone
                authors[row.hospital, span, "local"] = local
        reading["conversation_window_authors"] = authors
        reading["conversation_local_authors_per_10000_residents"] = {
            (row.hospital,): 10_000 * row.people["28d"][1] / row.residents for row in rows if row.residents
        }
        reading["conversation_window_interest_posts"] = dict(_interests(every))
        reading["conversation_community_window_posts"] = matrix
        return reading

    def _communities(self, every: list[tuple[str, Span, dict[str, int]]]) -> Iterator[tuple[tuple[str, ...], float]]:
        """The matrix: each community's posts over all hospitals shown, by nearness and window."""
        sums: dict[Span, dict[str, int]] = {span: dict.fromkeys((*self._open, *self._health), 0) for span in SPANS}
        for _, span, cells in every:
            counted = sums[span]
            for cell in cells.keys() & counted.keys():
                counted[cell] += cells[cell]
        for span, counted in sums.items():
            for cell, (community, near) in self._open.items():
                yield (community, near, span), counted[cell]
            if span in HOURLY:
                for cell, (community, near) in self._health.items():
                    yield (community, near, span), shown(counted[cell])


def _cells(rows: Iterable[_Row]) -> list[tuple[str, Span, dict[str, int]]]:
    return [(row.hospital, span, cells) for row in rows for span, cells in row.cells.items()]


def _interests(every: list[tuple[str, Span, dict[str, int]]]) -> Iterator[tuple[tuple[str, ...], float]]:
    for hospital, span, cells in every:
        if span in INTEREST_SPANS:
            for near in NEARS:
                yield (hospital, near, "open", span), cells.get(f"community/{near}/{ANY}", 0)
                yield (hospital, near, "health", span), shown(cells.get(f"s/community/{near}/{ANY}", 0))
