"""What the agents count themselves: a few numbers per chunk, never per record.

Called by the agents. In-process counters, so they start at zero with the process; what has to survive is read from
tables.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product

from prometheus_client import CollectorRegistry, Counter, Histogram

from streams.metrics.registry import declared
from streams.vocabulary import DeadReason, Skipped


def _counter(name: str, registry: CollectorRegistry) -> Counter:
    metric = declared(name)
    counter = Counter(metric.family, metric.help, list(metric.labels), registry=registry)
    for values in product(*metric.labels.values()) if metric.labels else ():
        counter.labels(*values)  # present from the start: a missing series and a zero are not the same
    return counter


def _histogram(name: str, registry: CollectorRegistry) -> Histogram:
    metric = declared(name)
    return Histogram(metric.family, metric.help, list(metric.labels), buckets=metric.buckets, registry=registry)


class Metrics:
    """The machinery's metrics of one worker."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        self._records = _counter("pipeline_records_total", self.registry)
        self._skipped = _counter("pipeline_skipped_total", self.registry)
        self._dead_letters = _counter("pipeline_dead_letters_total", self.registry)
        self._chunk_seconds = _histogram("pipeline_chunk_seconds", self.registry)
        self._visible = _histogram("pipeline_visible_seconds", self.registry)

    @contextmanager
    def chunk(self, stage: str, records: int) -> Iterator[None]:
        """Time one chunk."""
        started = time.perf_counter()
        yield
        self._chunk_seconds.labels(stage).observe(time.perf_counter() - started)
        self._records.labels(stage).inc(records)

    def skipped(self, reason: Skipped, count: int) -> None:
        """Records that counted for nothing."""
        if count:
            self._skipped.labels(reason).inc(count)

    def dead_letter(self, reason: DeadReason) -> None:
        """A record that could not be read."""
        self._dead_letters.labels(reason).inc()

    def visible(self, seconds: float) -> None:
        """Age of a chunk's oldest post now that it is in a table."""
        self._visible.observe(max(0.0, seconds))
