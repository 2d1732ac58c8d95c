"""Keeps what posts are read by fresh: takes an edit of the directory's files or of the words while the worker runs.

Called by the worker about once a second, from the loop that also takes chunks, so that each chunk is read by one
directory and one set of words. An edit that cannot be used is refused with a line in the log, and what was before it
stays. The topics and their classes are those of the start: metrics, boards and rows know them, so another set needs a
restart. What an edit means for counts is in docs/exactness.md.
"""

import asyncio
import logging
import time
from pathlib import Path

from agents.worker import knowledge
from agents.worker.knowledge import Known, PartitionsOf
from streams import directory
from streams.directory import Directory, DirectoryError
from streams.directory.files import COLUMNS
from streams.errors import UserError
from streams.metrics import Metrics
from streams.reading.reader import Reader
from streams.reading.topics.lexicon import Lexicon
from streams.reading.topics.taxonomy import TaxonomyError
from streams.settings import Settings
from streams.watched_files import WatchedFiles

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
"""Between two looks at the files; an edit is taken at the second that finds them alike. A look costs a few
microseconds."""


class DirectoryWatch:
    """What is known now, and the watch over its files."""

    def __init__(self, settings: Settings, author_key: bytes, metrics: Metrics, partitions: PartitionsOf) -> None:
        """Loads the files. `author_key`: see `Reader`. Raises `UserError`."""
        self._settings = settings
        self._metrics = metrics
        self._partitions = partitions
        folder = settings.directory_folder  # what ships does not change
        self._directory_files = WatchedFiles(Path(folder) / name for name in COLUMNS if folder)
        words = (settings.taxonomy_file, settings.hospital_topics_file)
        self._word_files = WatchedFiles(Path(name) for name in words if name)
        self._directory_refused = self._words_refused = False
        self._next_look = 0.0
        hospitals = directory.load(folder)
        words_now = knowledge.load_words(settings, hospitals)
        reader = Reader(hospitals, settings.max_post_bytes, words_now, author_key)
        self.known = knowledge.known(settings, reader, partitions)

    async def look(self) -> None:
        """Take what changed. Cheap when called often; never raises for what stands in a file."""
        if (now := time.monotonic()) < self._next_look:
            return
        self._next_look = now + LOOK_SECONDS
        directory_edited, words_edited = self._directory_files.edited(), self._word_files.edited()
        if directory_edited or words_edited:
            # In a thread: an index of 3,000 phrases takes some 50 ms to build, a crosswalk of one's own a second.
            self.known = await asyncio.to_thread(self._renewed, directory_edited, words_edited)

    def _renewed(self, directory_edited: bool, words_edited: bool) -> Known:
        """What is known after an edit."""
        reader = self.known.reader
        hospitals, lexicon = reader.directory, reader.lexicon
        # Own topics need their hospitals: what was refused by itself may be right beside the other's edit.
        if directory_edited or (self._directory_refused and words_edited):
            hospitals = self._directory(hospitals)
        if words_edited or (self._words_refused and hospitals is not reader.directory):
            lexicon = self._words(hospitals, lexicon)
        if hospitals is not reader.directory:
            hospitals = self._with_own_topics(hospitals, lexicon)
        if hospitals is reader.directory and lexicon is reader.lexicon:
            return self.known
        renewed = knowledge.known(self._settings, reader.renewed(hospitals, lexicon), self._partitions)
        if hospitals is not reader.directory:
            self._metrics.directory_reloaded("swapped")
            now, before = hospitals.by_id.keys(), reader.directory.by_id.keys()
            log.info(
                "directory taken anew: %d hospitals, %d new, %d gone", len(now), len(now - before), len(before - now)
            )
        if lexicon is not reader.lexicon:
            self._metrics.words_reloaded("swapped")
            log.info(
                "words taken anew: taxonomy version %d, own topics of %d hospitals",
                lexicon.taxonomy.version,
                len(lexicon.overlays),
            )
        return renewed

    def _directory(self, before: Directory) -> Directory:
        try:
            hospitals = directory.load(self._settings.directory_folder)
        except UserError as error:
            self._refuse_directory(error)
            return before
        self._directory_refused = False
        return hospitals

    def _with_own_topics(self, hospitals: Directory, lexicon: Lexicon) -> Directory:
        """`hospitals`, or those of now if one that has topics of its own is missing: a restart would fail by it."""
        if not (gone := sorted(lexicon.overlays.keys() - hospitals.by_id.keys())):
            return hospitals
        self._refuse_directory(
            DirectoryError(
                f"{self._settings.directory_folder}: {', '.join(gone)} is gone from hospitals.csv and has topics in "
                f"{self._settings.hospital_topics_file}: remove it there, too"
            )
        )
        return self.known.reader.directory

    def _refuse_directory(self, error: UserError) -> None:
        self._directory_refused = True
        log.error("edit of the directory refused, the one before it stays: %s", error)
        self._metrics.directory_reloaded("refused")  # last: who sees the count finds the line

    def _words(self, hospitals: Directory, before: Lexicon) -> Lexicon:
        try:
            lexicon = knowledge.load_words(self._settings, hospitals)
            _require_same_topics(lexicon, before)
        except UserError as error:
            self._words_refused = True
            log.error("edit refused, the words before it stay: %s", error)
            self._metrics.words_reloaded("refused")
            return before
        self._words_refused = False
        return lexicon


def _require_same_topics(new: Lexicon, old: Lexicon) -> None:
    now, before = ({one.id: one.kind for one in lexicon.taxonomy.topics} for lexicon in (new, old))
    changed = sorted(topic for topic in now.keys() | before.keys() if now.get(topic) != before.get(topic))
    if changed:
        raise TaxonomyError(f"topic {', '.join(changed)}: added, gone or of another class: that needs a restart")
