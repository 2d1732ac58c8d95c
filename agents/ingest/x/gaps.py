"""When the stream was whole and when it was not: what has to be caught up, and what the month's reads still allow.

Owns the checkpoint and the one decision that a gap is one. Called by `source.py`, from the reading thread for each post
and from the tending one several times a second. The searching is `catch_up.py`'s, the counting `reads.py`'s.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence

from agents.ingest.rules.model import RuleSet
from agents.ingest.x.catch_up import BEFORE_SECONDS, CatchUp, Search
from agents.ingest.x.lines import FoundPost
from agents.ingest.x.reads import Reads
from agents.ingest.x.rule_text import queries
from streams.metrics.collector import Reading
from streams.settings import Settings, variable

log = logging.getLogger(__name__)

_MONTH_SECONDS = 1.0
"""Between two looks at the calendar while the month's reads are used up."""
SAVE_SECONDS = 1.0
"""How often the checkpoint is saved: a crash makes a gap so much wider."""


class Gaps:
    """Of one ingest."""

    def __init__(self, settings: Settings, token: str, wanted: RuleSet, emit: Callable[[FoundPost], None]) -> None:
        """`wanted`: what is searched for; `emit` gets each post that is found."""
        settings.wal_path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._reads = Reads(settings.wal_path / "reads.json", settings.x_monthly_reads)
        search = Search(token, settings.x_base_url)
        self._catch_up = CatchUp(search, queries(wanted), emit, self._reads)
        self._on = settings.x_catch_up == "on"
        self._connects = 0
        self._saved_at = 0.0

    def start(self) -> None:
        """Begin."""
        self._catch_up.start()

    def stop(self) -> None:
        """End, and save how far it is."""
        self._catch_up.stop()
        self._reads.save()

    def search_for(self, wanted: RuleSet) -> None:
        """From the next gap on, search for what is wanted now; one that is being searched is searched as it began."""
        self._catch_up.queries = queries(wanted)

    @property
    def queries(self) -> Sequence[str]:
        """What the next gap is searched for."""
        return self._catch_up.queries

    def counted(self) -> bool:
        """Count a post of the stream. False: the month's reads are used up."""
        self._reads.add(1)
        return self._reads.left(1)

    @property
    def used_up(self) -> bool:
        """Whether the month's reads are used up: nothing may be listened to until the next month."""
        return not self._reads.left(1)

    def wait_for_reads(self, stopping: threading.Event) -> bool:
        """Block while the month's reads are used up; says so once. False: `stopping` was set meanwhile."""
        if self.used_up:
            log.error(
                "X has delivered %d posts this month and %s allows %d: raise it and restart ingest; else it listens "
                "again on %s (UTC)",
                self._reads.posts, variable("x_monthly_reads"), self._reads.limit, self._reads.next_month,
            )  # fmt: skip
        while self.used_up:
            if stopping.wait(_MONTH_SECONDS):
                return False
        return True

    def tend(self, connects: int, connected: bool, heard_at: float) -> None:
        """Look at the stream: how often it connected, whether it is, when it was heard last (seconds since the epoch).

        Raises what ended the searching thread.
        """
        self._catch_up.check()
        if connects != self._connects and connected:
            self._connects = connects
            if self._on and self._reads.heard_at:
                self._catch_up.missed(self._reads.heard_at, time.time())
        if connected and heard_at:
            oldest = self._catch_up.oldest
            # What is not searched yet must be searched by the next start, so the checkpoint does not pass it.
            self._reads.heard_at = heard_at if oldest is None else min(heard_at, oldest + BEFORE_SECONDS)
        if time.monotonic() - self._saved_at >= SAVE_SECONDS:
            self._saved_at = time.monotonic()
            self._reads.save()

    def reading(self) -> Reading:
        """For /metrics."""
        catch_up, reads = self._catch_up, self._reads
        oldest = catch_up.oldest
        return {
            "x_gaps_total": {(): catch_up.gaps},
            "x_gap_seconds_total": {(): catch_up.gap_seconds},
            "x_gaps_given_up_total": {(): catch_up.given_up},
            "x_catch_up_posts_total": {(): catch_up.posts},
            "x_catch_up_oldest_timestamp_seconds": {} if oldest is None else {(): oldest},
            "x_posts_read": {(): reads.posts},
            "x_posts_read_projected": {(): reads.projected},
            "x_posts_read_limit": {(): reads.limit} if reads.limit else {},
            "x_reads_used_up": {(): self.used_up} if reads.limit else {},
        }
