"""X, heard by one supervised connection: rules, attempts, catch-up after gaps, and what all that says of itself.

Owns the reading thread. Made by `descriptor.py`; the ingest service runs it. What a line becomes is `intake.py`'s, when
the next attempt may be is `supervisor.py`'s. Does not know that X may be simulated.
"""

import logging
import threading
import time
from collections.abc import Callable
from functools import partial

from agents.ingest.threads import WatchedThread
from agents.ingest.wal.room import wait_for_room
from agents.ingest.wal.wal import Wal
from agents.ingest.x.gaps import Gaps
from agents.ingest.x.intake import SOURCE, Intake
from agents.ingest.x.lines import FoundPost
from agents.ingest.x.outcome import Outcome
from agents.ingest.x.rule_sync import RuleSync
from agents.ingest.x.stream import XStream
from agents.ingest.x.supervisor import Policy, supervise
from agents.ingest.x.token import read_token
from streams.metrics.collector import Reading
from streams.metrics.registry import declared
from streams.settings import Settings

log = logging.getLogger(__name__)

SILENCE_SECONDS = 30.0
"""Without a line for so long ingest does not count as healthy: X sends a heartbeat every 20 s."""


def prepare(settings: Settings) -> "Callable[[Wal], XSource]":
    """What makes the source once there is a wal. Raises `UserError` for a token or files that cannot be used."""
    token = read_token(settings)
    return partial(XSource, settings, token, RuleSync(settings, token))


class XSource:
    """X's lines on their way into the wal."""

    def __init__(self, settings: Settings, token: str, rules: RuleSync, wal: Wal) -> None:
        self._wal = wal
        self._base_url = settings.x_base_url
        self._rules = rules
        self._synced = False
        self._outcomes = declared("source_stream_outcomes_total").counts(source=SOURCE)
        self._stopping = threading.Event()
        self.intake = Intake(settings.max_post_bytes)
        self.stream = XStream(token, settings.x_base_url, self._emit, backfill_minutes=settings.x_backfill_minutes)
        self._found = Intake(settings.max_post_bytes, origin="search")
        self.gaps = Gaps(settings, token, rules.wanted, self._emit_found)
        rules.on_change = self.gaps.search_for
        self._thread = WatchedThread("x", self._read, self._stopping)

    def start(self) -> None:
        """Begin to read."""
        log.info("X at %s", self._base_url)
        self.gaps.start()
        self._rules.start()
        self._thread.start()

    def check(self) -> None:
        """Raise what ended the reading thread, if anything did."""
        self._thread.check()
        self._rules.check()
        self.gaps.tend(self.stream.connects, self.stream.connected, self.stream.heard_at)

    def stop(self) -> None:
        """Read no more."""
        self._stopping.set()
        self.stream.stop()
        self._thread.stop()
        self._rules.stop()
        self.gaps.stop()

    @property
    def healthy(self) -> bool:
        """Whether X was heard lately, or need not be before the next month."""
        return self.gaps.used_up or time.time() - self.stream.heard_at < SILENCE_SECONDS

    def reading(self) -> Reading:
        """What the stream, the rules and the catch-up say of themselves."""
        stream, intake = self.stream, self.intake
        return {
            "source_stream_connected": {(SOURCE,): stream.connected},
            "source_stream_connects_total": {(SOURCE,): stream.connects},
            "source_stream_outcomes_total": self._outcomes,
            "source_lines_total": {
                **declared("source_lines_total").counts(source=SOURCE),
                (SOURCE, "post"): intake.posts,
                (SOURCE, "notice"): intake.notices,
                (SOURCE, "dead"): intake.dead,
                (SOURCE, "heartbeat"): stream.heartbeats,
            },
            "source_last_line_timestamp_seconds": {(SOURCE,): stream.heard_at} if stream.heard_at else {},
            "source_last_post_timestamp_seconds": {(SOURCE,): intake.post_at} if intake.post_at else {},
            "source_delivery_lag_seconds": {(SOURCE,): intake.delivery_lag} if intake.delivery_lag else {},
            "pipeline_dead_letters_total": {
                labels: count + self._found.dead_letters[labels] for labels, count in intake.dead_letters.items()
            },
            **self._rules.reading(),
            **self.gaps.reading(),
        }

    def report(self) -> str:
        """The counts, in a few words."""
        intake = self.intake
        used_up = "; the month's reads are used up" if self.gaps.used_up else ""
        counts = f"{intake.lines} lines, {intake.posts} posts, {intake.dead} dead letters, {intake.notices} notices"
        return f"X: {counts}{used_up}"

    def _read(self) -> None:
        policy = Policy(time.monotonic, time.time)
        supervise(self._attempt, policy, self._stopping.wait, self._stopping.is_set)

    def _attempt(self) -> Outcome:
        if not wait_for_room(self._wal, self._stopping):
            return Outcome("stopped")
        if not self.gaps.wait_for_reads(self._stopping):
            return Outcome("stopped")
        if not self._synced:
            failed = self._rules.sync()
            if failed is not None:
                self._outcomes[SOURCE, failed.kind] += 1
                return failed
            self._synced = True
        outcome = self.stream.listen()
        self._outcomes[SOURCE, outcome.kind] += 1
        self._synced = outcome.kind != "no_rules"
        if self.gaps.used_up:  # our own limit, of which we know when it ends
            return Outcome("clean_end" if self.gaps.wait_for_reads(self._stopping) else "stopped")
        return outcome

    def _emit(self, line: bytes) -> None:
        record = self.intake.take(line)
        if record is not None:
            self._wal.append(record)
            if not self.gaps.counted():
                self.stream.hang_up("usage_cap")
            elif self._wal.full:
                self.stream.hang_up()

    def _emit_found(self, post: FoundPost) -> None:
        if not wait_for_room(self._wal, self._stopping):
            return
        record = self._found.take_found(post)  # no sooner: it says when the post came
        if record is not None:
            self._wal.append(record)
