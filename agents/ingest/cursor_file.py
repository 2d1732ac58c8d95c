"""A file that holds one number and its checksum.

Owns the form. Called by `wal/cursor.py` and `bluesky/cursor.py`, which know what the number counts and what an old,
damaged or lost one costs.
"""

import logging
import zlib
from pathlib import Path

from streams.atomic_file import replace_file

log = logging.getLogger(__name__)


class CursorFile:
    """The file at one path. Used by one thread."""

    def __init__(self, path: Path, *, sync: bool) -> None:
        """`sync`: whether a save waits until the disk has the number."""
        self._path = path
        self._sync = sync
        self._saved = 0

    def read(self) -> int | None:
        """The number; 0 if there is no file, None if the file does not match its checksum."""
        try:
            number, _, checksum = self._path.read_bytes().strip().partition(b" ")
        except FileNotFoundError:
            return 0
        if not number.isdigit() or checksum != b"%d" % zlib.crc32(number):
            return None
        self._saved = int(number)
        return self._saved

    def save(self, at: int, if_not: str) -> None:
        """Replace the file in one step if the number is another than the saved one. Only logs a disk that refuses, and
        `if_not`: what follows."""
        if at == self._saved:
            return
        self._saved = at
        number = b"%d" % at
        try:
            replace_file(self._path, b"%b %d\n" % (number, zlib.crc32(number)), sync=self._sync, mode=0o600)
        except OSError as error:
            log.warning("%s cannot be written (%s): %s", self._path, error.strerror, if_not)
