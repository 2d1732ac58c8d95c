"""What grows with what: posts/s and CPU a post by workers, by hospitals and by pace: `python -m bench --case growth`.

One result a point. Workers and hospitals: a backlog (`backlog.py`); the median of runs, taken in turn, so that what
else the machine does hits all. Pace: an open loop (`paced.py`). `bench/plots.py` draws them.
"""

import os
import statistics
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from bench import backlog, latency, made_directory
from bench.backlog import Worked
from bench.paced import Broker

WORKERS = (1, 2, 4)
HOSPITALS = (42, 250, 5_000)
"""Those that ship with Earshot; a large region; nearly all of the country."""
RATES = (10.0, 100.0, 1_000.0, 10_000.0)
LEAST_SECONDS = 3.0
"""Of a backlog: the posts take a second to reach Kafka."""


def measure(
    broker: Broker, posts: int, runs: int, seconds: float, say: Callable[[str], None]
) -> Iterator[dict[str, Any]]:
    """One result a point. `posts`: of a backlog; `seconds`: in which posts come, of a pace."""
    worked = _in_turn({count: (broker, count) for count in WORKERS}, posts, runs, say)
    one = figures(worked[1])
    for count, found in worked.items():
        made = figures(found)
        yield {"case": "growth", "of": "workers", "workers": count, **made, **beside(made, one, count)}
    with tempfile.TemporaryDirectory(prefix="earshot-bench-") as name:
        known: dict[int, tuple[Broker, int]] = {}
        for count in HOSPITALS:
            folder = made_directory.write(Path(name, str(count)), count)
            settings = msgspec.structs.replace(broker.settings, directory_folder=str(folder))
            known[count] = broker._replace(settings=settings), 1
        for count, found in _in_turn(known, posts, runs, say).items():
            yield {"case": "growth", "of": "hospitals", "hospitals": count, **figures(found)}
    for result in latency.measure(broker, seconds, say, RATES):
        yield {**result, "case": "growth", "of": "pace"}


def _in_turn(
    points: Mapping[int, tuple[Broker, int]], posts: int, runs: int, say: Callable[[str], None]
) -> dict[int, list[Worked]]:
    """The runs of each point, its broker and number of workers."""
    found: dict[int, list[Worked]] = {count: [] for count in points}
    for _ in range(runs):
        for count, (one, workers) in points.items():
            found[count].append(backlog.work_through(one, posts, workers, say))
    return found


def figures(found: Sequence[Worked]) -> dict[str, Any]:
    """Medians of the runs of one point."""

    def median(value: Callable[[Worked], float]) -> float:
        return statistics.median(map(value, found))

    short = min(one.seconds for one in found) < LEAST_SECONDS
    return {
        "posts_per_s": round(median(lambda one: one.posts / one.seconds)),
        "min_posts_per_s": round(min(one.posts / one.seconds for one in found)),
        "max_posts_per_s": round(max(one.posts / one.seconds for one in found)),
        "cpu_us_per_post": round(median(lambda one: one.cpu / one.posts * 1e6), 1),
        "broker_us_per_post": round(median(lambda one: one.broker_cpu / one.posts * 1e6), 1),
        "worker_cores": round(median(lambda one: one.cpu / one.seconds), 2),
        "broker_cores": round(median(lambda one: one.broker_cpu / one.seconds), 2),
        "machine_cores": os.cpu_count(),
        "posts": found[0].posts,
        "runs": len(found),
        **({"note": "too short to be exact: measure more --posts"} if short else {}),
    }


def beside(found: Mapping[str, Any], one: Mapping[str, Any], workers: int) -> dict[str, float | None]:
    """These workers as a multiple of one. `of_one`: as measured, the broker on the same cores. `of_one_a_core_each`:
    what their CPU a post allows if each worker, as the one, has a core that no broker takes from."""
    rate, cpu = one["posts_per_s"], found["cpu_us_per_post"]
    return {
        "of_one": round(found["posts_per_s"] / rate, 2) if rate else None,
        "of_one_a_core_each": round(workers * one["cpu_us_per_post"] / cpu, 2) if cpu else None,
    }
