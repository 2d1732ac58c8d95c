"""Loads the words for topics and intents from the settings' files, and again when somebody edits one.

Called by the worker at start and by the tagger before each chunk, so that one chunk is read with one set of words.
Refuses a wrong edit with a line in the log and keeps the words from before. Metrics, boards and rows know the topics
and their classes of the start, so a change of these needs a restart. docs/exactness.md says what a reload means for
counts.
"""

import asyncio
import logging
import time
from pathlib import Path

from streams.directory import Directory
from streams.errors import UserError
from streams.metrics import Metrics
from streams.reading.reader import Reader
from streams.reading.topics.lexicon import Lexicon
from streams.reading.topics.taxonomy import TaxonomyError
from streams.settings import Settings

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
"""Seconds between two looks at the files; a look costs a few microseconds."""

Stamp = tuple[int, int, int] | None
"""Inode, size and time of the last change (ns) of a file; None if there is none."""


def load(settings: Settings, directory: Directory) -> Lexicon:
    """The words that the settings name. Raises `UserError`."""
    return Lexicon.load(settings.taxonomy_file, settings.hospital_topics_file, directory.by_id)


class LexiconWatch:
    """Replaces a reader's words when their files change."""

    def __init__(self, settings: Settings, reader: Reader, metrics: Metrics) -> None:
        """`reader` has the present words."""
        self._settings = settings
        self._reader = reader
        self._metrics = metrics
        self._files = [Path(name) for name in (settings.taxonomy_file, settings.hospital_topics_file) if name]
        self._stamps = [_stamp(path) for path in self._files]
        self._next_look = 0.0

    async def look(self) -> None:
        """Load the files if they changed. Cheap when called often; never raises for a file's content."""
        if not self._files or (now := time.monotonic()) < self._next_look:
            return
        self._next_look = now + LOOK_SECONDS
        stamps = [_stamp(path) for path in self._files]
        if stamps == self._stamps:
            return
        self._stamps = stamps
        try:
            # An index of 3,000 phrases takes some 50 ms to build.
            lexicon = await asyncio.to_thread(load, self._settings, self._reader.directory)
            _require_same_topics(lexicon, self._reader.lexicon)
        except UserError as error:
            self._metrics.reloaded("refused")
            log.error("edit refused, the words before it stay: %s", error)
            return
        self._reader.lexicon = lexicon
        self._metrics.reloaded("swapped")
        log.info(
            "words taken anew: taxonomy version %d, own topics of %d hospitals",
            lexicon.taxonomy.version,
            len(lexicon.overlays),
        )


def _stamp(path: Path) -> Stamp:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _require_same_topics(new: Lexicon, old: Lexicon) -> None:
    now, before = ({one.id: one.kind for one in lexicon.taxonomy.topics} for lexicon in (new, old))
    changed = sorted(topic for topic in now.keys() | before.keys() if now.get(topic) != before.get(topic))
    if changed:
        raise TaxonomyError(f"topic {', '.join(changed)}: added, gone or of another class: that needs a restart")
