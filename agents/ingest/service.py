"""`earshot ingest` as a whole: rules, one supervised connection, intake, log, pump, and how it all ends.

Owns the threads (one reads into the log, the pump's brings it to Kafka, the calling one tends and reports), the order
of start and stop and the exit code. Called by `agents/cli/ingest.py` and the tests. Does not know that X may be
simulated.
"""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

import requests
import tweepy
from kafka.errors import KafkaError
from prometheus_client import CollectorRegistry

from agents.health import Beat
from agents.ingest import publisher, rules
from agents.ingest.gaps import Gaps
from agents.ingest.intake import Intake
from agents.ingest.log.wal import Log, open_log
from agents.ingest.outcome import Outcome
from agents.ingest.problems import of_refusal
from agents.ingest.publisher import STALL_SECONDS, Publisher
from agents.ingest.pump import Pump
from agents.ingest.supervisor import Policy, supervise
from agents.ingest.x import XStream
from agents.kafka_admin import describe_topics
from streams import directory, kafka_topics
from streams.errors import UserError
from streams.metrics import collector
from streams.metrics.collector import Reading, ReadingCollector
from streams.metrics.machinery import histograms
from streams.metrics.registry import declared
from streams.metrics.server import serving
from streams.settings import Settings, variable

log = logging.getLogger(__name__)

TURN_SECONDS = 0.25
"""How often the calling thread looks at the pump and the reading thread, and moves the log's cursor; a stop wakes it at
once."""
REPORT_SECONDS = 10.0
PROBE_SECONDS = 5.0
"""How often the broker is asked whether it is there."""
SILENCE_SECONDS = 30.0
"""Without a line for so long ingest does not count as healthy: X sends a heartbeat every 20 s."""
FLUSH_SECONDS = 10.0
"""Most that a stop waits for Kafka to take what was accepted; the rest stays in the log."""
READER_SECONDS = 1.0
"""Most that a stop waits for the reading thread; it may be connecting, and holds nothing then."""
ROOM_SECONDS = 1.0
"""How often a reading thread that hung up looks whether the log has room again."""

QUIET = ("kafka", "tweepy", "urllib3")
"""Libraries whose debug lines show tokens, post text or addresses: never below WARNING, whatever the log level."""


class Ingest:
    """X's lines on their way to Kafka."""

    def __init__(
        self, settings: Settings, token: str, wanted: tuple[rules.Rule, ...], log_: Log, sink: Publisher
    ) -> None:
        self._log = log_
        self._sink = sink
        self.pump = Pump(log_, sink)
        self._wanted = wanted
        self._synced = False
        self._rules = -1
        self._outcomes = declared("x_stream_outcomes_total").counts()
        self.kafka_reachable = True
        """By the last probe; the first was the publisher's own connect."""
        self._stopping = threading.Event()
        self._failure: Exception | None = None
        self.intake = Intake(settings.max_post_bytes)
        self.stream = XStream(token, settings.x_base_url, self._emit, backfill_minutes=settings.x_backfill_minutes)
        self._found = Intake(settings.max_post_bytes, origin="search")
        self.gaps = Gaps(settings, token, self._emit_found)
        self._thread = threading.Thread(target=self._read, name="earshot-x", daemon=True)

    def start(self) -> None:
        """Start reading, and handing on what the log holds, each in a thread of its own."""
        self.pump.start()
        self.gaps.start()
        self._thread.start()

    def check(self) -> None:
        """Raise what ended the reading thread, if anything did."""
        if self._failure is not None:
            raise self._failure
        self.gaps.tend(self.stream.connects, self.stream.connected, self.stream.heard_at)

    def stop(self) -> int:
        """Read no more, hand on what was accepted; the number of records that stay in the log for the next start."""
        self._stopping.set()
        self.stream.stop()
        self._thread.join(READER_SECONDS)
        try:
            self.gaps.stop()
        finally:
            left = self.pump.stop(FLUSH_SECONDS)
        return left

    def reading(self) -> Reading:
        """What the stream, the rules, the log and Kafka say of themselves, for /metrics."""
        stream, intake, sink, oldest = self.stream, self.intake, self._sink, self.pump.oldest_at
        return {
            "x_stream_connected": {(): stream.connected},
            "x_stream_connects_total": {(): stream.connects},
            "x_stream_outcomes_total": self._outcomes,
            "x_lines_total": {
                ("post",): intake.posts,
                ("notice",): intake.notices,
                ("dead",): intake.dead,
                ("heartbeat",): stream.heartbeats,
            },
            "x_last_line_timestamp_seconds": {(): stream.heard_at} if stream.heard_at else {},
            "x_last_post_timestamp_seconds": {(): intake.post_at} if intake.post_at else {},
            "x_rules": {(): self._rules} if self._rules >= 0 else {},
            "pipeline_dead_letters_total": {
                labels: count + self._found.dead_letters[labels] for labels, count in intake.dead_letters.items()
            },
            **self.gaps.reading(),
            "pipeline_wal_records": {(): self._log.waiting},
            "pipeline_wal_bytes": {(): self._log.bytes},
            "pipeline_wal_limit_bytes": {(): self._log.max_bytes},
            "pipeline_wal_damaged_bytes": {(): self._log.damaged_bytes},
            "pipeline_wal_oldest_timestamp_seconds": {(): oldest} if oldest is not None else {},
            "pipeline_ingest_outstanding_records": {(): sink.outstanding},
            "pipeline_ingest_acked_total": {(): sink.acked},
            "pipeline_producer_rebuilds_total": {(): sink.rebuilds},
            "pipeline_kafka_reachable": {(): self.kafka_reachable},
        }

    @property
    def healthy(self) -> bool:
        """Whether X was heard lately and Kafka takes what it is given."""
        return time.time() - self.stream.heard_at < SILENCE_SECONDS and self._sink.stuck_for < STALL_SECONDS

    def report(self) -> str:
        """The counts, in one line."""
        intake = self.intake
        return (
            f"{intake.lines} lines, {intake.posts} posts, {intake.dead} dead letters, {intake.notices} notices, "
            f"{self._log.waiting} in the log"
        )

    def _read(self) -> None:
        policy = Policy(time.monotonic, time.time)
        try:
            supervise(self._attempt, policy, self._stopping.wait, self._stopping.is_set)
        except Exception as error:
            self._failure = error  # raised again by `check`, in the calling thread

    def _attempt(self) -> Outcome:
        while self._log.full:
            if self._stopping.wait(ROOM_SECONDS):
                return Outcome("stopped")
        self.gaps.require_reads()
        if not self._synced:
            failed = self._sync()
            if failed is not None:
                self._outcomes[failed.kind,] += 1
                return failed
        outcome = self.stream.listen()
        self.gaps.require_reads()
        self._outcomes[outcome.kind,] += 1
        self._synced = outcome.kind != "no_rules"
        return outcome

    def _sync(self) -> Outcome | None:
        """Make X's rules the wanted ones; None when they are."""
        try:
            planned = rules.sync(self.stream, self._wanted)
        except tweepy.HTTPException as error:
            return of_refusal(error.response)
        except requests.RequestException:
            return Outcome("network")
        log.info(
            "X: stream rules: %d added, %d kept, %d deleted", len(planned.add), len(planned.keep), len(planned.delete)
        )
        self._rules = len(planned.add) + len(planned.keep) - planned.refused
        self._synced = True
        return None

    def _emit(self, line: bytes) -> None:
        record = self.intake.take(line)
        if record is not None:
            self._log.append(record)
            if not self.gaps.counted():
                self.stream.hang_up("usage_cap")
            elif self._log.full:
                self.stream.hang_up()

    def _emit_found(self, line: bytes) -> None:
        while self._log.full and not self._stopping.wait(ROOM_SECONDS):
            pass
        record = self._found.take(line)
        if record is not None and not self._stopping.is_set():
            self._log.append(record)


