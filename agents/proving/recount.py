"""What every table must say, counted anew from records: lifetime, hours, windows at any time, people, nearness x
community.

Called by `oracle.py` with each record of a post that counts, once. Plain Python that shares no code with
`streams/tables`: the definitions stand here a second time, in the shortest words. Knows no Kafka and no row.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from math import log
from typing import Literal, get_args

from streams.records import Mention, Tally

Cell = tuple[str, str, str, str]
"""Hospital, period (`all` or `h` and the hour), name of the count, and for `person` which."""

Span = Literal["1h", "24h", "7d", "28d"]
SPANS: tuple[Span, ...] = get_args(Span)
HOURS: Mapping[Span, int] = {"1h": 1, "24h": 24, "7d": 168, "28d": 672}

_REGISTERS = 16_384
_COUNTED_ALONE = 100
"""So many different people are counted one by one; above it the registers estimate them."""


class Recount:
    """Everything the records say."""

    def __init__(self) -> None:
        self.cells: Counter[Cell] = Counter()
        """Lifetime and hours; a person of an hour counts once."""
        self._fives: dict[str, dict[int, Counter[str]]] = {}
        self._hours: dict[str, dict[int, Counter[str]]] = {}
        self._people: dict[str, dict[int, set[int]]] = {}

    def add(self, record: Mention | Tally) -> None:
        """Count one record."""
        hospital, hour = record.hospital, record.hour
        names = list(_marginals(record))
        for name in names:
            self.cells[hospital, "all", name, ""] += 1
        self._hours.setdefault(hospital, {})
        if hour < 0:
            return
        for name in names:
            self.cells[hospital, f"h{hour}", name, ""] += 1
        self._hours[hospital].setdefault(hour, Counter()).update(names)
        if isinstance(record, Tally):
            return  # in no window of minutes
        self._fives.setdefault(hospital, {}).setdefault(record.written // 300, Counter()).update(names)
        if record.person >= 0:
            person = record.person * 2 + (record.tier == "local")
            self.cells[hospital, f"h{hour}", "person", str(person)] = 1
            self._people.setdefault(hospital, {}).setdefault(hour, set()).add(person)

    @property
    def hospitals(self) -> Iterable[str]:
        """Every hospital that was counted."""
        return self._hours

    def hours(self) -> set[int]:
        """Every hour (since the epoch) that has a count."""
        return {hour for hours in self._hours.values() for hour in hours}

    def fives(self) -> set[int]:
        """Every 5 minutes (since the epoch) that have a count."""
        return {five for fives in self._fives.values() for five in fives}

    def window(self, hospital: str, span: Span, at: float) -> Counter[str]:
        """A hospital's counts in the window that ends at a moment (seconds since the epoch)."""
        buckets = self._fives if span == "1h" else self._hours
        first, last = bounds(span, at)
        sums: Counter[str] = Counter()
        for bucket, counts in buckets.get(hospital, {}).items():
            if first <= bucket <= last:
                sums.update(counts)
        return sums

    def people(self, hospital: str, span: Span, at: float) -> tuple[int, int]:
        """Estimates of the different authors in a window of hours: all, and local ones."""
        first, last = bounds(span, at)
        seen = {
            person
            for hour, people in self._people.get(hospital, {}).items()
            if first <= hour <= last
            for person in people
        }
        return estimate({person // 2 for person in seen}), estimate({person // 2 for person in seen if person % 2})


def bounds(span: Span, at: float) -> tuple[int, int]:
    """The oldest and the newest bucket of a window: of 5 minutes for `1h`, else of hours."""
    if span == "1h":
        return int(at // 300) - 11, int(at // 300)
    return int(at // 3600) - HOURS[span] + 1, int(at // 3600)


def begins(span: Span, at: float) -> int:
    """When a window begins, seconds since the epoch."""
    return bounds(span, at)[0] * (300 if span == "1h" else 3600)


def estimate(people: Iterable[int]) -> int:
    """How many different people (register times 64 plus rank): HyperLogLog with 16,384 registers, linear counting while
    enough of them are empty, one by one up to a hundred."""
    different = set(people)
    if len(different) <= _COUNTED_ALONE:
        return len(different)
    highest: dict[int, int] = {}
    for person in different:
        register, rank = divmod(person, 64)
        highest[register] = max(rank, highest.get(register, 0))
    empty = _REGISTERS - len(highest)
    if empty and (linear := _REGISTERS * log(_REGISTERS / empty)) <= 2.5 * _REGISTERS:
        return round(linear)
    harmonic = empty + sum(2.0**-rank for rank in highest.values())
    return round(0.7213 / (1 + 1.079 / _REGISTERS) * _REGISTERS * _REGISTERS / harmonic)


def _marginals(record: Mention | Tally) -> Iterator[str]:
    prefix = "s/" if isinstance(record, Tally) else ""
    if isinstance(record, Mention):
        if record.relation == "author":
            yield "own"
            if record.reply_to:
                yield "answers"
            return
        yield f"intent/{record.intent}"
        if record.addressed and record.intent in ("question", "request", "complaint", "crisis"):
            yield "wants"
    yield f"{prefix}posts"
    yield f"{prefix}tier/{record.tier}"
    for topic in record.topics:
        yield f"{prefix}topic/{topic}"
    near = record.tier if record.tier in ("local", "unknown") else "away"
    for community in record.communities:
        yield f"{prefix}community/{near}/{community}"
    if record.communities:
        yield f"{prefix}community/{near}/*"
