"""A full wal takes nothing from a thread that may wait, until there is room or the thread is stopped."""

import threading
from pathlib import Path

import pytest

from agents.ingest.records import Record
from agents.ingest.threads import StoppedError
from agents.ingest.wal import room
from agents.ingest.wal.room import append_when_room, wait_for_room
from agents.ingest.wal.wal import Wal

RECORD = Record("posts", b"1", b"text")


def test_a_full_wal_takes_the_record_once_kafka_has_made_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "ROOM_SECONDS", 0.01)
    wal = Wal(tmp_path, max_bytes=1)  # each record is too much
    numbers = [wal.append(RECORD)]
    thread = threading.Thread(target=lambda: numbers.append(append_when_room(wal, RECORD, threading.Event())))
    thread.start()
    thread.join(0.1)
    assert thread.is_alive(), "the wal is full"
    assert wal.accepted == 1
    wal.max_bytes = 2**20
    wal.acknowledge(1)
    thread.join(10)
    assert numbers == [0, 1]
    wal.close()


def test_a_stop_leaves_the_record_out(tmp_path: Path) -> None:
    wal = Wal(tmp_path, max_bytes=1)
    wal.append(RECORD)
    stopping = threading.Event()
    stopping.set()
    assert not wait_for_room(wal, stopping)
    with pytest.raises(StoppedError):
        append_when_room(wal, RECORD, stopping)
    assert wal.accepted == 1
    wal.close()
