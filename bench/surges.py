"""How often a surge is cried for nothing, and how many hours a real one takes to be seen, on simulated weeks.

Called by `make bench`; needs no Kafka. A hospital's hours have the shape of a day and of a week, days that are as a
whole some 15 % off, and counts by Poisson; each topic is a share of its posts. EARS C2, the common method, is judged on
the same counts. The limits of `streams/indicators/surge.py` were tuned on seeds from 1000 up; what is printed is of
seeds from 0 up, which no limit has seen.

An alarm is the first surge hour after twelve without; those of all series of a hospital are added up.
"""

import math
import random
import statistics
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from typing import Any

from streams.indicators.surge import DRIFT_HOURS, HISTORY, RULE, WEEK, Rule, Watch

BASES = (0.05, 0.5, 2.0, 5.0, 10.0, 50.0)
"""Posts an hour of a hospital, on average over a week."""
TIMES = (2, 3, 5)
HOURS = 720
"""A hospital-month."""
LASTS = 24
"""Hours that a planted surge lasts; later than that it is not seen."""
QUIET = 12
SHARES = tuple(0.3 * 0.84**place for place in range(25))
"""Of a hospital's posts that are of each topic: the first is in 30 % of them, the last in half a per cent."""
DAY_SPREAD = 0.15
C2_DAYS, C2_GUARD, C2_LIMIT = 7, 2, 3.0
"""EARS C2: seven days before a guard of two, three standard deviations (Hutwagner and others 2003)."""
C2_QUIET_LIMIT = 10.0
"""Chosen so that it cries about as seldom as ours, on what is printed: so their delays can be compared."""
C2_LEAST_SIGMA = 0.5
"""Of sparse counts, as the R package `surveillance` advises."""

Alarms = Callable[[Sequence[int], int], Iterator[bool]]
"""Of a series from an hour on: whether each hour is said to be a surge."""


def measure(runs: int) -> dict[str, Any]:
    """One answer: of each base, 5 hospital-months a run, and 40 surges of each kind a run."""
    methods: dict[str, Alarms] = {
        "earshot": earshot,
        "ears_c2": ears_c2,
        "ears_c2_quiet": partial(ears_c2, limit=C2_QUIET_LIMIT),
    }
    months, planted = range(5 * runs), range(40 * runs)
    cried = {base: false_alarms(methods.values(), base, months) for base in BASES}
    seen = {
        (base, times, busy): delays(methods.values(), base, times, planted, busy)
        for base in BASES
        for times in TIMES
        for busy in (False, True)
    }
    return {
        "case": "surges",
        "false_alarms_per_hospital_month": {
            name: {f"{base:g}/h": cried[base][at] for base in BASES} for at, name in enumerate(methods)
        },
        "median_hours_to_detect": {
            name: {
                f"{base:g}/h x{times}{' busy' * busy}": f"{found[at][0]:g} ({found[at][1]:.0%} seen)"
                for (base, times, busy), found in seen.items()
            }
            for at, name in enumerate(methods)
        },
        "us_per_series_and_hour": cost(),
        "runs": runs,
    }


