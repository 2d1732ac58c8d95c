"""How far the wal has Bluesky's stream: a moment of Bluesky's own clock, in a file in the wal's folder.

Called by `source.py`, which saves it no sooner than the wal has what came before it. An old one costs copies, which the
tagger drops; a lost one the posts of the time in between: so it is replaced in one step, and synced. Holds no post.
"""

import logging
import time
import zlib
from pathlib import Path

from streams.atomic_file import replace_file

log = logging.getLogger(__name__)

REWIND_US = 5_000_000
"""The stream is taken up so much before the cursor, microseconds: events are not quite in order of their time."""
AHEAD_US = 3600 * 1_000_000
"""An event's time may be so far ahead of our clock; further is a wrong one, and would skip what comes after it."""


class Cursor:
    """The time of the newest event that the wal has, microseconds since the epoch by Bluesky's clock; 0 for none."""

    def __init__(self, path: Path) -> None:
        """Reads what is there; 0 when it is not there or does not match its checksum."""
        self._path = path
        self.at_us = self._saved = self._read()

    @property
    def start_us(self) -> int:
        """Where the next connection begins; 0: with what is written from now on."""
        return max(1, self.at_us - REWIND_US) if self.at_us else 0

    def move(self, at_us: int) -> None:
        """An event of this time is dealt with. Never moves back, nor to a time that cannot be."""
        if self.at_us < at_us < time.time_ns() // 1000 + AHEAD_US:
            self.at_us = at_us

    def save(self) -> None:
        """Write it down if it moved. A disk that refuses is only logged."""
        if self.at_us == self._saved:
            return
        self._saved = self.at_us
        number = b"%d" % self.at_us
        try:
            replace_file(self._path, b"%b %d\n" % (number, zlib.crc32(number)), sync=True, mode=0o600)
        except OSError as error:
            log.warning("Bluesky's cursor cannot be written (%s): a restart will read more again", error.strerror)

    def _read(self) -> int:
        try:
            number, _, checksum = self._path.read_bytes().strip().partition(b" ")
        except FileNotFoundError:
            return 0
        if number.isdigit() and checksum == b"%d" % zlib.crc32(number):
            return int(number)
        log.error("%s is damaged: Bluesky's posts since the last stop will be missing", self._path)
        return 0
