"""`earshot ingest` as a whole: live sources, wal, pump, and how it all ends.

Owns the order of start and stop, the calling thread, which tends and reports, and the exit code. Called by
`agents/cli/ingest.py` and the tests. Knows a source by its descriptor alone.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack

from prometheus_client import CollectorRegistry

from agents.ingest.library_logs import quiet
from agents.ingest.pipeline_kafka import PipelineKafka
from agents.ingest.publisher import STALL_SECONDS, Publisher
from agents.ingest.pump import Pump
from agents.ingest.source import Maker, Source
from agents.ingest.sources import SOURCES
from agents.ingest.wal.wal import Wal, open_wal
from agents.kafka.group_lag import LagWatch
from streams.errors import UserError
from streams.health_file import Beat
from streams.metrics import process_collector
from streams.metrics.collector import Reading, ReadingCollector, Samples
from streams.metrics.machinery import histograms
from streams.metrics.server import serving
from streams.settings import Settings, variable

log = logging.getLogger(__name__)

TURN_SECONDS = 0.25
"""How often the calling thread looks at the pump and the sources, and moves the wal's cursor; a stop wakes it at
once."""
REPORT_SECONDS = 60.0
"""Between two lines of counts: an outage of a minute is a handful of lines."""
PROBE_SECONDS = 5.0
"""How often the broker is asked whether it is there."""
FLUSH_SECONDS = 10.0
"""Most that a stop waits for Kafka to take what was accepted; the rest stays in the wal."""


class Ingest:
    """Live sources' posts on their way to Kafka."""

    def __init__(self, wal: Wal, sink: Publisher, sources: Sequence[Source], lag: LagWatch, partitions: int) -> None:
        """`partitions`: of the pipeline."""
        self._wal = wal
        self._sink = sink
        self.pump = Pump(wal, sink)
        self.sources = sources
        self.lag = lag
        self._partitions = partitions
        self.kafka_reachable = sink.begun
        """By the last probe."""

    def start(self) -> None:
        """Start reading, and handing on what the wal holds, each in a thread of its own."""
        self.pump.start()
        self.lag.start()
        for source in self.sources:
            source.start()

    def check(self) -> None:
        """Raise what ended a reading thread, if anything did, and `UserError` once the pipeline uses other Kafka
        topics."""
        if self.lag.moved:
            raise UserError("this pipeline was moved by `earshot migrate` meanwhile: start ingest again")
        for source in self.sources:
            source.check()

    def stop(self) -> int:
        """Read no more, hand on what was accepted; the number of records that stay in the wal for the next start."""
        self.lag.stop()
        with ExitStack() as stack:
            stack.callback(self.pump.stop, FLUSH_SECONDS)  # last, and also when a source cannot save how far it is
            for source in self.sources:
                stack.callback(source.stop)
        return self._wal.waiting

    def reading(self) -> Reading:
        """What the sources, the wal and Kafka say of themselves, for /metrics."""
        sink, oldest = self._sink, self.pump.oldest_at
        return {
            **_added(source.reading() for source in self.sources),
            "pipeline_wal_records": {(): self._wal.waiting},
            "pipeline_wal_bytes": {(): self._wal.bytes},
            "pipeline_wal_limit_bytes": {(): self._wal.max_bytes},
            "pipeline_wal_damaged_bytes": {(): self._wal.damaged_bytes},
            "pipeline_wal_oldest_timestamp_seconds": {(): oldest} if oldest is not None else {},
            "pipeline_ingest_outstanding_records": {(): sink.outstanding},
            "pipeline_ingest_acked_total": {(): sink.acked},
            "pipeline_producer_rebuilds_total": {(): sink.rebuilds},
            "pipeline_partitions": {(): self._partitions},
            "pipeline_kafka_reachable": {(): self.kafka_reachable},
            "pipeline_group_lag_records": {
                (stage, str(partition)): records for (stage, partition), records in self.lag.seen.items()
            },
        }

    @property
    def healthy(self) -> bool:
        """Whether every source was heard lately and Kafka takes what it is given."""
        return (
            self._sink.begun and self._sink.stuck_for < STALL_SECONDS and all(source.healthy for source in self.sources)
        )

    def report(self) -> str:
        """The counts, in one line."""
        return "; ".join([*(source.report() for source in self.sources), f"{self._wal.waiting} in the wal"])


