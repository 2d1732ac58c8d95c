"""One check a day: X is asked by a batch job which of the posts that are here were taken back.

Made by `source.py`. Owns the hour at which a check is due, and its thread; the asking is `check.py`'s. A check that
fails is one line in the log and is tried again half an hour later.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence

from agents.ingest.records import Record
from agents.ingest.threads import WatchedThread
from agents.ingest.x.compliance.check import DAY_SECONDS, Check, load_state
from agents.ingest.x.compliance.events import EventCounts
from agents.ingest.x.compliance.jobs import Jobs
from streams.errors import UserError
from streams.settings import Settings

log = logging.getLogger(__name__)

HOUR = 3
"""UTC hour after which a check is due: the quiet hours of the Americas."""
RETRY_SECONDS = 1800.0
"""After a check that failed."""
LOOK_SECONDS = 60.0
"""How often the thread looks whether a check is due; one that was made by hand counts."""


def is_due(checked_at: float, now: float) -> bool:
    """Whether no check was made since the last time it was `HOUR` o'clock. Both in seconds since the epoch."""
    last_hour = (now - HOUR * 3600) // DAY_SECONDS * DAY_SECONDS + HOUR * 3600
    return checked_at < last_hour


class DailyCheck:
    """One check a day, in one thread."""

    connections = ()
    """None is held: each request ends by itself within a minute."""

    def __init__(
        self, settings: Settings, token: str, counts: EventCounts, put: Callable[[Record], None],
        stopping: threading.Event, clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        """See `source.MakeMethod`. `clock`: seconds since the epoch."""
        self._settings = settings
        self._token = token
        self._counts = counts
        self._put = put
        self._stopping = stopping
        self._clock = clock
        self._checked_at = load_state(settings).checked_at
        self.threads: Sequence[WatchedThread] = [WatchedThread("compliance", self._run, stopping)]

    @property
    def checked_at(self) -> float:
        """When the last check began, whoever made it, seconds since the epoch; 0: never."""
        return self._checked_at

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._checked_at = load_state(self._settings).checked_at
            due = is_due(self._checked_at, self._clock())
            self._stopping.wait(self._try_check() if due else LOOK_SECONDS)

    def _try_check(self) -> float:
        """Make a check, which takes minutes to hours; the seconds to wait after it."""
        jobs = Jobs(self._token, self._settings.x_base_url, self._stopping.wait, self._clock)
        try:
            check = Check(self._settings, jobs, self._put, self._stopping.wait, _log_step, self._clock)
            report = check.run()
            check.save()
        except UserError as error:
            log.error("compliance: %s; this ingest tries again in %.0f min", error, RETRY_SECONDS / 60)
            return RETRY_SECONDS
        finally:
            jobs.close()
        self._counts.add(report.lines, report.why)
        log.info("compliance: %s", report)
        return 0.0


def _log_step(line: str) -> None:
    log.info("compliance: %s", line)
