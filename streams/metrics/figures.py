"""What a hospital acts on, as metrics: answers, open questions, goals, standing, surges.

Read by Prometheus through the worker's registry. Figures take a millisecond a hospital, an hour's judgements ten: the
worker calls `warm` between other work, and a scrape shows each hospital as it was looked at last, some seconds ago. The
time comes from outside. Knows neither HTTP nor who counts.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from prometheus_client.registry import Collector

from streams.figures.about import About, Names
from streams.figures.hospital import figures
from streams.figures.judging import Judging
from streams.figures.responses import ASKING
from streams.figures.shape import Figures, PeerCounts
from streams.metrics.collector import Shown, Visible
from streams.metrics.exposition import Deferred, Reading, deferred
from streams.metrics.service import SERVICE
from streams.tables.hospitals import HospitalTables
from streams.tables.periods import HOUR_SECONDS

REFRESH_SECONDS = 15.0
"""Between two looks at one hospital, where there is time: as often as Prometheus scrapes."""

_NAMES = tuple(metric.name for metric in SERVICE)
_Series = dict[tuple[str, ...], float]


class _Seen(NamedTuple):
    """One hospital as it was looked at last."""

    at: float
    """Seconds since the epoch."""
    figures: Figures


class FiguresCollector(Collector):
    """Gauges of every hospital whose partition this worker holds, zeros included; nothing while it recovers or before
    a hospital was looked at, so that missing data looks missing."""

    def __init__(
        self,
        tables: HospitalTables,
        hospitals: Shown,
        about: Callable[[], Mapping[str, About]],
        names: Names,
        peers: Callable[[tuple[str, ...]], Mapping[str, PeerCounts]],
        clock: Callable[[], float],
        visible: Visible | None = None,
    ) -> None:
        """`peers`: hospital ids -> counts of those that are known, whoever holds them; `clock`: seconds since the
        epoch; `visible`: who is shown, None: all. All are looked at: the API has all."""
        self._visible = visible
        self._tables = tables
        self._hospitals = hospitals
        self._about = about
        self._names = names
        self._peers = peers
        self._clock = clock
        self._seen: dict[str, _Seen] = {}
        self.judging = Judging(tables, names)
        self._work = self._steps()

    # -- looking ------------------------------------------------------------------------------------------------------

    def warm(self, seconds: float) -> None:
        """Look at hospitals for about so long; to be called again and again. A step takes 4 ms at most, so it may be as
        much longer."""
        begun = time.perf_counter()
        for waits in self._work:
            if waits or time.perf_counter() - begun >= seconds:
                return

    def _steps(self) -> Iterator[bool]:
        """One hospital after the other, for ever; True where there is nothing to do for now."""
        while True:
            mine = self._hospitals()
            self.judging.keep(mine)
            for gone in self._seen.keys() - mine.keys():
                del self._seen[gone]
            yield True
            for hospital, partition in mine.items():
                yield from self._look(hospital, partition)

    def _look(self, hospital: str, partition: int) -> Iterator[bool]:
        now, seen, judged = self._clock(), self._seen.get(hospital), self.judging.of(hospital)
        hour = int(now // HOUR_SECONDS) - 1
        fresh = seen is not None and now - seen.at < REFRESH_SECONDS and judged is not None and judged.hour == hour
        if fresh or not self._slid(hospital, partition, now):
            return
        if self.judging.is_due(partition, hospital, hour):
            for _ in self.judging.steps(partition, hospital, hour):
                yield False
        about = self._about().get(hospital)
        if about is None or self._hospitals().get(hospital) != partition:
            return  # since the first step
        peers, judged = self._peers(about.region), self.judging.of(hospital)
        found = figures(self._tables, partition, about, self._names, now, peers, judged)
        self._seen[hospital] = _Seen(now, found)
        yield False

    def _slid(self, hospital: str, partition: int, now: float) -> bool:
        """Whether its windows are those of the present hour (`windows.py` slides them): else a look costs more."""
        at = self._tables.hour_shown(partition, hospital)
        return at == int(now // HOUR_SECONDS) or (at is None and not self._tables.lifetime(partition, hospital))

    # -- showing ------------------------------------------------------------------------------------------------------

    def collect(self) -> Iterator[Deferred]:
        """One family a metric, of the hospitals as they were looked at last."""
        mine, now = self._hospitals(), self._clock()
        visible = mine if self._visible is None else self._visible()
        seen = {hospital: one for hospital, one in self._seen.items() if hospital in mine and hospital in visible}
        return deferred(_NAMES, lambda: _reading(seen, now))


def _reading(seen: Mapping[str, _Seen], now: float) -> Reading:
    reading: dict[str, _Series] = {name: {} for name in _NAMES}
    for hospital, one in seen.items():
        for name, values, number in _samples(one, now):
            reading[name][(hospital, *values)] = number
    return reading


def _samples(one: _Seen, now: float) -> Iterator[tuple[str, tuple[str, ...], float]]:
    found = one.figures
    for intent in ASKING:
        waits = found.open_questions.by_intent[intent]
        since = waits.oldest_seconds
        yield "conversation_open_questions", (intent,), waits.count
        yield (
            "conversation_oldest_question_seconds",
            (intent,),
            0 if since is None else since + max(0.0, now - one.at),
        )
    judged = found.responses.answered_72h.within
    yield "conversation_questions", ("answered",), judged.hits
    yield "conversation_questions", ("unanswered",), judged.of - judged.hits
    for goal in found.goals:
        if goal.actual is not None:
            yield "conversation_goal_actual", (goal.goal,), goal.actual
        if goal.target is not None:
            yield "conversation_goal_target", (goal.goal, goal.state), goal.target
    if found.service.index is not None:
        yield "conversation_service_index", (), found.service.index
    voice = found.region.voice.everyone
    if voice is not None and voice.share is not None:
        yield "conversation_share_of_voice", (), voice.share
    surges = found.surges
    if surges.posts is not None and surges.posts.score is not None:
        yield "conversation_surge_score", (surges.posts.state,), surges.posts.score
        topics = (*surges.topics.values(), *surges.service_lines.values())
        yield "conversation_surging_topics", (), sum(topic.state == "surge" for topic in topics)
