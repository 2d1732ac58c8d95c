"""What a thousand requests a second to its API cost a worker that counts as fast as it can.

Called by `python -m bench --case api`. Runs alternate: alone, asked, alone, asked; so what else the machine does hits
both. The CPU of a post is the worker's own process alone: with two cores, broker, worker, the process that serves and
the one that asks also compete for them.
"""

import signal
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

Run = dict[str, float]


@contextmanager
def asking(host: str, port: int) -> Iterator[Callable[[], dict[str, Any]]]:
    """Ask all the while; call what it gives at the end for what came of it."""
    command = [sys.executable, "-m", "bench.asking", host, str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:  # noqa: S603 - our own command

        def result() -> dict[str, Any]:
            child.send_signal(signal.SIGTERM)
            out, _ = child.communicate(timeout=60)
            found: dict[str, Any] = msgspec.json.decode(out)
            return found

        try:
            yield result
        finally:
            child.kill()


def compared(alone: list[Run], asked: list[Run], answers: list[dict[str, Any]]) -> dict[str, Any]:
    """The medians of both, side by side."""

    def median(runs: list[Run], name: str) -> float:
        return statistics.median(run[name] for run in runs)

    def slower(name: str, sign: int) -> float:
        return round(100 * sign * (median(asked, name) / median(alone, name) - 1), 1)

    return {
        "case": "api",
        "requests_per_s": round(statistics.median(one["requests"] / one["seconds"] for one in answers)),
        "p50_ms": round(statistics.median(one["p50_ms"] for one in answers), 2),
        "p99_ms": round(statistics.median(one["p99_ms"] for one in answers), 1),
        "statuses": answers[0]["statuses"],
        "posts_per_s_alone": round(median(alone, "rate")),
        "posts_per_s_asked": round(median(asked, "rate")),
        "slower_percent": slower("rate", -1),
        "cpu_us_per_post_alone": round(median(alone, "cpu_us"), 1),
        "cpu_us_per_post_asked": round(median(asked, "cpu_us"), 1),
        "more_cpu_percent": slower("cpu_us", 1),
        "extra_cpu_percent_of_a_core": round(
            statistics.median((run["cpu_us"] - median(alone, "cpu_us")) * run["rate"] / 10_000 for run in asked), 1
        ),
        "runs": len(alone),
    }
