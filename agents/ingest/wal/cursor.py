"""How far Kafka has the wal: one number in a file of its own.

Called by `wal.py`. A cursor that is old, torn or lost costs copies, which the tagger drops, never a record: so it is
replaced in one step and not synced to the disk.
"""

import logging
import zlib
from pathlib import Path

from streams.atomic_file import replace_file

log = logging.getLogger(__name__)


class Cursor:
    """The number of the first record that Kafka has not acknowledged."""

    def __init__(self, path: Path) -> None:
        """Reads what is there; 0 when it is not there or does not match its checksum."""
        self._path = path
        self.number = self._saved = self._read()

    def save(self) -> None:
        """Write it down if it moved. A disk that refuses is only logged."""
        if self.number == self._saved:
            return
        number = b"%d" % self.number
        try:
            replace_file(self._path, b"%b %d\n" % (number, zlib.crc32(number)), sync=False, mode=0o600)
        except OSError as error:
            log.warning("the wal's cursor cannot be written (%s): a restart will send copies", error.strerror)
        self._saved = self.number

    def _read(self) -> int:
        try:
            number, _, checksum = self._path.read_bytes().strip().partition(b" ")
        except FileNotFoundError:
            return 0
        return int(number) if number.isdigit() and checksum == b"%d" % zlib.crc32(number) else 0
