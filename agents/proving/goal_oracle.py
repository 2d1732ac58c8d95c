"""The oracle's part of goals and open questions: every actual counted anew, beside what the product's figures say.

Called by `oracle.py`, which makes one of all posts, and by `shown.py` at several moments, with the tables that were
restored. The definitions of docs/indicators.md stand here a second time; of the product only the figures are used, for
they are what is judged. Targets and verdicts are not compared: the first stand in a file, the second follow.
"""

from collections.abc import Callable, Iterable, Iterator

from agents.proving.question_oracle import Asked, Questions
from agents.proving.recount import Recount
from streams.figures.about import About, Names
from streams.figures.hospital import figures
from streams.tables.hospitals import HospitalTables

Facts = dict[str, float | None]

_HOUR, _DAY = 3600, 86_400
_WAITS = 72 * _HOUR
_EDGES = (60, 300, 900, 1800, 3600, 7200, 14_400, 28_800, 43_200, 86_400, 172_800, 259_200)
"""Seconds: up to here an answer counts in the same bucket."""
_NOTHING = Names(topics=(), service_lines=(), communities=(), health_communities=())


class GoalOracle:
    """What the posts say of goals and open questions."""

    def __init__(self, recount: Recount, questions: Questions, residents: Callable[[str], int]) -> None:
        """`residents`: hospital id -> people in its service area, 0 where not known."""
        self._recount = recount
        self._asked = questions.by_hospital()
        self._residents = residents

    def differences(
        self, tables: HospitalTables, partition: int, hospital: str, at: float
    ) -> Iterator[tuple[str, int]]:
        """(part, by how much) of each fact of a hospital that is not the same at a moment: 1 at least."""
        wanted, found = self._facts(hospital, at), self._shown(tables, partition, hospital, at)
        for name in wanted.keys() | found.keys():
            one, other = wanted.get(name), found.get(name)
            off = float(one is not other) if one is None or other is None else abs(one - other)
            if off > 1e-6:
                yield "open" if name.startswith("open ") else "goals", max(1, round(off))

    # -- the product --------------------------------------------------------------------------------------------------

    def _shown(self, tables: HospitalTables, partition: int, hospital: str, at: float) -> Facts:
        about = About(
            id=hospital, name="", city="", state="", kind="acute", residents=self._residents(hospital)
        )  # fmt: skip
        said = figures(tables, partition, about, _NOTHING, at, {})
        facts: Facts = {one.goal: one.actual for one in said.goals}
        parts = said.service.parts
        facts |= {"local questions": parts.local, "local answered": parts.local_answered}
        for intent, waits in said.open_questions.by_intent.items():
            facts |= {f"open {intent}": waits.count, f"open {intent}, oldest": waits.oldest_seconds}
        return facts

    # -- counted anew -------------------------------------------------------------------------------------------------

    def _facts(self, hospital: str, at: float) -> Facts:
        month = self._recount.window(hospital, "28d", at)
        placed = month["posts"] - month["tier/unknown"]
        residents = self._residents(hospital)
        _, local_people = self._recount.people(hospital, "28d", at)
        asked = self._asked.get(hospital, [])
        newest = int(at // _HOUR)
        judged = [
            one for one in asked if newest - 672 < one.hour <= newest and not (one.gone and one.seconds is None)
        ]  # fmt: skip
        old = _older(judged, at - _WAITS)
        local = [one for one in old if one.near == "local"]
        facts: Facts = {
            "local_share": _percent(month["tier/local"], placed),
            "located_share": _percent(placed, month["posts"]),
            "complaint_share": _percent(month["intent/complaint"], month["posts"]),
            "answered_1h_share": _answered(_older(judged, at - _HOUR), _HOUR),
            "answered_24h_share": _answered(_older(judged, at - _DAY), _DAY),
            "first_response_minutes": _median([one.seconds for one in old]),
            "local_authors_per_10000": 10_000 * local_people / residents if residents else None,
            "local questions": len(local),
            "local answered": sum(one.seconds is not None for one in local),
        }
        waits = [one for one in asked if one.seconds is None and not one.gone and at - one.written <= _WAITS]
        facts["unanswered_questions"] = sum(one.intent in ("question", "request") for one in waits)
        for intent in ("question", "request", "complaint", "crisis"):
            times = [one.written for one in waits if one.intent == intent]
            facts[f"open {intent}"] = len(times)
            facts[f"open {intent}, oldest"] = max(0, int(at) - min(times)) if times else None
        return facts


def _older(asked: Iterable[Asked], than: float) -> list[Asked]:
    """Those of full hours that ended by a moment."""
    return [one for one in asked if (one.hour + 1) * _HOUR <= than]


def _percent(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole else None


def _answered(asked: list[Asked], within: int) -> float | None:
    return _percent(sum(one.seconds is not None and one.seconds <= within for one in asked), len(asked))


def _median(taken: list[int | None]) -> float | None:
    """Minutes: as if the answers of a bucket were spread evenly over it. None: fewer than half were answered."""
    half, low = len(taken) / 2, 0
    for high in _EDGES:
        below = sum(seconds is not None and seconds <= low for seconds in taken) if low else 0
        here = sum(seconds is not None and seconds <= high for seconds in taken) - below
        if here and below + here >= half:
            return (low + (high - low) * max(0.0, half - below) / here) / 60
        low = high
    return None
