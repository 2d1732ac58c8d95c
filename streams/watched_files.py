"""Files that a process reads again when somebody edits them.

Owns how an edit is noticed. Called by ingest's `RuleWatch` and the worker's `DirectoryWatch`, each with an object of
its own. Reads no file: what is in it, and whether it can be used, is the caller's.
"""

from collections.abc import Iterable
from pathlib import Path

Stamp = tuple[int, int, int] | None
"""Inode, size and time of the last change (ns) of a file; None if there is none."""


class WatchedFiles:
    """Some files, as they were when they were last read."""

    def __init__(self, files: Iterable[Path]) -> None:
        """The caller reads the files next."""
        self._files = tuple(files)
        self._seen = self._taken = self._stamps()

    def edited(self) -> bool:
        """Whether the files changed since they were read and are at rest: alike at this call and the one before.

        Half an edit can be a file without faults, and would drop hospitals for a moment. True once for each edit: the
        caller reads the files then. Costs some microseconds a file.
        """
        seen, self._seen = self._seen, self._stamps()
        if self._seen == self._taken or self._seen != seen:
            return False
        self._taken = self._seen
        return True

    def _stamps(self) -> list[Stamp]:
        return [_stamp(path) for path in self._files]


def _stamp(path: Path) -> Stamp:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
