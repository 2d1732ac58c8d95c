"""How far Kafka has the wal: the number of the first record that Kafka has not acknowledged, in a file of its own.

Called by `wal.py`. An old, damaged or lost cursor costs copies, which the tagger drops, never a record: so a save does
not wait for the disk.
"""

from pathlib import Path

from agents.ingest.cursor_file import CursorFile


class Cursor:
    """The number of the first record that Kafka has not acknowledged."""

    def __init__(self, path: Path) -> None:
        """Read the file; 0 without one, or if it does not match its checksum."""
        self._file = CursorFile(path, sync=False)
        self.number = self._file.read() or 0

    def save(self) -> None:
        """Write the number if it moved. Only logs a disk that refuses."""
        self._file.save(self.number, "a restart will send copies")
