"""One worker: both agents, their tables, /metrics and the API around one Faust app. All workers are alike and scale
together.

Called by `earshot worker`. Owns the wiring, the start and the stop of the process. `tagger.py` and `hospitals.py` own
what happens to a record, `streams/faustkit/` what makes it exact."""

import asyncio
import gc
import logging
import signal
import time
from collections.abc import Mapping

import uvloop
from aiokafka.partitioner import DefaultPartitioner

from agents.kafka.admin import require_topics
from agents.kafka.watch import KafkaWatch
from agents.worker import author_key as author_keys
from agents.worker import knowledge
from agents.worker.api.part import Api
from agents.worker.directory_watch import DirectoryWatch
from agents.worker.hospitals import Hospitals
from agents.worker.tagger import Tagger
from streams import directory
from streams.errors import UserError
from streams.faustkit import app as faust_app
from streams.faustkit import lease
from streams.faustkit.changelog import Changelog, Table
from streams.faustkit.lease import Lease
from streams.faustkit.state import State
from streams.faustkit.watchdog import Watchdog
from streams.faustkit.writer import Writer
from streams.figures.shape import PeerCounts
from streams.health_file import Beat
from streams.kafka import topics as kafka_topics
from streams.kafka.reach import Reach
from streams.kafka.stages import STAGES
from streams.metrics import Metrics, collector, process_collector
from streams.metrics.collector import ConversationCollector, Reading, ReadingCollector
from streams.metrics.figures import FiguresCollector
from streams.metrics.server import MetricsServer
from streams.metrics.windows import WindowsCollector
from streams.settings import Settings
from streams.tables.first_seen import FirstSeen, reach
from streams.tables.hospitals import HospitalTables
from streams.tables.questions import OpenMs

log = logging.getLogger(__name__)

TURN_SECONDS = 0.2
"""Seconds between two looks for a stop signal, a crash or an edit of the directory; each also tells the watchdog that
the loop turns."""
WINDOWS_SECONDS = 0.01
"""Of a turn, for sliding windows: after each full hour all slide, and no scrape pays for all of them."""
FIGURES_SECONDS = 0.005
"""Of a turn, for figures and surges: 250 hospitals are looked at every 15 s in 2 % of the worker's time."""
STOP_SECONDS = 12.0
"""Most seconds for a stop; then the next start replays what was not committed."""


def partitions(hospitals: directory.Directory, count: int) -> dict[str, int]:
    """Partition of `mentions`, which has `count`, for each hospital id: Kafka's own murmur2, so that other tools
    agree."""
    every = list(range(count))
    partitioner = DefaultPartitioner()
    return {one.id: partitioner(one.id.encode(), every, every) for one in hospitals.hospitals}


