"""The wal's files: segments in the order of their first record's number, repaired when they are opened.

Owns the files' names and modes, and the repair of a torn end and of damage. Called by `wal.py`, which alone appends.
Keeps a copy of everything that it cuts off for a day.
"""

import logging
import os
import shutil
import time
from pathlib import Path

import msgspec

from agents.ingest.wal import entries

log = logging.getLogger(__name__)

SUFFIX, TORN, DAMAGED = ".log", ".torn", ".damaged"
KEEP_SECONDS = 86_400
"""How long cut-off bytes are kept: they may hold post text, which Earshot keeps for a day at most."""


class Segment(msgspec.Struct):
    """One file of the wal."""

    path: Path
    number: int
    """Number of its first record."""
    records: int = 0
    """Accepted records."""
    size: int = 0
    """Size of the accepted records."""

    @property
    def end(self) -> int:
        """The number after its last record's."""
        return self.number + self.records


def create(folder: Path, number: int) -> tuple[Segment, int]:
    """Create a segment; return it and the file descriptor to append to. Its name survives a power cut. Raises
    `OSError`."""
    path = folder / f"{number:020d}{SUFFIX}"
    file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        sync_folder(folder)
    except OSError:
        os.close(file)
        raise
    return Segment(path, number), file


def recover(folder: Path) -> list[Segment]:
    """Repair and return the segments that the last process left; delete empty ones. Raises `OSError`.

    A kill or a power cut amid an append leaves a torn end of the newest segment. Any other bad record is damage by the
    disk or a person. Either way, set aside everything from there on: nothing after it is certain.
    """
    paths = sorted(folder.glob(f"*{SUFFIX}"))
    found = []
    for path in paths:
        segment = Segment(path, int(path.stem))
        with path.open("rb") as file:
            data = file.read()
        for end, _ in entries.bodies(data):
            segment.records += 1
            segment.size = end
        if segment.size < len(data):
            torn = path is paths[-1] and _is_torn(data[segment.size :])
            _set_aside(segment, TORN if torn else DAMAGED)
        if segment.records:
            found.append(segment)
        else:
            path.unlink()
    return found


def _is_torn(rest: bytes) -> bool:
    """Whether an unfinished append explains the bytes after the good records: part of one record, or zeros."""
    if len(rest) < entries.HEAD.size or not any(rest):
        return True
    length, _checksum = entries.HEAD.unpack_from(rest)
    return bool(entries.HEAD.size + length >= len(rest))


def _set_aside(segment: Segment, suffix: str) -> None:
    """Move the bytes after a segment's good records to a file beside it, and log that."""
    aside = segment.path.with_name(f"{segment.path.stem}-{segment.size}{suffix}")
    with segment.path.open("r+b") as file:
        file.seek(segment.size)
        with open(os.open(aside, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as copy:
            shutil.copyfileobj(file, copy)
            cut = copy.tell()
            copy.flush()
            os.fsync(copy.fileno())
        sync_folder(segment.path.parent)
        file.truncate(segment.size)
        os.fsync(file.fileno())
    if suffix == TORN:
        log.warning("the wal's end was torn: %d bytes of a record that was not accepted are cut off", cut)
    else:
        log.error("the wal is damaged: %d bytes of accepted records are set aside in %s", cut, aside)


def damaged_bytes(folder: Path) -> int:
    """Size of the damaged bytes that were set aside."""
    return sum(path.stat().st_size for path in folder.glob(f"*{DAMAGED}"))


def expire(folder: Path) -> None:
    """Delete what was set aside more than a day ago."""
    for path in (*folder.glob(f"*{TORN}"), *folder.glob(f"*{DAMAGED}")):
        if time.time() - path.stat().st_mtime > KEEP_SECONDS:
            path.unlink()


def offset(path: Path, count: int) -> int:
    """Offset of the record after the first `count` of a repaired segment."""
    with path.open("rb") as file:
        for _ in range(count):
            length, _checksum = entries.HEAD.unpack(file.read(entries.HEAD.size))
            file.seek(length, os.SEEK_CUR)
        return file.tell()


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable. Raises `OSError`."""
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)
