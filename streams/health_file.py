"""The health file: a process touches it while it makes progress, so its age says whether it does.

Touched by the worker and by ingest, each by its own measure of progress; read by `earshot health`, which compose calls.
Knows no process.
"""

import time
from pathlib import Path

from streams.errors import UserError
from streams.settings import variable

TOUCH_SECONDS = 1.0
"""Least time between two touches: the age is read in seconds."""


class Beat:
    """The health file of this process."""

    def __init__(self, path: str) -> None:
        """An empty path: no file, and `touch` does nothing. Removes a file that an earlier process left, which says
        nothing of this one. Raises `UserError` if it cannot be written."""
        self._path = Path(path) if path else None
        self._touched = float("-inf")
        self._write()
        if self._path is not None:
            self._path.unlink()

    def touch(self) -> None:
        """Say that the process made progress. Writes at most once in `TOUCH_SECONDS`; does not block."""
        if time.monotonic() - self._touched >= TOUCH_SECONDS:
            self._touched = time.monotonic()
            self._write()

    def silent(self) -> float | None:
        """Seconds since the last progress; None before the first."""
        return None if self._touched == float("-inf") else time.monotonic() - self._touched

    def _write(self) -> None:
        if self._path is not None:
            try:
                self._path.touch()
            except OSError as error:
                raise UserError(
                    f"{variable('health_file')}={self._path} cannot be written: {error.strerror}; name a file in a "
                    "folder that this user may write to"
                ) from None


def age(path: str) -> float:
    """Seconds since a health file was touched. Raises `UserError` if it is not there."""
    try:
        return time.time() - Path(path).stat().st_mtime
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}: no progress since the process started") from None
