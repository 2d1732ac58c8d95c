"""How far the wal has Bluesky's stream: a moment of Bluesky's own clock, in a file in the wal's folder.

Called by `source.py`, which saves it only when the wal has what came before it. An old cursor costs copies, which the
tagger drops; a lost one costs the posts since the last stop: so a save waits for the disk. Holds no post.
"""

import logging
import time
from pathlib import Path

from agents.ingest.cursor_file import CursorFile

log = logging.getLogger(__name__)

REWIND_US = 5_000_000
"""How far before the cursor the next connection begins, microseconds: events are not quite in order of their time."""
AHEAD_US = 3600 * 1_000_000
"""Most that an event's time may be ahead of our clock, microseconds: a later time is wrong, and the cursor would skip
what comes after it."""


class Cursor:
    """The time of the newest event that the wal has, microseconds since the epoch by Bluesky's clock; 0 for none."""

    def __init__(self, path: Path) -> None:
        """Read the file; 0 without one, or if it does not match its checksum."""
        self._file = CursorFile(path, sync=True)
        found = self._file.read()
        if found is None:
            log.error("%s is damaged: Bluesky's posts since the last stop will be missing", path)
        self.at_us = found or 0

    @property
    def start_us(self) -> int:
        """Where the next connection begins; 0: at what people write from now on."""
        return max(1, self.at_us - REWIND_US) if self.at_us else 0

    def move(self, at_us: int) -> None:
        """Move past an event of this time, which the wal has. Never moves back, nor to a time that cannot be."""
        if self.at_us < at_us < time.time_ns() // 1000 + AHEAD_US:
            self.at_us = at_us

    def save(self) -> None:
        """Write the time if it moved. Only logs a disk that refuses."""
        self._file.save(self.at_us, "a restart will read more of Bluesky again")
