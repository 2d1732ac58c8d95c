"""What the agents count themselves: a few numbers per chunk, never per record.

Called by the agents. In-process counters, so they start at zero with the process; what has to survive is read from
tables.
"""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import product

from prometheus_client import CollectorRegistry, Histogram

from streams.metrics.collector import Reading, ReadingCollector
from streams.metrics.metric import Closed
from streams.metrics.registry import declared
from streams.vocabulary import (
    CERTAINTIES,
    AttentionReason,
    DeadReason,
    ReadingPart,
    Reload,
    Skipped,
    Tier,
    Untimely,
    WrongPart,
)


class _Counted(ReadingCollector):
    """Says at its registration what it has, so that the registry can be asked for these metrics alone."""

    describe = ReadingCollector.collect


class Metrics:
    """The machinery's metrics of one worker. Every series is there from the start: missing and zero differ."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        self._records = declared("pipeline_records_total").counts()
        self._skipped = declared("pipeline_skipped_total").counts()
        self._untimely = declared("pipeline_untimely_posts_total").counts()
        self._dead_letters = declared("pipeline_dead_letters_total").counts(where="tagger")
        self._wrong_parts = declared("pipeline_wrong_parts_total").counts()
        self._named_places = declared("pipeline_named_places_total").counts()
        self._topics: dict[tuple[str, ...], int] = {}
        self._attention = declared("pipeline_attention_total").counts()
        self._word_reloads = declared("pipeline_taxonomy_reloads_total").counts()
        self._directory_reloads = declared("pipeline_directory_reloads_total").counts()
        self._chunk_seconds = histograms("pipeline_chunk_seconds", self.registry)
        self._reading_seconds = histograms("pipeline_reading_seconds", self.registry)
        self._visible = histograms("pipeline_visible_seconds", self.registry)[()]
        self.registry.register(_Counted(self._counted))

    def _counted(self) -> Reading:
        return {
            "pipeline_records_total": self._records,
            "pipeline_skipped_total": self._skipped,
            "pipeline_untimely_posts_total": self._untimely,
            "pipeline_dead_letters_total": self._dead_letters,
            "pipeline_wrong_parts_total": self._wrong_parts,
            "pipeline_named_places_total": self._named_places,
            "pipeline_topics_total": self._topics,
            "pipeline_attention_total": self._attention,
            "pipeline_taxonomy_reloads_total": self._word_reloads,
            "pipeline_directory_reloads_total": self._directory_reloads,
        }

    @contextmanager
    def chunk(self, stage: str, records: int) -> Iterator[None]:
        """Time one chunk."""
        started = time.perf_counter()
        yield
        self._chunk_seconds[stage,].observe(time.perf_counter() - started)
        self._records[stage,] += records

    def skipped(self, reason: Skipped, count: int) -> None:
        """Records that counted for nothing. Raises `UndeclaredMetricError` for another reason, as all here do."""
        self._skipped[reason,] += count

    def untimely(self, reason: Untimely, count: int) -> None:
        """Posts that are missing from some or all windows."""
        self._untimely[reason,] += count

    def dead_letter(self, reason: DeadReason) -> None:
        """A record of `posts` that could not be read."""
        self._dead_letters["tagger", reason] += 1

    def wrong_parts(self, counts: Counter[WrongPart]) -> None:
        """Parts of posts that count as unknown. Empties `counts`."""
        for part, count in counts.items():
            self._wrong_parts[part,] += count
        counts.clear()

    def read_in(self, seconds: Mapping[ReadingPart, float], posts: int) -> None:
        """How long each part of reading took, for `posts` read together."""
        for part, spent in seconds.items() if posts else ():
            self._reading_seconds[part,].observe(spent / posts)

    def show_topics(self, topics: Iterable[str]) -> None:
        """The topics that `said` counts: operational and safety ones."""
        self._topics = dict.fromkeys(product(topics, CERTAINTIES), 0)

    def said(self, counts: Mapping[tuple[Tier, tuple[str, ...], int], int]) -> None:
        """Inbound posts by what their text says, as `Mention` has it: `mentioned_tier`, `topics`, `sure`. A topic of a
        worker with another taxonomy is left out."""
        for (tier, topics, sure), count in counts.items():
            self._named_places[tier,] += count
            for place, topic in enumerate(topics):
                key = (topic, "sure" if sure >> place & 1 else "likely")
                if key in self._topics:
                    self._topics[key] += count

    def attention(self, reason: AttentionReason) -> None:
        """A post was put before a person."""
        self._attention[reason,] += 1

    def words_reloaded(self, result: Reload) -> None:
        """An edit of the taxonomy or of the hospitals' own topics was taken or refused."""
        self._word_reloads[result,] += 1

    def directory_reloaded(self, result: Reload) -> None:
        """An edit of the directory was taken or refused."""
        self._directory_reloads[result,] += 1

    def visible(self, seconds: float) -> None:
        """Age of a chunk's oldest post now that it is in a table."""
        self._visible.observe(max(0.0, seconds))


def histograms(name: str, registry: CollectorRegistry) -> Closed[Histogram]:
    """A declared histogram, registered, by its series; without labels the key is ()."""
    metric = declared(name)
    histogram = Histogram(
        metric.family, metric.explained, list(metric.labels), buckets=metric.buckets, registry=registry
    )
    return Closed(name, {key: histogram.labels(*key) if key else histogram for key in metric.series()})
