"""How long nothing is visible when a worker joins, and when one is killed and started again: `python -m bench --case
gap`.

Posts go on coming at an even pace. The *gap* is the longest time in which no row of one partition changed; *nothing* is
the longest in which no row at all did. *Caught up*: when all that came in the gap is visible. Latencies are those of
posts outside: visible before it happened, or come after all was caught up.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from agents.proving.pipeline import Pipeline
from bench import paced
from bench.latency import quantiles
from bench.offered import Offered
from bench.paced import Broker, Ran
from bench.visible import Seen

RATE = 1_000.0
LONG = 0.5
"""Of the longest pause: partitions that paused so long took part in it."""


def _join(pipeline: Pipeline) -> None:
    pipeline.start_worker("joining")
    paced.wait_held(pipeline)


def _kill(pipeline: Pipeline) -> None:
    worker = pipeline.workers[paced.WORKER]
    worker.kill()
    worker.start()
    paced.wait_held(pipeline)


EVENTS: dict[str, Callable[[Pipeline], None]] = {"join": _join, "kill": _kill}


class Gap(NamedTuple):
    """Of one run; seconds, moments on the monotonic clock."""

    seconds: float
    nothing: float
    caught_up: float
    """Moment."""


def measure(broker: Broker, seconds: float, say: Callable[[str], None], rate: float = RATE) -> Iterator[dict[str, Any]]:
    """One result for each event; posts come for `seconds`."""
    for event, happens in EVENTS.items():
        ran = paced.run(broker, rate, seconds, say, happens)
        yield {"case": "gap", "event": event, "posts_per_s": round(rate), **figures(ran)}


def figures(ran: Ran) -> dict[str, Any]:
    """What the event did."""
    assert ran.happened is not None
    offered, at = ran.offered, ran.happened.begun
    if ran.happened.over >= offered.due(len(offered.keys)):
        return {"note": "the posts ended before it was over: measure more --seconds"}
    gap = found(offered, ran.seen, at)
    outside = [one for one in ran.seen if one.at < at or offered.due(one.post) > gap.caught_up]
    return {
        "gap_s": round(gap.seconds, 2),
        "nothing_visible_s": round(gap.nothing, 2),
        "caught_up_s": round(gap.caught_up - at, 2),
        **quantiles("outside_", (one.at - offered.accepted_at(one.post) for one in outside)),
        "inside_max_ms": round(max(one.at - offered.accepted_at(one.post) for one in ran.seen) * 1000),
        "most_lag": max(ran.lags),
        "posts": len(offered.keys),
        "records_outside": len(outside),
    }


def found(offered: Offered, seen: Sequence[Seen], at: float) -> Gap:
    """The gap of what happened `at`. `seen`: in the order of becoming visible."""
    times: dict[int, list[float]] = defaultdict(list)
    for one in seen:
        times[one.partition].append(one.at)
    pauses = [longest for each in times.values() if (longest := _longest(each, at)) is not None]
    if not pauses:
        return Gap(0.0, 0.0, at)
    most = max(end - begin for begin, end in pauses)
    back = max(end for begin, end in pauses if end - begin >= most * LONG)
    begin, end = _longest([one.at for one in seen], at) or (at, at)
    return Gap(most, end - begin, max(one.at for one in seen if offered.due(one.post) <= back))


def _longest(times: Iterable[float], at: float) -> tuple[float, float] | None:
    """The longest pause that ended after `at`."""
    pauses = [(begin, end) for begin, end in pairwise(times) if end > at]
    return max(pauses, key=lambda one: one[1] - one[0], default=None)
