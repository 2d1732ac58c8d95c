"""All figures of one hospital, from its tables.

Called by whatever shows a hospital. Owns which counts of the tables go into which figure. The same tables, moment and
peers give the same figures. Takes a few milliseconds (`make bench` measures it): not for every scrape.
"""

from collections.abc import Mapping
from math import isinf

import msgspec

from streams.figures.about import About, Names
from streams.figures.region import region
from streams.figures.responses import ASKING, Asked, asked, goal_counts, hours_of, judged_answers, responses
from streams.figures.shape import Figures, GoalFigure, OpenQuestions, PeerCounts, ServiceFigure, Waiting
from streams.figures.shares import NOTHING, TOO_FEW
from streams.figures.surges import Judged, surges
from streams.figures.window import window
from streams.indicators import goals, service
from streams.tables.cells import Cells
from streams.tables.hospitals import HospitalTables
from streams.tables.open_questions import Open
from streams.tables.question_counts import EVERY, URGENT
from streams.tables.rolling import HOURLY
from streams.tables.sketch import EXACT_UP_TO, STANDARD_ERROR
from streams.vocabulary import SPANS, Span


class Source(msgspec.Struct, frozen=True):
    """Where a hospital's counts are."""

    tables: HospitalTables
    partition: int
    """Of `mentions`."""
    hospital: str

    def cells(self, span: Span, now: float) -> Cells:
        """Of one window."""
        return self.tables.window(self.partition, self.hospital, span, now)

    def asked(self, now: float) -> Asked:
        """Its questions of 28 days."""
        first, last = hours_of(now)
        return asked(self.tables.hourly_cohorts(self.partition, self.hospital, first, last), now)


def figures(
    tables: HospitalTables,
    partition: int,
    about: About,
    names: Names,
    now: float,
    peers: Mapping[str, PeerCounts],
    judged: Judged | None = None,
) -> Figures:
    """One hospital at `now` (seconds since the epoch).

    `peers`: what is known of other hospitals, by id; those of its region are looked at, and itself need not be there.
    `judged`: its surges, where they were judged.
    """
    source = Source(tables, partition, about.id)
    month, questions_asked = source.cells("28d", now), source.asked(now)
    waits = tables.open(partition, about.id, now)
    own = _peer(source, about, now, month, questions_asked)
    return Figures(
        hospital=about.id,
        name=about.name,
        city=about.city,
        state=about.state,
        kind=about.kind,
        at=int(now),
        windows={
            span: window(
                source.cells(span, now),
                tables.people(partition, about.id, span, now) if span in HOURLY else None,
                names,
            )
            for span in SPANS
        },
        responses=responses(questions_asked, month, about),
        open_questions=open_questions(waits, now),
        goals=_goals(source, about, now, questions_asked, waits),
        service=service_figure(own.answered),
        region=region(about, {**peers, about.id: own}),
        surges=surges(judged, names),
    )


def peer_counts(tables: HospitalTables, partition: int, about: About, now: float) -> PeerCounts:
    """What the region's other hospitals must know of this one."""
    source = Source(tables, partition, about.id)
    return _peer(source, about, now, source.cells("28d", now), source.asked(now))


def _peer(source: Source, about: About, now: float, month: Cells, questions_asked: Asked) -> PeerCounts:
    return PeerCounts(
        hospital=source.hospital,
        name=about.name,
        hrr=about.hrr,
        at=int(now),
        posts=month.get("posts", 0),
        local=month.get("tier/local", 0),
        answered=judged_answers(questions_asked),
    )


def open_questions(waits: Mapping[str, Open], now: float) -> OpenQuestions:
    """`waits`: as `HospitalTables.open` counts them at `now`."""
    return OpenQuestions(
        every=_waiting(waits.get(EVERY), now),
        by_intent={intent: _waiting(waits.get(intent), now) for intent in ASKING},
        urgent=_waiting(waits.get(URGENT), now),
    )


def _waiting(found: Open | None, now: float) -> Waiting:
    if found is None:
        return Waiting(count=0, oldest_seconds=None)
    return Waiting(count=found.number, oldest_seconds=max(0, int(now) - found.oldest))


def _goals(
    source: Source, about: About, now: float, questions_asked: Asked, waits: Mapping[str, Open]
) -> tuple[GoalFigure, ...]:
    _, local = source.tables.people(source.partition, source.hospital, "28d", now)
    counts = msgspec.structs.replace(
        goal_counts(questions_asked, source.cells("28d", now)),
        local_authors=local,
        local_authors_error=STANDARD_ERROR if local > EXACT_UP_TO else goals.DISTINCT_ERROR,
        residents=about.residents,
        unanswered=sum(waits[intent].number for intent in ("question", "request") if intent in waits),
    )
    return tuple(_goal(one) for one in goals.goals(about.goals, counts))


def _goal(found: goals.GoalState) -> GoalFigure:
    reading = found.reading
    return GoalFigure(
        goal=found.goal,
        unit=found.unit,
        better=found.better,
        target=found.target,
        actual=reading.actual,
        low=_finite(reading.low),
        high=_finite(reading.high),
        of=reading.of,
        state=found.state,
        window=reading.window,
        why=found.rule,
    )


def _finite(number: float | None) -> float | None:
    return None if number is None or isinf(number) else number


def service_figure(answered: service.Answered) -> ServiceFigure:
    """The service index and its parts; shown from 30 local questions on."""
    found = service.service_index(answered)
    why = "" if found.enough else TOO_FEW if answered.local else NOTHING
    return ServiceFigure(index=None if why else found.index, low=found.low, high=found.high, parts=answered, why=why)