class Worker:
    """The parts of one worker, connected."""

    def __init__(self, settings: Settings, author_key: bytes, kafka_reach: Reach) -> None:
        """`author_key`: the pipeline's (`author_key.py`). `kafka_reach`: what is known of the broker."""
        self._settings = settings
        self._kafka_reach = kafka_reach
        self._posts, self._mentions = kafka_topics.posts(settings), kafka_topics.mentions(settings)
        metrics = Metrics()
        watch = self._watch = DirectoryWatch(
            settings, author_key, metrics, lambda hospitals: partitions(hospitals, settings.partitions)
        )
        held_lease = Lease(settings.session_timeout)
        self._writer = Writer(settings, held_lease)
        self._first_seen = FirstSeen(settings.duplicate_horizon, reach(settings.remembered_posts, settings.partitions))

        def office(hospital: str) -> OpenMs | None:
            """As the directory of now says."""
            return watch.known.offices.get(hospital)

        tables = HospitalTables(office)
        self._state = State(
            settings,
            held_lease,
            self._writer,
            self._changelogs({kafka_topics.FIRST_SEEN: self._first_seen, kafka_topics.HOSPITALS: tables}),
        )

        def shown() -> dict[str, int]:
            """The directory's hospitals that this worker holds, with their partitions of `mentions`."""
            held = self._state.held(self._mentions)
            return {one: p for one, p in sorted(watch.known.partition_of.items()) if p in held}

        def visible() -> frozenset[str]:
            """The hospitals that have series of their own."""
            return watch.known.shown

        names = knowledge.names(watch.known.reader)
        metrics.show_topics(names.topics)
        self._windows = WindowsCollector(
            tables,
            shown,
            lambda: watch.known.residents,
            names.communities,
            names.health_communities,
            time.time,
            visible,
        )

        def peers(region: tuple[str, ...]) -> Mapping[str, PeerCounts]:
            """As other workers and this one tell."""
            return self._api.peers_of(region)

        self._figures = FiguresCollector(tables, shown, lambda: watch.known.about, names, peers, time.time, visible)
        metrics.registry.register(ConversationCollector(tables, shown, names.topics, names.service_lines, visible))
        metrics.registry.register(self._windows)
        metrics.registry.register(self._figures)
        metrics.registry.register(ReadingCollector(lambda: collector.hospitals(watch.known.about.values(), visible())))
        metrics.registry.register(ReadingCollector(self._read_off))
        process_collector.register(metrics.registry)
        self._server = MetricsServer(metrics.registry)
        self._beat = Beat(settings.health_file)
        self._api = Api(
            settings,
            self._state,
            tables,
            names,
            lambda: watch.known,
            self._figures.judging.of,
            self._beat,
        )
        self._offsets: dict[tuple[str, int], int] = {}
        self.app = faust_app.create(settings, self._state)
        tagger = Tagger(settings, watch, self._first_seen, self._writer, metrics)
        faust_app.attach(self.app, self._posts, "tagger", tagger.take)
        faust_app.attach(self.app, self._mentions, "hospitals", Hospitals(tables, metrics).take)

    def _changelogs(self, tables: Mapping[str, Table]) -> dict[str, list[Changelog]]:
        """Kafka topic that an agent reads -> its tables' changelogs. `tables`: by their names in `stages.py`."""
        settings = self._settings
        return {
            stage.source(settings): [
                Changelog(name, kafka_topics.changelog(settings, name), tables[name], self._writer)
                for name in stage.tables
            ]
            for stage in STAGES
        }

    # -- what is shown ------------------------------------------------------------------------------------------------

    def _read_off(self) -> Reading:
        """The samples that this worker's parts supply."""
        state = self._state
        stages = {stage.name: stage.source(self._settings) for stage in STAGES}
        held = {stage: state.held(topic) for stage, topic in stages.items()}
        lag = self._lag()
        looked_up = self._watch.known.reader.gazetteer.asked()
        return {
            "pipeline_partitions": {(): self._settings.partitions},
            "pipeline_held_partitions": {(stage,): len(partitions) for stage, partitions in held.items()},
            "pipeline_lag_records": {
                (stage,): sum(count for (topic, _), count in lag.items() if topic == stages[stage])
                for stage in stages
                if held[stage]
            },
            "pipeline_recoveries_total": {(): state.recoveries},
            "pipeline_recovery_seconds": {(): state.recovery_seconds},
            "pipeline_rows_written_total": {(name,): count for name, count in state.rows_written.items()},
            "pipeline_last_commit_timestamp_seconds": {(): state.committed_at} if state.committed_at else {},
            "pipeline_place_look_ups_total": {("hit",): looked_up.hits, ("miss",): looked_up.misses},
            "pipeline_remembered_posts": {(): self._first_seen.known()},
            "pipeline_duplicate_horizon_seconds": {(): self._first_seen.recognised_seconds()},
            "pipeline_duplicate_horizon_limit_seconds": {(): self._settings.duplicate_horizon},
        }

    def _lag(self) -> dict[tuple[str, int], int]:
        lag: dict[tuple[str, int], int] = self.app.consumer.lag()
        return lag

    def _waiting(self) -> int:
        """The work that waits: records not yet taken, plus 1 while the group does not count us among its members."""
        return sum(self._lag().values()) + (not self._state.lease.valid)

    def _show_health(self) -> None:
        """Touch the health file if offsets moved since the last call, or if we are a member of the group and no work
        waits."""
        offsets = self._state.next_offsets()
        moved, self._offsets = offsets != self._offsets, offsets
        if self._state.recoveries and (moved or not self._waiting()):
            self._beat.touch()

    # -- life ---------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Work until SIGTERM or SIGINT. Raises `UserError` if it cannot begin, or if Faust ends."""
        settings = self._settings
        stopping = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
        port = await self._server.start(settings.metrics_host, settings.metrics_port)
        log.info("worker %s: metrics at http://%s:%d/metrics", settings.worker_name, settings.metrics_host, port)
        try:
            address = await self._api.start()
        except UserError:
            await self._server.stop()
            raise
        log.info("worker %s: API at http://%s", settings.worker_name, address)
        await self._writer.start()
        # While Kafka is gone nothing can move, and a restart would not help.
        kafka_watch = KafkaWatch(settings, self._kafka_reach)
        watchdog = Watchdog(
            lambda: self._state.progress,
            lambda: self._waiting() if self._kafka_reach.there else 0,
            settings.stall_timeout,
        )
        try:
            await self.app.start()
            watchdog.start()
            kafka_watch.start()
            while not stopping.is_set():
                watchdog.beat_at = lease.now()
                self._show_health()
                self._windows.warm(WINDOWS_SECONDS)
                self._api.turn()
                await asyncio.sleep(0)  # others' turn, so that nobody waits for both
                self._figures.warm(FIGURES_SECONDS)
                await self._watch.look()
                if self.app.crashed:
                    raise UserError(f"Faust ended: {type(self.app.crash_reason).__name__}; see the log above")
                try:
                    await asyncio.wait_for(stopping.wait(), TURN_SECONDS)
                except TimeoutError:
                    continue
        finally:
            watchdog.stop()
            kafka_watch.stop()
            try:
                await asyncio.wait_for(self._stop(), STOP_SECONDS)
            except TimeoutError:
                log.warning("stop cut short after %.0f s: the rest is replayed at the next start", STOP_SECONDS)
        log.info("worker %s: stopped", settings.worker_name)

    async def _stop(self) -> None:
        await self.app.stop()
        self._api.leave()
        await self._writer.drain()
        await self._api.stop()
        await self._writer.stop()
        await self._server.stop()


def run(settings: Settings, reach: Reach) -> int:
    """Run one worker until it is told to stop; return the process's exit code. `reach`: what is known of the broker."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(settings, reach))
    return 0


async def _run(settings: Settings, reach: Reach) -> None:
    # Faust's objects must be made in the loop that they run in.
    await asyncio.to_thread(require_topics, settings)
    author_key = await asyncio.to_thread(author_keys.load, settings)
    worker = Worker(settings, author_key, reach)
    # What was loaded (gazetteer, words) stays: a collection need not look at it again. The default threshold of
    # 700 objects is about 20 posts in flight, each scanned again; with this a post costs 79 us in place of 82.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)
    await worker.run()
