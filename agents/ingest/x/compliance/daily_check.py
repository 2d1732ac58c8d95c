"""The source that has X asked once a day, by a batch job, which of the posts that are kept were taken back.

Made by `source.py`, called by `service.py`. Owns the hour and the thread; the asking is `check.py`'s. A check that
fails is said in one line of the log and tried again within the hour.
"""

import logging
import time
from collections.abc import Callable

from agents.ingest.threads import WatchedThread
from agents.ingest.wal.wal import Wal
from agents.ingest.x.compliance import remembered
from agents.ingest.x.compliance.base import Compliance
from agents.ingest.x.compliance.check import DAY_SECONDS, Check
from agents.ingest.x.compliance.jobs import Jobs
from streams.errors import UserError
from streams.settings import Settings

log = logging.getLogger(__name__)

HOUR = 3
"""UTC hour after which a check is due: the quiet hours of the Americas."""
RETRY_SECONDS = 1800.0
"""After a check that failed."""
LOOK_SECONDS = 60.0
"""How often it is looked whether a check is due; one that was made by hand counts."""


def due(checked_at: float, now: float) -> bool:
    """Whether a check is due, all in seconds since the epoch: none was since the last `HOUR` struck."""
    struck = (now - HOUR * 3600) // DAY_SECONDS * DAY_SECONDS + HOUR * 3600
    return checked_at < struck


class DailyCheck(Compliance):
    """One check a day."""

    def __init__(
        self, settings: Settings, token: str, wal: Wal, clock: Callable[[], float] = time.time
    ) -> None:  # fmt: skip
        """`clock`: seconds since the epoch."""
        super().__init__(wal)
        self._settings = settings
        self._token = token
        self._clock = clock
        self._checked_at = remembered.load(settings).checked_at
        self._threads.append(WatchedThread("compliance", self._run, self._stopping))

    @property
    def checked_at(self) -> float:
        """By the last check, whoever made it."""
        return self._checked_at

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._checked_at = remembered.load(self._settings).checked_at
            self._stopping.wait(LOOK_SECONDS if not due(self._checked_at, self._clock()) else self._tried())

    def _tried(self) -> float:
        """Make a check; the seconds to wait after it."""
        jobs = Jobs(self._token, self._settings.x_base_url, self._stopping.wait, self._clock)
        try:
            check = Check(self._settings, jobs, self._put, self._stopping.wait, _say, self._clock)
            found = check.run()
            check.done()
        except UserError as error:
            log.error("compliance: %s; this ingest tries again in %.0f min", error, RETRY_SECONDS / 60)
            return RETRY_SECONDS
        finally:
            jobs.close()
        for kind, count in found.lines.items():
            self._lines[kind,] += count
        for why, count in found.why.items():
            self._why[why,] += count
        log.info("compliance: %s", found)
        return 0.0


def _say(line: str) -> None:
    log.info("compliance: %s", line)
