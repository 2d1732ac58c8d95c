"""What is read off the tables and parts of a process when Prometheus asks.

Called by the client library at each scrape. The domain's counters come from rows, so they survive restarts: in-process
ones lost 62 % of sparse counts over two restarts. Knows neither HTTP nor who counts.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial

from prometheus_client.registry import Collector

from streams.figures.about import About
from streams.indicators.small_cells import MINIMUM_CELL, held_back, shown
from streams.metrics.exposition import Deferred, Reading, Samples, deferred
from streams.tables.cells import ANY, Cells
from streams.tables.hospitals import HospitalTables
from streams.vocabulary import INTENTS, NEARS, TIERS

__all__ = [
    "MINIMUM_CELL",
    "ConversationCollector",
    "Reading",
    "ReadingCollector",
    "Samples",
    "Shown",
    "Visible",
    "shown",
]

Shown = Callable[[], Mapping[str, int]]
"""Hospitals to show now, each with its partition of `mentions`: those of the directory whose rows are complete and
ours."""

Visible = Callable[[], Collection[str]]
"""Ids of the hospitals that may have series of their own, whoever holds them (EARSHOT_METRICS_HOSPITALS)."""

_LIFETIME = (
    "conversation_posts_total",
    "conversation_own_posts_total",
    "conversation_tier_posts_total",
    "conversation_intent_posts_total",
    "conversation_topic_posts_total",
    "conversation_community_posts_total",
    "conversation_suppressed_cells",
)


class ReadingCollector(Collector):
    """Gauges and counters that parts of a process keep as plain numbers."""

    def __init__(self, read: Callable[[], Reading]) -> None:
        """`read` is called at each collection, in the thread of the scrape."""
        self._read = read

    def collect(self) -> Iterator[Deferred]:
        """One family for each metric in the reading."""
        for name, samples in self._read().items():
            yield Deferred(name, partial(dict, dict(samples)))


def hospitals(about: Collection[About], visible: Collection[str] | None = None) -> Reading:
    """The directory as metrics, the same from every worker. `visible`: None: all."""
    rows = [one for one in about if visible is None or one.id in visible]
    return {
        "conversation_hospital_info": {
            (one.id, one.name, one.city, one.state, one.hrr_name, one.kind): 1 for one in rows
        },
        "pipeline_directory_hospitals": {(): len(about)},
        "pipeline_hidden_hospitals": {(): len(about) - len(rows)},
    }


class ConversationCollector(Collector):
    """Counters of every hospital whose partition this worker holds, zeros included; nothing while it recovers, so that
    missing data looks missing."""

    def __init__(
        self,
        tables: HospitalTables,
        shown: Shown,
        topics: Iterable[str],
        service_lines: Iterable[str],
        visible: Visible | None = None,
    ) -> None:
        """`topics`: those that stay with a post; `service_lines`: those that are only counted; `visible`: None: all."""
        self._visible = visible
        self._tables = tables
        self._shown = shown
        self._topics = tuple(topics)
        self._service_lines = tuple(service_lines)

    def collect(self) -> Iterator[Deferred]:
        """One family a metric, of the rows as they are now."""
        tables = self._tables
        visible = self._visible() if self._visible is not None else None
        rows = {
            name: dict(tables.lifetime(partition, name))
            for name, partition in self._shown().items()
            if visible is None or name in visible
        }
        return deferred(_LIFETIME, lambda: self._reading(rows))

    def _reading(self, rows: Mapping[str, Cells]) -> Reading:
        topics: dict[tuple[str, ...], float] = {}
        suppressed: dict[tuple[str, ...], float] = {}
        for name, row in rows.items():
            topics.update({(name, topic): row.get(f"topic/{topic}", 0) for topic in self._topics})
            counts = {topic: row.get(f"s/topic/{topic}", 0) for topic in self._service_lines}
            topics.update({(name, topic): shown(count) for topic, count in counts.items()})
            suppressed[name,] = held_back(counts.values())
        return {
            "conversation_posts_total": {(name,): row.get("posts", 0) for name, row in rows.items()},
            "conversation_own_posts_total": {(name,): row.get("own", 0) for name, row in rows.items()},
            "conversation_tier_posts_total": {
                (name, tier): row.get(f"tier/{tier}", 0) for name, row in rows.items() for tier in TIERS
            },
            "conversation_intent_posts_total": {
                (name, intent): row.get(f"intent/{intent}", 0) for name, row in rows.items() for intent in INTENTS
            },
            "conversation_topic_posts_total": topics,
            "conversation_community_posts_total": dict(_communities(rows)),
            "conversation_suppressed_cells": suppressed,
        }


def _communities(rows: Mapping[str, Cells]) -> Iterator[tuple[tuple[str, ...], float]]:
    for name, row in rows.items():
        for near in NEARS:
            yield (name, near, "open"), row.get(f"community/{near}/{ANY}", 0)
            yield (name, near, "health"), shown(row.get(f"s/community/{near}/{ANY}", 0))