def run(settings: Settings, stop: threading.Event) -> int:
    """Listen to X and publish until `stop`; the exit code, 0: what is not on Kafka by then is in the log.

    `settings.kafka_bootstrap` must be given. Raises `UserError` when it cannot begin or go on.
    """
    quiet()
    token = read_token(settings)
    wanted = rules.wanted(directory.load(settings.directory_folder), time.strftime("%Y-%m-%d", time.gmtime()))
    require_kafka_topics(settings)
    beat = Beat(settings.health_file)
    registry = CollectorRegistry()
    registry.register(ReadingCollector(collector.process))
    with serving(
        registry, settings.metrics_host, settings.ingest_metrics_port, variable("ingest_metrics_port")
    ) as port:
        log.info("ingest: metrics at http://%s:%d/metrics", settings.metrics_host, port)
        return _listen(settings, token, wanted, registry, beat, stop)


def _listen(
    settings: Settings, token: str, wanted: tuple[rules.Rule, ...], registry: CollectorRegistry, beat: Beat,
    stop: threading.Event,
) -> int:  # fmt: skip
    log_ = open_log(settings, histograms("pipeline_wal_sync_seconds", registry)[()].observe)
    try:
        sink = _connected(settings)
        ingest = Ingest(settings, token, wanted, log_, sink)
        registry.register(ReadingCollector(ingest.reading))
        log.info("ingest: X at %s, Kafka at %s", settings.x_base_url, settings.kafka_bootstrap)
        if log_.waiting:
            log.info("ingest: %d records wait in the log since the last stop", log_.waiting)
        ingest.start()
        try:
            _tend(ingest, sink, beat, stop.wait)
        finally:
            left = ingest.stop()
            log.info("ingest: stopped; %s", ingest.report())
            if left:
                log.warning("Kafka has not taken %d accepted records: the next start hands them on", left)
    finally:
        log_.close()
    return 0


def _connected(settings: Settings) -> Publisher:
    try:
        return publisher.connect(settings)
    except KafkaError as error:
        raise UserError(f"Kafka at {settings.kafka_bootstrap} refuses ({type(error).__name__}): try again") from None


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


def read_token(settings: Settings) -> str:
    """The X bearer token. Raises `UserError`, which never shows what the file holds."""
    name, path = variable("x_token_file"), settings.x_token_file
    if not path:
        raise UserError(f"{name} is not set: name a file that holds the X bearer token and nothing else")
    try:
        token = Path(path).read_text(encoding="ascii").strip()
    except OSError as error:
        raise UserError(f"{name}={path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        token = ""
    if not token or not token.isprintable() or " " in token:
        raise UserError(f"{name}={path} must hold one X bearer token and nothing else")
    return token


def require_kafka_topics(settings: Settings) -> None:
    """Raise `UserError` unless the broker answers and has the Kafka topics that ingest writes to."""
    needed = {kafka_topics.posts(settings), kafka_topics.dead_letters(settings)}
    found = {one.declared.name: one.state for one in describe_topics(settings)}
    missing = sorted(name for name in needed if found[name] == "missing")
    if missing:
        raise UserError(f"Kafka topics missing: {', '.join(missing)}; run `earshot topics apply`")


def quiet() -> None:
    """Keep the libraries' debug lines out of the log: they show what must not be there."""
    for name in QUIET:
        library = logging.getLogger(name)
        library.setLevel(max(library.getEffectiveLevel(), logging.WARNING))
