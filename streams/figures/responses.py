"""The figures of questions and answers: how many, how fast, and of whom.

Called by `hospital.py` with counts of the questions asked in each hour. Owns which questions are old enough to be
judged. Knows no row.
"""

from collections.abc import Iterable, Mapping

import msgspec

from streams.figures.about import About
from streams.figures.shape import Answers, Cohort, Median, Responses
from streams.figures.shares import MINUTES, median, share
from streams.indicators import goals
from streams.indicators.service import Answered, two_way
from streams.tables.cells import Cells, add
from streams.tables.periods import HOUR_SECONDS, KEEP_HOURS
from streams.tables.questions import EDGES, OPEN_SECONDS
from streams.vocabulary import INTENTS, NEARS, WANTS_ANSWER, Intent

NO_ZONE = "the time zone of the hospital's ZIP code is not known"
_LIMITS = {"1h": 3600, "24h": 86_400, "72h": OPEN_SECONDS}
_EDGES = tuple(EDGES)
ASKING: tuple[Intent, ...] = tuple(intent for intent in INTENTS if intent in WANTS_ANSWER)
"""Intents that want an answer, in the vocabulary's order."""


class Asked(msgspec.Struct, frozen=True):
    """Counts of a hospital's questions of 28 days: cells as in `HospitalTables.cohort`."""

    every: Mapping[str, int]
    judged: Mapping[str, Mapping[str, int]]
    """`1h`, `24h`, `72h` -> of those that were asked at least so long ago."""


def hours_of(now: float) -> tuple[int, int]:
    """First and last hour (since the epoch) of the questions that the figures look at."""
    last = int(now // HOUR_SECONDS)
    return last - KEEP_HOURS + 1, last


def asked(hourly: Iterable[tuple[int, Cells]], now: float) -> Asked:
    """Add up what `HospitalTables.hourly_cohorts` gives for `hours_of(now)`."""
    # Of an hour all questions are old enough, or it is not judged yet. Each hour is added once: to the questions that
    # are old enough for the longest time, or for a shorter one alone, or for none yet.
    ends = {name: int((now - limit) // HOUR_SECONDS) for name, limit in _LIMITS.items()}
    parts: dict[str, dict[str, int]] = {name: {} for name in (*ends, "")}
    oldest_first = sorted(ends, key=lambda name: ends[name])
    for hour, cells in hourly:
        add(parts[next((name for name in oldest_first if hour < ends[name]), "")], cells)
    sums: dict[str, int] = {}
    judged: dict[str, Mapping[str, int]] = {}
    for name in oldest_first:
        add(sums, parts[name])
        judged[name] = dict(sums)
    add(sums, parts[""])
    return Asked(sums, judged)


def responses(counts: Asked, month: Cells, about: About) -> Responses:
    """`month`: the hospital's cells of 28 days."""
    every, old = counts.every, counts.judged["72h"]
    answered = _answered(every)
    business = _within(every, "q/business/") if about.time_zone is not None else None
    return Responses(
        every=_answers(every, "q"),
        by_intent={intent: _answers(every, f"q/intent/{intent}") for intent in ASKING},
        by_near={near: _answers(every, f"q/near/{near}") for near in NEARS},
        answered_1h=_cohort(counts, "1h"),
        answered_24h=_cohort(counts, "24h"),
        answered_72h=_cohort(counts, "72h"),
        median_answered=median(_within(every)),
        median_all=median(_within(old), old.get("q/asked", 0) - _answered(old)),
        business_within=business,
        median_business=_of_business(business, answered),
        business_hours=about.business_hours,
        time_zone=about.time_zone,
        two_way=two_way(month.get("answers", 0), month.get("own", 0) - month.get("answers", 0)),
        uncounted=every.get("q/uncounted", 0),
    )


def _of_business(within: Mapping[str, int] | None, answered: int) -> Median:
    if within is None:
        return Median(minutes=None, low=None, high=None, of=0, why=NO_ZONE)
    found = median(within)
    if not found.why and found.of < answered:
        return msgspec.structs.replace(found, why=f"{answered - found.of} answers came before the time zone was known")
    return found


def _within(cells: Cells, kind: str = "q/within/") -> dict[str, int]:
    return {edge: cells.get(f"{kind}{edge}", 0) for edge in EDGES}


def _answered(cells: Cells, within: str = "72h", kind: str = "q") -> int:
    """Questions answered within a time, an edge of the histogram."""
    edges = _EDGES[: _EDGES.index(within) + 1]
    return sum(cells.get(f"{kind}/within/{edge}", 0) for edge in edges)


def _answers(cells: Cells, kind: str) -> Answers:
    return Answers(
        asked=cells.get(f"{kind}/asked", 0),
        answered=_answered(cells, kind=kind),
        within=_within(cells, f"{kind}/within/"),
    )


def _cohort(counts: Asked, limit: str) -> Cohort:
    judged, every = counts.judged[limit], counts.every
    waiting = every.get("q/asked", 0) - _answered(every)
    too_old = judged.get("q/asked", 0) - _answered(judged)
    return Cohort(within=share(_answered(judged, limit), judged.get("q/asked", 0)), pending=waiting - too_old)


def judged_answers(counts: Asked) -> Answered:
    """What the service index is made of."""
    old = counts.judged["72h"]
    counts_of = {near: (old.get(f"q/near/{near}/asked", 0), _answered(old, kind=f"q/near/{near}")) for near in NEARS}
    return Answered(*counts_of["local"], *counts_of["away"], *counts_of["unknown"])


def goal_counts(counts: Asked, month: Cells) -> goals.Counts:
    """What goals are computed from, but for people and what is open now."""
    old = counts.judged["72h"]
    posts = month.get("posts", 0)
    return goals.Counts(
        posts=posts,
        located=posts - month.get("tier/unknown", 0),
        local=month.get("tier/local", 0),
        complaints=month.get("intent/complaint", 0),
        within_1h=_goal_cohort(counts, "1h"),
        within_24h=_goal_cohort(counts, "24h"),
        times=goals.Times(MINUTES, (*_within(old).values(), 0), old.get("q/asked", 0) - _answered(old)),
    )


def _goal_cohort(counts: Asked, limit: str) -> goals.Cohort:
    judged = counts.judged[limit]
    return goals.Cohort(judged.get("q/asked", 0), _answered(judged, limit))
