"""How long a post takes from being accepted by ingest to a row of its hospital: `python -m bench --case latency`.

Posts come when their moment has come (`offered.py`), each record is seen by itself (`visible.py`). Two times are told:
from *accepted*, the sync of ingest's wal, and from the post's *moment*, which also has whatever kept ingest from
accepting it. The first seconds are left out: caches fill.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from bench import paced
from bench.paced import Broker, Ran

RATES = (100.0, 1_000.0, 10_000.0)
WARM_SECONDS = 2.0
SHARES = (50, 99, 99.9)


def measure(
    broker: Broker, seconds: float, say: Callable[[str], None], rates: Sequence[float] = RATES
) -> Iterator[dict[str, Any]]:
    """One result for each rate."""
    for rate in rates:
        ran = paced.run(broker, rate, seconds, say)
        yield {"case": "latency", "posts_per_s": round(rate), **figures(ran)}


def figures(ran: Ran) -> dict[str, Any]:
    """Latencies, CPU and lag of a run to which nothing happened."""
    offered = ran.offered
    warm = min(WARM_SECONDS, len(offered.keys) / offered.rate / 4) * offered.rate
    records = [one for one in ran.seen if one.post >= warm]
    return {
        **quantiles("", (one.at - offered.accepted_at(one.post) for one in records)),
        **quantiles("moment_", (one.at - offered.due(one.post) for one in records)),
        "cpu_us_per_post": round(ran.cpu_us, 1),
        "broker_us_per_post": round(ran.broker_us, 1),
        "worker_cores": round(ran.worker_cores, 3),
        "most_lag": max(ran.lags),
        "lag_at_end": ran.lags[-1],
        "posts": len(offered.keys),
        "records": len(records),
    }


def quantiles(name: str, seconds: Iterable[float]) -> dict[str, float | None]:
    """p50, p99, p99.9 and the longest, in ms; None where there is nothing to measure."""
    late = sorted(seconds)
    found = {f"p{share:g}": late[int(len(late) * share / 100)] if late else None for share in SHARES}
    found["max"] = late[-1] if late else None
    return {f"{name}{key}_ms": None if value is None else round(value * 1000, 1) for key, value in found.items()}
