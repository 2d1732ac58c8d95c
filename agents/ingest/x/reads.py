"""How many posts X has delivered this month, against what is paid for; and when the stream was last heard.

Owns one small file in the wal's folder, so that a restart knows both. Called by `gaps.py` and `catch_up.py`, whose
threads count; `gaps.py` also saves. X bills a post once a day however it was delivered; this counts every delivery, so
it is never too low.
"""

import contextlib
import threading
import time
from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from streams.atomic_file import replace_file
from streams.errors import UserError


class _Saved(msgspec.Struct):
    month: str = ""
    posts: int = 0
    heard_at: float = 0.0


class Reads:
    """Counts and remembers."""

    def __init__(self, file: Path, limit: int, clock: Callable[[], float] = time.time) -> None:
        """`limit`: posts a calendar month (UTC); 0: none. A file that cannot be read counts as none."""
        self._file = file
        self._clock = clock
        self._lock = threading.Lock()
        self.limit = limit
        self._saved = _Saved()
        with contextlib.suppress(OSError, msgspec.DecodeError):
            self._saved = msgspec.json.decode(file.read_bytes(), type=_Saved)
        self.heard_at = self._saved.heard_at
        """When the stream was last known to be whole, seconds since the epoch; 0 before the first time."""

    @property
    def posts(self) -> int:
        """Delivered this month."""
        with self._lock:
            self._turn()
            return self._saved.posts

    @property
    def next_month(self) -> str:
        """The day on which counting begins anew, as 2026-12-01."""
        now = datetime.fromtimestamp(self._clock(), UTC)
        return f"{now.year + now.month // 12}-{now.month % 12 + 1:02}-01"

    @property
    def projected(self) -> float:
        """What it will be at the month's end if it goes on so."""
        now = datetime.fromtimestamp(self._clock(), UTC)
        first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        passed = max(3600.0, (now - first).total_seconds())
        return self.posts * monthrange(now.year, now.month)[1] * 86_400 / passed

    def add(self, posts: int) -> None:
        """Count posts that were delivered."""
        with self._lock:
            self._turn()
            self._saved.posts += posts

    def left(self, posts: int) -> bool:
        """Whether so many more are within the limit."""
        return not self.limit or self.posts + posts <= self.limit

    def save(self) -> None:
        """Write the file. Raises `UserError`."""
        with self._lock:
            self._turn()
            self._saved.heard_at = self.heard_at
            content = msgspec.json.encode(self._saved)
        try:
            replace_file(self._file, content, sync=False)
        except OSError as error:
            raise UserError(f"{self._file} cannot be written: {error.strerror}") from None

    def _turn(self) -> None:
        month = datetime.fromtimestamp(self._clock(), UTC).strftime("%Y-%m")
        if self._saved.month != month:
            self._saved.month, self._saved.posts = month, 0
