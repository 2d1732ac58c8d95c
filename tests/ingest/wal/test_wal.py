"""The log hands on what it accepted, in order and once; forgets what Kafka has, and nothing else."""

import os
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest

from agents.ingest.records import Record
from agents.ingest.wal import segments, wal
from agents.ingest.wal.entries import Entry
from agents.ingest.wal.wal import Log
from streams.errors import UserError
from streams.settings import load
from tests.ingest.wal import appender as appending
from tests.ingest.wal.appender import record

MAX_BYTES = 16 * 100_000
"""A cap whose segments are 100,000 bytes."""

Opened = Callable[..., Log]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    """Opens the log of this test; one that is open is closed before, as by another process."""
    logs: list[Log] = []

    def make(sync: Literal["each", "group"] = "each", max_bytes: int = MAX_BYTES) -> Log:
        for one in logs:
            one.close()
        logs.append(Log(tmp_path / "log", max_bytes, sync))
        return logs[-1]

    yield make
    for one in logs:
        one.close()


def fill(log: Log, *numbers: int) -> None:
    for number in numbers:
        assert log.append(record(number)) == number
    assert log.wait_accepted(numbers[-1], 10)


def drain(log: Log) -> list[Entry]:
    """All that it hands on now."""
    found: list[Entry] = []
    while entries := log.take(0):
        found += entries
    return found


def numbers(log: Log) -> list[int]:
    """All that it hands on now, each being what was appended under its number."""
    found = drain(log)
    assert [one.record for one in found] == [record(one.number) for one in found]
    return [one.number for one in found]


@pytest.mark.parametrize("sync", ["each", "group"])
def test_what_is_accepted_is_handed_on_in_order_and_once(opened: Opened, sync: Literal["each", "group"]) -> None:
    log = opened(sync)
    fill(log, *range(10))
    assert numbers(log) == list(range(10))
    fill(log, *range(10, 20))
    assert numbers(log) == list(range(10, 20))
    assert log.waiting == 20


def test_both_kinds_of_record_come_back_as_they_were(opened: Opened) -> None:
    log = opened()
    given = [
        Record("dead-letters", b"ingest-1", b"\x00\xff\n"),
        Record("posts", b"", b""),
        Record("posts", b"1", b"{}"),
    ]
    began = time.time()
    for one in given:
        log.append(one)
    found = drain(log)
    assert [one.record for one in found] == given
    assert all(began - 1 < one.at / 1000 < time.time() + 1 for one in found), "each knows when it came"


def test_a_record_larger_than_a_segment_and_than_one_read_is_taken_whole(opened: Opened) -> None:
    log = opened()
    given = [Record("posts", b"1", b"a" * 5_000_000), Record("posts", b"2", b"b")]
    for one in given:
        log.append(one)
    assert [one.record for one in drain(log)] == given


def test_after_a_stop_only_what_kafka_has_not_is_handed_on_again(opened: Opened) -> None:
    log = opened()
    fill(log, *range(12))
    assert numbers(log) == list(range(12))
    log.acknowledge(7)
    assert log.waiting == 5
    log = opened()
    assert log.waiting == 5
    assert numbers(log) == [7, 8, 9, 10, 11]
    fill(log, 12)
    assert numbers(log) == [12]


def test_a_lost_cursor_costs_copies_and_no_record(opened: Opened, tmp_path: Path) -> None:
    log = opened()
    fill(log, *range(12))
    log.acknowledge(7)
    for spoilt in (b"", b"99 1\n", b"not a number"):
        opened().close()
        (tmp_path / "log" / "cursor").write_bytes(spoilt)
        assert set(numbers(opened())) >= {7, 8, 9, 10, 11}


def test_a_segment_goes_when_kafka_has_all_of_it(opened: Opened, tmp_path: Path) -> None:
    log = opened()
    fill(log, *range(20))  # every fourth is 90,000 bytes: three segments
    files = sorted((tmp_path / "log").glob("*.log"))
    assert len(files) == 3
    assert log.bytes == sum(path.stat().st_size for path in files)
    second = int(files[1].stem)
    log.acknowledge(second - 1)
    assert files[0].exists(), "one of its records is not on Kafka"
    log.acknowledge(second)
    assert not files[0].exists()
    log.acknowledge(20)
    left = sorted((tmp_path / "log").glob("*.log"))
    assert left == files[-1:], "the newest is still written to"
    log.close()
    assert list((tmp_path / "log").glob("*.log")) == [], "no text stays behind that Kafka has"


def test_numbers_go_on_when_all_segments_are_gone(opened: Opened) -> None:
    log = opened()
    fill(log, 0, 1, 2)
    log.acknowledge(3)
    log = opened()
    fill(log, 3)
    assert numbers(log) == [3]


