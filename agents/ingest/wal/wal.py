"""The wal itself: accepts records durably, hands them on in order, forgets those that Kafka has.

Owns the folder (one process at a time), the locks between threads and the disk cap. Opened by `service.py`. Sources
append from any thread; `pump.py` takes in its own thread and tends in the main one. Does not know where records go, nor
what a source does when the wal is full.
"""

import contextlib
import errno
import fcntl
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

from agents.ingest.records import Record
from agents.ingest.wal import entries, segments
from agents.ingest.wal.cursor import Cursor
from agents.ingest.wal.entries import Entry
from agents.ingest.wal.segments import Segment
from streams import post_log
from streams.errors import UserError
from streams.settings import Settings, variable

log = logging.getLogger(__name__)

Sync = Literal["each", "group"]
"""`each`: sync every record to the disk by itself. `group`: together with those that come within `GROUP_SECONDS`."""
GROUP_SECONDS = 0.005
"""Most that a record waits for others to share its sync: 250 posts a second share none, 10,000 share one in 50."""
SEGMENT_BYTES = 16 * 1024 * 1024
"""Size at which a new segment begins: the wal deletes whole segments."""
SEGMENT_SECONDS = 3600.0
"""Age at which a new segment begins: in quiet hours, text must not stay until 16 MB have come."""
ROOM = 0.75
"""Share of the cap at which WalFilling fires, and below which a wal that was full accepts again."""
_LEAST_SEGMENTS = 16
"""Least segments within the cap: with a small cap, segments are smaller, so that deleting one makes enough room."""
_TAKE_BYTES = 256 * 1024