def _added(readings: Iterable[Reading]) -> dict[str, Samples]:
    """Several readings as one; what is in more than one is added up."""
    sums: dict[str, Counter[tuple[str, ...]]] = {}
    for reading in readings:
        for name, samples in reading.items():
            sums.setdefault(name, Counter()).update(samples)
    return dict(sums)


def run(settings: Settings, stop: threading.Event) -> int:
    """Listen and publish until `stop`; the exit code, 0: what is not on Kafka by then is in the wal.

    Kafka may come later. Raises `UserError` when it cannot begin or go on: without a token, or refused by Kafka.
    """
    quiet()
    sources = prepared(settings)
    beat = Beat(settings.health_file)
    registry = CollectorRegistry()
    process_collector.register(registry)
    states: dict[str, Callable[[], bool]] = {"/healthz": lambda: False, "/readyz": lambda: False}
    with serving(
        registry, settings.metrics_host, settings.ingest_metrics_port, variable("ingest_metrics_port"), states
    ) as port:
        log.info("ingest: metrics at http://%s:%d/metrics", settings.metrics_host, port)
        return _listen(settings, sources, registry, states, beat, stop)


def prepared(settings: Settings) -> list[Maker]:
    """What makes the live sources. Raises `UserError` for what one needs and lacks: a token, a directory. Asks no
    Kafka, so a command calls it first: a wrong token is said whether or not a broker answers."""
    return [made for name in settings.source_names for made in SOURCES[name].prepare(settings)]


def _listen(
    settings: Settings, sources: Sequence[Maker], registry: CollectorRegistry, states: dict[str, Callable[[], bool]],
    beat: Beat, stop: threading.Event,
) -> int:  # fmt: skip
    wal = open_wal(settings, histograms("pipeline_wal_sync_seconds", registry)[()].observe)
    try:
        kafka = PipelineKafka(settings)
        sink = Publisher(kafka, kafka.topics, settings.ingest_outstanding, begin=False)
        sink.tend()  # a Kafka that refuses us is said before anything is listened to
        lag = LagWatch(lambda: kafka.settings)
        ingest = Ingest(wal, sink, [made(wal) for made in sources], lag, settings.partitions)
        registry.register(ReadingCollector(ingest.reading))
        states |= {"/healthz": lambda: ingest.healthy, "/readyz": lambda: ingest.kafka_reachable and ingest.healthy}
        if wal.waiting:
            log.info("ingest: %d records wait in the wal since the last stop", wal.waiting)
        ingest.start()
        try:
            _tend(ingest, sink, beat, stop.wait)
        finally:
            left = ingest.stop()
            log.info("ingest: stopped; %s", ingest.report())
            if left:
                log.warning("Kafka has not taken %d accepted records: the next start hands them on", left)
    finally:
        wal.close()
    return 0


def _tend(ingest: Ingest, sink: Publisher, beat: Beat, wait: Callable[[float], bool]) -> None:
    report_at = time.monotonic() + REPORT_SECONDS
    probe_at = time.monotonic() + PROBE_SECONDS
    while not wait(TURN_SECONDS):
        ingest.check()
        ingest.pump.tend()
        if ingest.healthy:
            beat.touch()
        if time.monotonic() >= probe_at:
            ingest.kafka_reachable = sink.reachable()
            probe_at = time.monotonic() + PROBE_SECONDS
        if time.monotonic() >= report_at:
            report_at += REPORT_SECONDS
            log.info("ingest: %s", ingest.report())