def weeks(base: float, hours: int, chance: random.Random) -> list[float]:
    """Posts to be expected in each hour, with the days' own ups and downs."""
    peak = chance.randrange(24)
    weekend = chance.uniform(0.4, 0.9)
    depth = chance.uniform(0.5, 0.9)
    days = [math.exp(chance.gauss(0, DAY_SPREAD) - DAY_SPREAD**2 / 2) for _ in range(hours // 24 + 1)]
    shape = [
        (1 + depth * math.cos((hour - peak) * math.tau / 24)) * (weekend if hour // 24 % 7 in (5, 6) else 1.0)
        for hour in range(WEEK)
    ]
    mean = statistics.fmean(shape)
    return [base * shape[hour % WEEK] / mean * days[hour // 24] for hour in range(hours)]


def poisson(mean: float, chance: random.Random) -> int:
    """Knuth's, in pieces of 30 so that nothing underflows."""
    count = 0
    while mean > 30:
        count += poisson(30, chance)
        mean -= 30
    limit, product = math.exp(-mean), chance.random()
    while product > limit:
        count += 1
        product *= chance.random()
    return count


def hospital(base: float, seed: int) -> list[list[int]]:
    """All posts, then each topic's, of the history and a month after it."""
    chance = random.Random(seed)  # noqa: S311 - a simulation
    posts = [poisson(mean, chance) for mean in weeks(base, HISTORY + HOURS, chance)]
    topics = [[sum(chance.random() < share for _ in range(count)) for count in posts] for share in SHARES]
    return [posts, *topics]


def earshot(counts: Sequence[int], start: int, rule: Rule = RULE) -> Iterator[bool]:
    """Ours."""
    watch = Watch(rule)
    watch.begin(counts[max(0, start - HISTORY) : start - DRIFT_HOURS])
    for hour in range(start - DRIFT_HOURS, len(counts)):
        found = watch.push(counts[hour]).state == "surge"
        if hour >= start:
            yield found


def ears_c2(counts: Sequence[int], start: int, limit: float = C2_LIMIT) -> Iterator[bool]:
    """EARS C2 on the counts of the same hour of the day: seven days before a guard of two."""
    near, far = 24 * (C2_GUARD + 1), 24 * (C2_GUARD + C2_DAYS)
    for hour in range(start, len(counts)):
        base = counts[hour - far : hour - near + 1 : 24]
        mean = sum(base) / C2_DAYS
        sigma = math.sqrt(sum((count - mean) ** 2 for count in base) / (C2_DAYS - 1))
        yield counts[hour] > mean + limit * max(C2_LEAST_SIGMA, sigma)


def false_alarms(methods: Collection[Alarms], base: float, seeds: Sequence[int]) -> list[float]:
    """Of each method: alarms of a hospital in a month, over all its series, where nothing was planted."""
    found = [[0] * len(seeds) for _ in methods]
    for place, seed in enumerate(seeds):
        for series in hospital(base, seed):
            for alarms, method in zip(found, methods, strict=True):
                alarms[place] += _alarms(method(series, HISTORY))
    return [round(statistics.fmean(alarms), 2) for alarms in found]


def _alarms(hours: Iterator[bool]) -> int:
    alarms, quiet = 0, QUIET
    for found in hours:
        alarms += found and quiet >= QUIET
        quiet = 0 if found else quiet + 1
    return alarms


def delays(
    methods: Collection[Alarms], base: float, times: int, seeds: Sequence[int], busy: bool
) -> list[tuple[float, float]]:
    """Of each method: hours from the beginning of a surge (1: within its first hour), in the median, and the share of
    surges that were seen while they lasted.

    Each begins at a random hour of a week (`busy`: one that usually has at least `base` posts) and lasts `LASTS`.
    """
    found: list[list[float]] = [[] for _ in methods]
    for seed in seeds:
        chance = random.Random(10_000_000 + seed)  # noqa: S311 - a simulation
        means = weeks(base, HISTORY + WEEK + LASTS, chance)
        start = chance.choice([hour for hour in range(HISTORY, HISTORY + WEEK) if not busy or means[hour] >= base])
        del means[start + LASTS :]
        counts = [poisson(mean * (times if hour >= start else 1), chance) for hour, mean in enumerate(means)]
        for hours, method in zip(found, methods, strict=True):
            hours.append(next((hour + 1 for hour, alarm in enumerate(method(counts, start)) if alarm), math.inf))
    return [(statistics.median(hours), statistics.fmean(not math.isinf(one) for one in hours)) for hours in found]


def cost() -> float:
    """Microseconds of one series and hour."""
    counts = hospital(2.0, 1)[0]
    watch = Watch()
    watch.begin(counts[:HISTORY])
    started = time.process_time()
    for count in counts[HISTORY:]:
        watch.push(count)
    return round((time.process_time() - started) / (len(counts) - HISTORY) * 1e6, 1)