def test_text_that_kafka_has_goes_within_the_hour_in_quiet_times_too(
    opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = opened()
    fill(log, 0, 1)
    log.acknowledge(2)
    monkeypatch.setattr(wal, "SEGMENT_SECONDS", 0.0)
    log.tend()
    assert list((tmp_path / "log").glob("*.log")) == []
    fill(log, 2)
    assert numbers(log)[-1] == 2


def test_a_full_log_says_so_and_has_room_again_once_a_quarter_is_taken(opened: Opened) -> None:
    log = opened()
    number = 0
    while not log.full:
        fill(log, number)
        number += 1
    assert log.bytes >= MAX_BYTES
    fill(log, number)  # the record in hand
    log.acknowledge(4)
    assert log.full, "one segment is not enough: it would be full again at once"
    log.acknowledge(number // 2)
    assert not log.full
    assert numbers(log)[-1] == number, "nothing that Kafka has not was deleted"


def test_a_second_ingest_is_kept_out_in_one_line(opened: Opened, tmp_path: Path) -> None:
    log = opened()
    with pytest.raises(UserError, match=r"another ingest uses the log in .*EARSHOT_WAL_DIR"):
        Log(tmp_path / "log", MAX_BYTES)
    log.close()
    Log(tmp_path / "log", MAX_BYTES).close()


def test_only_its_owner_may_read_it(opened: Opened, tmp_path: Path) -> None:
    (tmp_path / "log").mkdir(mode=0o755)
    log = opened()
    fill(log, 0)
    log.acknowledge(1)
    assert stat.S_IMODE((tmp_path / "log").stat().st_mode) == 0o700
    files = [path for path in (tmp_path / "log").iterdir() if path.name != "cursor"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_a_folder_that_cannot_be_used_names_the_setting(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="EARSHOT_WAL_DIR"):
        Log(tmp_path / "file" / "log", MAX_BYTES)


def test_a_full_disk_ends_in_one_line_and_costs_nothing_that_was_accepted(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.ingest.wal.appender", str(tmp_path / "log"), "each", "1000000"],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("no room on the disk for the log in ")
    assert done.stderr.count("\n") == 1
    said = [int(line) for line in done.stdout.splitlines()]
    log = Log(tmp_path / "log", appending.MAX_BYTES)
    assert numbers(log) == said == list(range(len(said)))
    log.close()


def test_nothing_is_accepted_after_a_close_or_a_refusal(opened: Opened, tmp_path: Path) -> None:
    log = opened()
    fill(log, 0)
    log.close()
    with pytest.raises(UserError, match="is closed"):
        log.append(record(1))
    log = opened()
    os.rename(tmp_path / "log", tmp_path / "elsewhere")
    for _ in range(2):
        with pytest.raises(UserError, match="cannot be used"):
            log.append(record(1))
    os.rename(tmp_path / "elsewhere", tmp_path / "log")
    with pytest.raises(UserError, match="cannot be used"):
        log.tend()
    assert numbers(opened()) == [0]


def test_records_that_come_together_share_a_sync(tmp_path: Path) -> None:
    syncs: list[float] = []
    log = Log(tmp_path / "log", appending.MAX_BYTES, "group", syncs.append)
    fill(log, *range(200))
    log.close()
    assert len(syncs) < 100


def test_who_waits_for_a_record_gets_it_and_a_close_wakes_who_waits(opened: Opened) -> None:
    log = opened()
    found: list[list[Entry]] = []
    thread = threading.Thread(target=lambda: found.extend([log.take(20), log.take(20)]))
    thread.start()
    fill(log, 0)
    while not found and thread.is_alive() and log._taken == 0:
        thread.join(0.01)
    log.close()
    thread.join(10)
    assert [len(one) for one in found] == [1, 0]


def test_each_pipeline_has_a_folder_of_its_own() -> None:
    one, other = (load({}, kafka_topic_prefix=prefix).wal_path for prefix in ("a-", "b-"))
    assert one != other
    assert load({}, wal_dir="/somewhere").wal_path == Path("/somewhere")


def test_what_was_set_aside_is_kept_for_a_day(opened: Opened, tmp_path: Path) -> None:
    opened()
    old, new = tmp_path / "log" / "1-0.torn", tmp_path / "log" / "2-0.damaged"
    for path in (old, new):
        path.write_bytes(b"text")
    long_ago = time.time() - segments.KEEP_SECONDS - 60
    os.utime(old, (long_ago, long_ago))
    log = opened()
    assert (old.exists(), new.exists(), log.damaged_bytes) == (False, True, 4)
