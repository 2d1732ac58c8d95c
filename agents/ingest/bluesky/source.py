"""Bluesky, heard by one supervised connection: events, the cursor, the memory, and what all that says of itself.

Owns the reading thread and its event loop. Made by `descriptor.py`; the ingest service runs it. What an event becomes
is `intake.py`'s, how long to wait between attempts is `outcome.py`'s. What the wal has is never skipped and what it has
not is sent again: the cursor is saved only up to what is in the wal. Does not know that Bluesky may be scripted.
"""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable
from functools import partial

from agents.ingest.bluesky.cursor import REWIND_US, Cursor
from agents.ingest.bluesky.intake import SOURCE, Intake
from agents.ingest.bluesky.memory import Memory
from agents.ingest.bluesky.outcome import Outcome
from agents.ingest.bluesky.stream import HangUp, JetstreamStream
from agents.ingest.outcome import Waits
from agents.ingest.rules.watch import LOOK_SECONDS, RuleWatch
from agents.ingest.threads import STOP_SECONDS, WatchedThread
from agents.ingest.wal.room import ROOM_SECONDS
from agents.ingest.wal.wal import Wal
from streams.metrics.collector import Reading
from streams.metrics.registry import declared
from streams.settings import Settings

log = logging.getLogger(__name__)

CURSOR = "bluesky.cursor"
"""Its file in the wal's folder."""
GRACE_SECONDS = 40.0
"""Without an event for so much longer than a stall takes, ingest does not count as healthy."""
SAVE_SECONDS = 1.0
"""How often the memory and the cursor are saved: a crash makes a replay so much longer."""
GAP_SECONDS = 60.0
"""A replay that begins so much after its cursor has not all of it: tens of events come a second."""


def prepare(settings: Settings) -> "Callable[[Wal], BlueskySource]":
    """What makes the source once there is a wal. Raises `UserError` for a directory that cannot be used."""
    return partial(BlueskySource, settings, RuleWatch(settings))


