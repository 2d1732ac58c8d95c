"""What the product says of a changelog: its own tables, restored as a worker restores them, asked at several times.

Called by `oracle.py`. The only part of the proof that runs the product's tables: they are what is judged. Knows no
post.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from agents.kafka.stored import Stored
from agents.proving.goal_oracle import GoalOracle
from agents.proving.recount import SPANS, Recount, begins
from streams.tables.hospitals import HospitalTables

Differences = Counter[str]
"""Part (`PARTS` of `oracle.py`) -> sum of |tables - oracle|."""

_HOUR = 3600
_LATER = (_HOUR, 25 * _HOUR, 8 * 24 * _HOUR, 27 * 24 * _HOUR)
"""Seconds past the newest post."""
_GOALS_LATER = (0, *_LATER)
"""The same, for goals and open questions: questions get old enough to be judged, and stop waiting."""
_EDGES = 2
"""So many of the oldest and of the newest buckets have their ends looked at."""


def part_of(name: str) -> str:
    """`matrix` for a count of nearness x community, `people` for a person, `questions` for one and its answer; else
    empty."""
    if name == "person":
        return "people"
    if name.startswith("q/"):
        return "questions"
    return "matrix" if name.startswith(("community/", "s/community/")) else ""


def restored(changelog: Iterable[Stored]) -> tuple[HospitalTables, dict[str, int]]:
    """The tables of a changelog, and the partition of each hospital."""
    tables, partitions = HospitalTables(), set[int]()
    for one in changelog:
        tables.restore(one.partition, one.key or b"", one.value)
        partitions.add(one.partition)
    for partition in partitions:
        tables.complete(partition)
    return tables, {hospital: partition for partition in partitions for hospital in tables.hospitals(partition)}


def times_asked(recount: Recount, newest: float) -> list[float]:
    """Moments to ask at, in seconds since the epoch, oldest first: that of the newest post, some later ones, and the
    last second before and the first after the oldest and newest buckets leave each window. None is older than
    `newest`: a window of minutes is known for the last two hours only."""
    times = {newest, *(newest + later for later in _LATER)}
    hours, fives = sorted(recount.hours()), sorted(recount.fives())
    for hour in (*hours[:_EDGES], *hours[-_EDGES:]):
        for length in (24, 168, 672):
            times |= {(hour + length) * _HOUR - 1, (hour + length) * _HOUR}
    for five in (*fives[:_EDGES], *fives[-_EDGES:]):
        times |= {(five + 12) * 300 - 1, (five + 12) * 300}
    return sorted(time for time in times if time >= newest)


def differences(
    recount: Recount, changelog: Iterable[Stored], newest: float, since: int, goals: GoalOracle | None = None
) -> Differences:
    """Every window of every hospital at every moment of `times_asked`, tables beside recount; goals and open questions
    at some of these moments. `since`: only windows that begin then (seconds since the epoch) or later."""
    tables, partitions = restored(changelog)
    found: Differences = Counter()
    goal_times = {newest + later for later in _GOALS_LATER}
    for time in times_asked(recount, newest):
        for hospital in {*recount.hospitals, *partitions}:
            for part, difference in _of(recount, tables, partitions.get(hospital, -1), hospital, time, since):
                found[part] += difference
            if goals is not None and time in goal_times and begins("28d", time) >= since:
                for part, difference in goals.differences(tables, partitions.get(hospital, -1), hospital, time):
                    found[part] += difference
    return found


def _of(
    recount: Recount, tables: HospitalTables, partition: int, hospital: str, time: float, since: int
) -> Iterator[tuple[str, int]]:
    for span in SPANS:
        if begins(span, time) < since:
            continue
        wanted, shown = recount.window(hospital, span, time), tables.window(partition, hospital, span, time)
        if wanted != shown:
            for name in wanted.keys() | shown.keys():
                yield part_of(name) or "windows", abs(wanted[name] - shown.get(name, 0))
        if span != "1h":
            people = zip(
                recount.people(hospital, span, time), tables.people(partition, hospital, span, time), strict=True
            )
            yield "people", sum(abs(want - got) for want, got in people)
