"""Keeps the rules at X the wanted ones, from the first connection on and after every edit, without a new connection.

Owns the syncing thread and a client of its own, since the stream's is busy with the stream. Called by `source.py`: the
reading thread syncs before it first connects and whenever X says that there are no rules; this thread does after an
edit, once that was done. Both use one lock. X takes an edit of its rules on a live stream within some 20 s (X API v2).
"""

import logging
import threading
import time
from collections.abc import Callable

import requests
import tweepy

from agents.ingest.rules.model import RuleSet
from agents.ingest.rules.watch import LOOK_SECONDS, RuleWatch
from agents.ingest.threads import WatchedThread
from agents.ingest.x import rule_plan
from agents.ingest.x.outcome import Outcome
from agents.ingest.x.problems import of_refusal
from agents.ingest.x.stream import XStream
from streams.metrics.collector import Reading
from streams.metrics.registry import declared
from streams.settings import Settings
from streams.vocabulary import RuleSync as Result

log = logging.getLogger(__name__)

LEAST_WAIT, MOST_WAIT = 5.0, 900.0
"""Seconds after a failed sync: no sooner, so that a storm of edits makes none of requests, and no later than X's
window of 15 minutes."""


class RuleSync:
    """The wanted rules and those at X."""

    def __init__(self, settings: Settings, token: str, clock: Callable[[], float] = time.time) -> None:
        """Loads what is wanted. `clock`: seconds since the epoch. Raises `UserError`."""
        self._settings = settings
        self._clock = clock
        self._watch = RuleWatch(settings, lambda wanted: rule_plan.wanted(wanted, settings), clock)
        self._client = XStream(token, settings.x_base_url, lambda _: None)
        self._lock = threading.Lock()
        """Held while rules are synced: two plans at once would each delete what the other added."""
        self._stopping = threading.Event()
        self._thread = WatchedThread("x-rules", self._run, self._stopping)
        self._began = False
        """Whether the reading thread has synced: before, an edit is just what it will sync."""
        self._rules = -1
        self._results = declared("x_rule_syncs_total").counts()
        self._failures = 0
        """In a row."""
        self.on_change: Callable[[RuleSet], None] = lambda _: None
        """Called in the syncing thread with what is wanted after an edit."""

    @property
    def wanted(self) -> RuleSet:
        """What is wanted now."""
        return self._watch.wanted

    def start(self) -> None:
        """Begin to look for edits."""
        self._thread.start()

    def check(self) -> None:
        """Raise what ended the thread, if anything did."""
        self._thread.check()

    def stop(self) -> None:
        """End the thread; it may be amid a request, and X's rules are then synced by the next start."""
        self._thread.stop()
        self._client.session.close()

    def sync(self) -> Outcome | None:
        """Make X's rules the wanted ones, for the reading thread; None when they are."""
        failed = self._synced()
        self._began = self._began or failed is None
        return failed

    def reading(self) -> Reading:
        """For /metrics."""
        return {
            "x_rules": {(): self._rules} if self._rules >= 0 else {},
            "x_rules_limit": {(): self._settings.x_max_rules},
            "x_rule_syncs_total": {**self._results, ("edit_refused",): self._watch.refused},
        }

    def _run(self) -> None:
        behind = False
        retry_at = 0.0
        while not self._stopping.wait(LOOK_SECONDS):
            if self._watch.look():
                behind = True
                self.on_change(self.wanted)
            if not behind or not self._began or time.monotonic() < retry_at:
                continue
            failed = self._synced()
            behind = failed is not None
            if failed is not None:
                wait = wait_after(failed, self._failures, self._clock())
                retry_at = time.monotonic() + wait
                level = failed.consequence.level
                log.log(level, "X: rules are not synced: %s; next attempt in %.0f s", failed, wait)

    def _synced(self) -> Outcome | None:
        with self._lock:
            failed = self._try()
        self._failures = 0 if failed is None else self._failures + 1
        return failed

    def _try(self) -> Outcome | None:
        try:
            wanted = rule_plan.wanted(self.wanted, self._settings)
            done = rule_plan.sync(self._client, wanted, self._settings.x_max_rules)
        except tweepy.HTTPException as error:
            self._count("failed")
            return of_refusal(error.response)
        except requests.RequestException:
            self._count("failed")
            return Outcome("network")
        log.info("X: stream rules: %d added, %d kept, %d deleted", len(done.add), len(done.keep), len(done.delete))
        self._rules = len(done.add) + len(done.keep) - done.refused
        self._count("partly" if done.refused else "done")
        return None

    def _count(self, result: Result) -> None:
        self._results[result,] += 1


def wait_after(failed: Outcome, failures: int, now: float) -> float:
    """Seconds until the next attempt after `failures` failed ones in a row, the last at `now` (seconds since the
    epoch). A time that X named counts; without one the waits grow, as for connections."""
    if failed.retry_after is not None:
        wait = float(failed.retry_after)
    elif failed.reset_at is not None:
        wait = failed.reset_at - now + 1  # X's clock and ours are two
    else:
        consequence = failed.consequence
        # What would end ingest at its next connection is no reason to give up one that stands.
        wait = MOST_WAIT if consequence.fix else consequence.wait(failures - 1)
    return min(max(wait, LEAST_WAIT), MOST_WAIT)
