"""The domain's metrics, read from the tables when Prometheus asks.

For every hospital whose partition this worker holds, zeros included; nothing while it recovers, so that missing data
looks missing. Read from rows, a counter survives restarts: in-process ones lost 62 % of sparse counts over two
restarts.
"""

from collections.abc import Iterable, Iterator, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from streams.metrics.registry import declared
from streams.tables.hospitals import HospitalTables
from streams.tables.rows import Row
from streams.vocabulary import INTENTS, TIERS

MINIMUM_CELL = 5
"""A service-line count below it could point at a person."""


class ConversationCollector(Collector):
    """Counters of the hospitals held."""

    def __init__(
        self,
        tables: HospitalTables,
        partition_of: Mapping[str, int],
        topics: Iterable[str],
        service_lines: Iterable[str],
    ) -> None:
        """`topics`: those that stay with a post; `service_lines`: those that are only counted."""
        self._tables = tables
        self._partition_of = partition_of
        self._topics = tuple(topics)
        self._service_lines = tuple(service_lines)
        self.held: Iterable[int] = ()
        """Partitions of `mentions` to show; set by the worker before each collection."""

    def collect(self) -> Iterator[Metric]:
        """One family a metric."""
        held = set(self.held)
        hospitals = [(name, p) for name, p in sorted(self._partition_of.items()) if p in held]
        rows = {name: self._tables.lifetime(partition, name) for name, partition in hospitals}
        yield _family("conversation_posts_total", {(name,): row.posts for name, (row, _) in rows.items()})
        yield _family("conversation_own_posts_total", {(name,): row.own for name, (row, _) in rows.items()})
        yield _family(
            "conversation_tier_posts_total",
            {(name, tier): row.tiers.get(tier, 0) for name, (row, _) in rows.items() for tier in TIERS},
        )
        yield _family(
            "conversation_intent_posts_total",
            {(name, intent): row.intents.get(intent, 0) for name, (row, _) in rows.items() for intent in INTENTS},
        )
        topics: dict[tuple[str, ...], float] = {}
        suppressed: dict[tuple[str, ...], float] = {}
        for name, (row, tallies) in rows.items():
            topics.update({(name, topic): row.topics.get(topic, 0) for topic in self._topics})
            topics.update({(name, topic): _shown(tallies, topic) for topic in self._service_lines})
            suppressed[name,] = sum(0 < tallies.topics.get(topic, 0) < MINIMUM_CELL for topic in self._service_lines)
        yield _family("conversation_topic_posts_total", topics)
        yield _family("conversation_suppressed_cells", suppressed)


def _shown(row: Row, topic: str) -> int:
    count = row.topics.get(topic, 0)
    return count if count >= MINIMUM_CELL else 0


def _family(name: str, samples: Mapping[tuple[str, ...], float]) -> Metric:
    metric = declared(name)
    kind = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
    family = kind(metric.family, metric.help, labels=list(metric.labels))
    for labels, value in samples.items():
        family.add_metric(labels, value)
    return family


PipelineReading = dict[str, Mapping[tuple[str, ...], float]]
"""Metric name -> label values -> number, as the worker reads it off its parts."""


class PipelineCollector(Collector):
    """Gauges and counters that the worker's parts keep as plain numbers."""

    def __init__(self) -> None:
        self.reading: PipelineReading = {}
        """Set by the worker before each collection."""

    def collect(self) -> Iterator[Metric]:
        """One family for each metric in the reading."""
        for name, samples in self.reading.items():
            yield _family(name, samples)