class BlueskySource:
    """Bluesky's events on their way into the wal."""

    def __init__(self, settings: Settings, watch: RuleWatch, wal: Wal, stall_seconds: float | None = None) -> None:
        """`watch`: what is listened for. `stall_seconds`: None: as set. Raises `UserError` when the wal's folder cannot
        be used."""
        self._wal = wal
        stalled = settings.bluesky_stall_seconds if stall_seconds is None else stall_seconds
        self._silence_seconds = stalled + GRACE_SECONDS
        self._url = settings.bluesky_url
        self._watch = watch
        self._outcomes = declared("source_stream_outcomes_total").counts(source=SOURCE)
        self._cursor = Cursor(settings.wal_path / CURSOR)
        self._memory = Memory(settings.wal_path / "bluesky.db")
        self.intake = Intake(settings.max_post_bytes, watch.wanted, self._memory)
        self.stream = JetstreamStream(self._url, self._emit, settings.max_post_bytes, stalled)
        self._last = -1
        """Number of the last record that went into the wal."""
        self._asked_us = 0
        """Where the present connection was asked to begin, until its first event; 0: it was not asked."""
        self._gap_seconds = 0.0
        self._delivery_lag: float | None = None
        """Seconds from the last event's time until the wal had it; None before the first."""
        self._stopping = threading.Event()
        self._wake: Callable[[], object] = lambda: None
        self._thread = WatchedThread("bluesky", self._run, self._stopping)

    def start(self) -> None:
        """Begin to read."""
        log.info("Bluesky at %s", self._url)
        if not self._watch.wanted.accounts[SOURCE]:
            log.warning("the directory has no Bluesky account: `earshot directory import handles` brings them")
        self._thread.start()

    def check(self) -> None:
        """Raise what ended the reading thread, if anything did."""
        self._thread.check()

    def stop(self) -> None:
        """Read no more."""
        self._stopping.set()
        self._wake()
        self._thread.stop()
        if not self._thread.started:
            self._memory.close()

    @property
    def healthy(self) -> bool:
        """Whether Bluesky was heard lately."""
        return time.time() - self.stream.heard_at < self._silence_seconds

    def reading(self) -> Reading:
        """What the stream, the cursor and the memory say of themselves."""
        stream, at_us = self.stream, self._cursor.at_us
        return {
            "source_stream_connected": {(SOURCE,): stream.connected},
            "source_stream_connects_total": {(SOURCE,): stream.connects},
            "source_stream_outcomes_total": self._outcomes,
            "source_lines_total": self.intake.lines,
            "source_last_line_timestamp_seconds": {(SOURCE,): stream.heard_at} if stream.heard_at else {},
            "source_last_post_timestamp_seconds": {(SOURCE,): self.intake.post_at} if self.intake.post_at else {},
            "bluesky_cursor_lag_seconds": {(): time.time() - at_us / 1e6} if at_us else {},
            "source_delivery_lag_seconds": {} if self._delivery_lag is None else {(SOURCE,): self._delivery_lag},
            "bluesky_gap_seconds_total": {(): self._gap_seconds},
            "bluesky_remembered_posts": {(): self._memory.posts},
            "pipeline_dead_letters_total": self.intake.dead_letters,
        }

    def report(self) -> str:
        """The counts, in a few words."""
        lines = self.intake.lines
        posts, withdrawals, dead = (lines[SOURCE, kind] for kind in ("post", "withdrawal", "dead"))
        return f"Bluesky: {sum(lines.values())} events, {posts} posts, {withdrawals} withdrawals, {dead} dead letters"

    # -- the reading thread --------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            asyncio.run(self._listen())
            self._save(STOP_SECONDS / 2)
        finally:
            # What a failed append leaves in the memory is not saved: its event comes again.
            self._memory.close()

    async def _listen(self) -> None:
        """Until `stop`; raises what ended it otherwise."""
        loop, stopped = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended by itself
                loop.call_soon_threadsafe(stopped.set)

        self._wake = wake
        if self._stopping.is_set():
            return
        tasks = [asyncio.create_task(work) for work in (self._supervise(), self._tend(), stopped.wait())]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        for found in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(found, Exception):
                raise found

    async def _supervise(self) -> None:
        """Attempt, wait, attempt again."""
        waits = Waits()
        while True:
            while self._wal.full:  # noqa: ASYNC110 - the wal wakes threads, not loops
                await asyncio.sleep(ROOM_SECONDS)
            outcome = await self._attempt()
            delay = waits.after(outcome)
            log.log(outcome.consequence.level, "Bluesky: %s; next attempt in %.1f s", outcome, delay)
            await asyncio.sleep(delay)

    async def _attempt(self) -> Outcome:
        self._asked_us = self._cursor.start_us
        try:
            outcome = await self.stream.listen(self._asked_us)
        except asyncio.CancelledError:
            self._outcomes[SOURCE, "stopped"] += 1
            raise
        self._outcomes[SOURCE, outcome.kind] += 1
        return outcome

    async def _tend(self) -> None:
        """Save, and look whether something else is wanted."""
        look_at = time.monotonic() + LOOK_SECONDS
        while True:
            await asyncio.sleep(SAVE_SECONDS)
            self._save()
            if time.monotonic() >= look_at:
                look_at = time.monotonic() + LOOK_SECONDS
                if self._watch.look():
                    self.intake.listen_for(self._watch.wanted)
                    log.info("Bluesky: listening for %d accounts", len(self._watch.wanted.accounts[SOURCE]))

    def _save(self, seconds: float = 0.0) -> None:
        """What the wal has, the memory has; what both have, the cursor is past. Waits so long for the wal."""
        if self._last < self._wal.accepted or self._wal.wait_accepted(self._last, seconds):
            self._memory.save(time.time())
            self._cursor.save()

    def _emit(self, frame: bytes) -> None:
        records = self.intake.take(frame)
        for record in records:
            self._last = self._wal.append(record)
        if at_us := self.intake.at_us:
            self._look_at_gap(at_us)
            self._cursor.move(at_us)
            self._delivery_lag = time.time() - at_us / 1e6
        if records and self._wal.full:
            raise HangUp

    def _look_at_gap(self, at_us: int) -> None:
        """Bluesky does not say when a cursor is older than what it has: it begins with what it has."""
        missing = (at_us - self._asked_us - REWIND_US) / 1e6
        if self._asked_us and missing > GAP_SECONDS:
            self._gap_seconds += missing
            log.warning("Bluesky: %.0f s after the cursor were not sent again: posts of then are missing", missing)
        self._asked_us = 0
