"""Notices that what is listened for has changed: the directory, the community queries, or the day.

Called by a source's own thread, each with a watch of its own. A wrong edit is refused with a line in the log, and what
was wanted before stays. An edit of several files is taken when they have come to rest. Knows no source.
"""

import logging
import time
from collections.abc import Callable
from pathlib import Path

from agents.ingest.rules import files
from agents.ingest.rules.model import RuleSet
from streams.directory.files import COLUMNS
from streams.errors import UserError
from streams.settings import Settings
from streams.watched_files import WatchedFiles

log = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
"""Between two looks; an edit is taken at the second that finds the files alike. A look costs some microseconds."""


class RuleWatch:
    """What is wanted now. Not shared between threads."""

    def __init__(
        self, settings: Settings, require: Callable[[RuleSet], object] = lambda _: None,
        clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        """Loads the files. Raises `UserError`, as `require` may for what cannot be used though each file is right.

        `clock`: seconds since the epoch, for the day (UTC).
        """
        self._settings = settings
        self._require = require
        self._clock = clock
        folder = settings.directory_folder  # what ships does not change
        named = [Path(folder) / name for name in COLUMNS] if folder else []
        if settings.community_queries_file:
            named.append(Path(settings.community_queries_file))
        self._files = WatchedFiles(named)
        self._day = self._today()
        self.wanted = self._load()
        self.refused = 0
        """Edits that could not be used."""

    def look(self) -> bool:
        """Whether something else is wanted now. To be called every `LOOK_SECONDS`; never raises for what a file has."""
        edited, day = self._files.edited(), self._today()
        if not edited and day == self._day:
            return False
        self._day = day
        try:
            wanted = self._load()
        except UserError as error:
            log.error("edit refused, what was listened for before stays: %s", error)
            self.refused += 1  # last: who sees the count finds the line
            return False
        changed = wanted != self.wanted
        self.wanted = wanted
        return changed

    def _load(self) -> RuleSet:
        wanted = files.load(self._settings, self._day)
        self._require(wanted)
        return wanted

    def _today(self) -> str:
        return time.strftime("%Y-%m-%d", time.gmtime(self._clock()))