class Wal:
    """One wal in one folder."""

    def __init__(
        self, folder: Path, max_bytes: int, sync: Sync = "each", observe: Callable[[float], None] = lambda _: None
    ) -> None:
        """Open and repair the wal. `max_bytes`: see `full`. `observe`: called after each sync with the seconds that its
        oldest record took. Raises `UserError` if another process uses the folder, or it cannot be used."""
        self._folder = folder
        self.max_bytes = max_bytes
        self._segment_bytes = min(SEGMENT_BYTES, max(1, max_bytes // _LEAST_SEGMENTS))
        self._sync = sync
        self._observe = observe
        self._writing = threading.Lock()
        """Guards the newest segment's file and unsynced records; the only lock held during a write or sync."""
        self._changed = threading.Condition()
        """Guards what is accepted, taken and acknowledged. Acquire it after `_writing`, never before."""
        with self._disk():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)
            self._lock = _locked(folder)
        try:
            with self._disk():
                self._segments = segments.recover(folder)
                self._cursor = Cursor(folder / "cursor")
        except BaseException:
            os.close(self._lock)
            raise
        last = self._segments[-1].end if self._segments else 0
        first = self._segments[0].number if self._segments else last
        # Numbers only grow, even if the records before the cursor are gone.
        self._next = self.accepted = max(last, self._cursor.number)
        """`accepted`: every record with a smaller number is on the disk."""
        self._cursor.number = self._taken = max(first, self._cursor.number)
        self._reading: tuple[Segment, int, int] | None = None
        """(segment, file, offset of the next record) that `take` reads."""
        self.bytes = sum(one.size for one in self._segments)
        """Size of all segments."""
        self._active: Segment | None = None
        self._file = -1
        self._written = 0
        """Bytes of the newest segment, on the disk or still in `_pending`."""
        self._pending: list[bytes] = []
        """Records of the newest segment that are not written yet."""
        self._opened_at = self._tended_at = self._written_at = time.monotonic()
        self._full = False
        self._closed = False
        self._failure: UserError | None = None
        self.damaged_bytes = 0
        """Size of the files set aside because their records did not match their checksums."""
        self.acknowledge(0)
        self._expire()
        self._syncer = threading.Thread(target=self._sync_groups, name="earshot-wal", daemon=True)
        if sync == "group":
            self._syncer.start()

    # -- accept --------------------------------------------------------------------------------------------------------

    def append(self, record: Record) -> int:
        """Write a record; return its number. It is accepted once `accepted` is greater: on return, or with `group` soon
        after. Blocks for the sync, never for room: see `full`. Call from any thread.

        Raises `UserError` if the disk refuses, and at every call after that: the record is not accepted; earlier ones
        stay accepted.
        """
        began = time.monotonic()
        data = entries.encode(record, time.time_ns() // 1_000_000)
        with self._writing:
            if self._failure is not None:
                raise self._failure
            if self._closed:
                raise UserError(f"the wal in {self._folder} is closed")
            try:
                with self._disk():
                    self._write(data, began)
            except UserError as error:
                self._failure = error
                raise
            number = self._next - 1
        if post_log.wanted():
            post_log.note(record.key, "record %d of the wal, for %s", number, record.topic)
        return number

    def wait_accepted(self, number: int, seconds: float) -> bool:
        """Block up to `seconds` until the record with this number is accepted; whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: self.accepted > number, seconds)

    def _write(self, data: bytes, began: float) -> None:
        if self._active is None or self._written >= self._segment_bytes or self._is_old():
            self._begin()
        self._pending.append(data)
        self._written += len(data)
        self._next += 1
        first = self._next - self.accepted == 1
        if first:
            self._written_at = began
        if self._sync == "each":
            self._sync_now()
        elif first:
            with self._changed:
                self._changed.notify_all()

    def _begin(self) -> None:
        """Begin a new segment. The caller holds `_writing`, as for the methods that follow."""
        self._finish()
        active, self._file = segments.create(self._folder, self._next)
        self._written, self._opened_at = 0, time.monotonic()
        with self._changed:
            self._active = active
            self._segments.append(active)

    def _finish(self) -> None:
        """Sync and close the newest segment; the next record begins another."""
        if self._active is None:
            return
        if self._failure is None:
            self._sync_now()
        os.close(self._file)
        with self._changed:
            self._active = None

    def _sync_now(self) -> None:
        """Write and sync the pending records: that accepts them."""
        if self._active is None or self._next == self.accepted:
            return
        data = b"".join(self._pending)
        self._pending.clear()
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(self._file, left) :]
            os.fdatasync(self._file)
        except OSError:
            with contextlib.suppress(OSError):  # else the next start cuts off the torn end
                os.ftruncate(self._file, self._active.size)
            raise
        with self._changed:
            self.bytes += self._written - self._active.size
            self._active.size = self._written
            self._active.records = self._next - self._active.number
            self.accepted = self._next
            if not self._full and self.bytes >= self.max_bytes:
                self._full = True
                log.error("the wal in %s is full: no more is accepted until Kafka has taken a quarter", self._folder)
            self._changed.notify_all()
        self._observe(time.monotonic() - self._written_at)

    def _sync_groups(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._next > self.accepted)
                if self._closed:
                    return
            time.sleep(GROUP_SECONDS)
            with self._writing:
                try:
                    with self._disk():
                        self._sync_now()
                except UserError as error:
                    # A second sync would succeed and prove nothing: the kernel reports a lost page once.
                    self._failure = error
                    return

    def _is_old(self) -> bool:
        return time.monotonic() - self._opened_at >= SEGMENT_SECONDS

    # -- hand on -------------------------------------------------------------------------------------------------------

    def take(self, seconds: float) -> list[Entry]:
        """The next accepted records, each once, in order. Blocks up to `seconds` for the first; empty without one. Call
        from one thread only.

        Raises `UserError` if an accepted record cannot be read any more; a restart sets it aside.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self.accepted > self._taken or self._closed, seconds) or self._closed:
                return []
            segment = next(one for one in self._segments if one.end > self._taken)
            size = segment.size
        number = max(self._taken, segment.number)
        with self._disk():
            if self._reading is None or self._reading[0] is not segment:
                self._leave()
                start = segments.offset(segment.path, number - segment.number)
                self._reading = segment, os.open(segment.path, os.O_RDONLY | os.O_CLOEXEC), start
            _, file, start = self._reading
            data = os.pread(file, min(_TAKE_BYTES, size - start), start)
            if len(data) >= entries.HEAD.size:
                whole = entries.HEAD.size + entries.HEAD.unpack_from(data)[0]
                if whole > len(data) and whole <= size - start:
                    data = os.pread(file, whole, start)
        taken: list[Entry] = []
        end = 0
        for after, body in entries.bodies(data):
            taken.append(entries.decode(body, number + len(taken)))
            end = after
        if not taken:
            raise UserError(f"the wal in {self._folder} changed on the disk: start ingest again, which sets that aside")
        self._reading = segment, file, start + end
        self._taken = number + len(taken)
        return taken

    def _leave(self) -> None:
        if self._reading is not None:
            os.close(self._reading[1])
            self._reading = None

    # -- forget --------------------------------------------------------------------------------------------------------

    def acknowledge(self, number: int) -> None:
        """Forget every record with a smaller number: Kafka has them. Deletes whole segments only. Call from any
        thread."""
        with self._changed:
            self._cursor.number = max(self._cursor.number, number)
            gone = [one for one in self._segments if one is not self._active and one.end <= self._cursor.number]
            del self._segments[: len(gone)]  # they are the first: the order is by number
            self.bytes -= sum(one.size for one in gone)
            self._full = self._full and self.bytes > self.max_bytes * ROOM
        with self._disk():
            for one in gone:
                one.path.unlink(missing_ok=True)
        self._cursor.save()

    def tend(self) -> None:
        """Delete, by age, text that Kafka has while no new records come. Call it about every second.

        Raises `UserError` if written records could not be synced.
        """
        if self._failure is not None:
            raise self._failure
        if time.monotonic() - self._tended_at < SEGMENT_SECONDS / 60:
            return
        self._tended_at = time.monotonic()
        with self._writing, self._disk():
            if self._is_old() and not self._closed:
                self._finish()
        self.acknowledge(0)
        self._expire()

    def _expire(self) -> None:
        with self._disk():
            segments.expire(self._folder)
            self.damaged_bytes = segments.damaged_bytes(self._folder)

    # -- state ---------------------------------------------------------------------------------------------------------

    @property
    def full(self) -> bool:
        """Whether sources should stop: the cap was reached, and a quarter of it is not free again yet. `append` still
        accepts a record that a source holds."""
        return self._full

    @property
    def waiting(self) -> int:
        """Accepted records that Kafka has not acknowledged."""
        return self.accepted - self._cursor.number

    def close(self) -> None:
        """Sync what was appended and release the folder. The records stay for the next start. Blocks for the sync."""
        if self._closed:
            return
        try:
            with self._writing, self._disk():
                self._finish()
            self.acknowledge(0)
        finally:
            with self._changed:
                self._closed = True
                self._changed.notify_all()
            if self._syncer.is_alive():
                self._syncer.join()
            self._leave()
            os.close(self._lock)

    @contextlib.contextmanager
    def _disk(self) -> Iterator[None]:
        """Turn an `OSError` into a `UserError` of one line."""
        try:
            yield
        except OSError as error:
            raise _refused(self._folder, error) from None


def _locked(folder: Path) -> int:
    """Lock the folder against other processes; return the lock's file descriptor. Raises `UserError` if another process
    has it."""
    file = os.open(folder / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(file)
        if error.errno not in (errno.EAGAIN, errno.EACCES):
            raise
        raise UserError(
            f"another ingest uses the wal in {folder}: stop it, or give this one another {variable('wal_dir')}"
        ) from None
    return file


def _refused(folder: Path, error: OSError) -> UserError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return UserError(f"no room on the disk for the wal in {folder}: make some; what was accepted is safe there")
    return UserError(f"the wal in {folder} cannot be used ({error.strerror}): see {variable('wal_dir')}")


def open_wal(settings: Settings, observe: Callable[[float], None]) -> Wal:
    """Open a pipeline's wal. Raises `UserError`."""
    return Wal(settings.wal_path, settings.wal_max_bytes, settings.wal_sync, observe)
