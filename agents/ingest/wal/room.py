"""Waits for room in the wal, in threads that may block until Kafka has taken records.

Called by sources' own threads. A source that must not block checks `Wal.full` instead and hangs up.
"""

import threading

from agents.ingest.records import Record
from agents.ingest.threads import StoppedError
from agents.ingest.wal.wal import Wal

ROOM_SECONDS = 1.0
"""How often a source checks a full wal for room: Kafka must take a quarter of it first, which takes seconds."""


def wait_for_room(wal: Wal, stopping: threading.Event) -> bool:
    """Block until the wal has room, looking once in `ROOM_SECONDS`. False: `stopping` was set before it had."""
    while wal.full:
        if stopping.wait(ROOM_SECONDS):
            return False
    return True


def append_when_room(wal: Wal, record: Record, stopping: threading.Event) -> int:
    """Block until the wal has room, then append; the record's number.

    Raises `StoppedError` when `stopping` was set before there was room, `UserError` as `Wal.append` does; the record
    is not in the wal then.
    """
    if not wait_for_room(wal, stopping):
        raise StoppedError
    return wal.append(record)
