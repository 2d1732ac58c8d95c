"""The wal hands on what it accepted, in order and once; forgets what Kafka has, and nothing else."""

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
from agents.ingest.wal import segments
from agents.ingest.wal import wal as module
from agents.ingest.wal.entries import Entry
from agents.ingest.wal.wal import Wal
from streams.errors import UserError
from streams.settings import load
from tests.ingest.wal import appender as appending
from tests.ingest.wal.appender import record
from tests.waiting import wait_until

MAX_BYTES = 16 * 100_000
"""A cap whose segments are 100,000 bytes."""

Opened = Callable[..., Wal]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    """Opens the wal of this test; one that is open is closed before, as by another process."""
    wals: list[Wal] = []

    def make(sync: Literal["each", "group"] = "each", max_bytes: int = MAX_BYTES) -> Wal:
        for one in wals:
            one.close()
        wals.append(Wal(tmp_path / "wal", max_bytes, sync))
        return wals[-1]

    yield make
    for one in wals:
        one.close()


def fill(wal: Wal, *numbers: int) -> None:
    for number in numbers:
        assert wal.append(record(number)) == number
    assert wal.wait_accepted(numbers[-1], 10)


def drain(wal: Wal) -> list[Entry]:
    """All that it hands on now."""
    found: list[Entry] = []
    while entries := wal.take(0):
        found += entries
    return found


def numbers(wal: Wal) -> list[int]:
    """All that it hands on now, each being what was appended under its number."""
    found = drain(wal)
    assert [one.record for one in found] == [record(one.number) for one in found]
    return [one.number for one in found]


@pytest.mark.parametrize("sync", ["each", "group"])
def test_what_is_accepted_is_handed_on_in_order_and_once(opened: Opened, sync: Literal["each", "group"]) -> None:
    wal = opened(sync)
    fill(wal, *range(10))
    assert numbers(wal) == list(range(10))
    fill(wal, *range(10, 20))
    assert numbers(wal) == list(range(10, 20))
    assert wal.waiting == 20


def test_both_kinds_of_record_come_back_as_they_were(opened: Opened) -> None:
    wal = opened()
    given = [
        Record("dead-letters", b"ingest-1", b"\x00\xff\n"),
        Record("posts", b"", b""),
        Record("posts", b"1", b"{}"),
    ]
    began = time.time()
    for one in given:
        wal.append(one)
    found = drain(wal)
    assert [one.record for one in found] == given
    assert all(began - 1 < one.at / 1000 < time.time() + 1 for one in found), "each knows when it came"


def test_a_record_larger_than_a_segment_and_than_one_read_is_taken_whole(opened: Opened) -> None:
    wal = opened()
    given = [Record("posts", b"1", b"a" * 5_000_000), Record("posts", b"2", b"b")]
    for one in given:
        wal.append(one)
    assert [one.record for one in drain(wal)] == given


def test_after_a_stop_only_what_kafka_has_not_is_handed_on_again(opened: Opened) -> None:
    wal = opened()
    fill(wal, *range(12))
    assert numbers(wal) == list(range(12))
    wal.acknowledge(7)
    assert wal.waiting == 5
    wal = opened()
    assert wal.waiting == 5
    assert numbers(wal) == [7, 8, 9, 10, 11]
    fill(wal, 12)
    assert numbers(wal) == [12]


def test_a_lost_cursor_costs_copies_and_no_record(opened: Opened, tmp_path: Path) -> None:
    wal = opened()
    fill(wal, *range(12))
    wal.acknowledge(7)
    for spoilt in (b"", b"99 1\n", b"not a number"):
        opened().close()
        (tmp_path / "wal" / "cursor").write_bytes(spoilt)
        assert set(numbers(opened())) >= {7, 8, 9, 10, 11}


def test_a_segment_goes_when_kafka_has_all_of_it(opened: Opened, tmp_path: Path) -> None:
    wal = opened()
    fill(wal, *range(20))  # every fourth is 90,000 bytes: three segments
    files = sorted((tmp_path / "wal").glob("*.log"))
    assert len(files) == 3
    assert wal.bytes == sum(path.stat().st_size for path in files)
    second = int(files[1].stem)
    wal.acknowledge(second - 1)
    assert files[0].exists(), "one of its records is not on Kafka"
    wal.acknowledge(second)
    assert not files[0].exists()
    wal.acknowledge(20)
    left = sorted((tmp_path / "wal").glob("*.log"))
    assert left == files[-1:], "the newest is still written to"
    wal.close()
    assert list((tmp_path / "wal").glob("*.log")) == [], "no text stays behind that Kafka has"


def test_numbers_go_on_when_all_segments_are_gone(opened: Opened) -> None:
    wal = opened()
    fill(wal, 0, 1, 2)
    wal.acknowledge(3)
    wal = opened()
    fill(wal, 3)
    assert numbers(wal) == [3]


def test_text_that_kafka_has_goes_within_the_hour_in_quiet_times_too(
    opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wal = opened()
    fill(wal, 0, 1)
    wal.acknowledge(2)
    monkeypatch.setattr(module, "SEGMENT_SECONDS", 0.0)
    wal.tend()
    assert list((tmp_path / "wal").glob("*.log")) == []
    fill(wal, 2)
    assert numbers(wal)[-1] == 2


def test_a_full_wal_says_so_and_has_room_again_once_a_quarter_is_taken(opened: Opened) -> None:
    wal = opened()
    number = 0
    while not wal.full:
        fill(wal, number)
        number += 1
    assert wal.bytes >= MAX_BYTES
    fill(wal, number)  # the record in hand
    wal.acknowledge(4)
    assert wal.full, "one segment is not enough: it would be full again at once"
    wal.acknowledge(number // 2)
    assert not wal.full
    assert numbers(wal)[-1] == number, "nothing that Kafka has not was deleted"


def test_a_second_ingest_is_kept_out_in_one_line(opened: Opened, tmp_path: Path) -> None:
    wal = opened()
    with pytest.raises(UserError, match=r"another ingest uses the wal in .*EARSHOT_WAL_DIR"):
        Wal(tmp_path / "wal", MAX_BYTES)
    wal.close()
    Wal(tmp_path / "wal", MAX_BYTES).close()


def test_only_its_owner_may_read_it(opened: Opened, tmp_path: Path) -> None:
    (tmp_path / "wal").mkdir(mode=0o755)
    wal = opened()
    fill(wal, 0)
    wal.acknowledge(1)
    assert stat.S_IMODE((tmp_path / "wal").stat().st_mode) == 0o700
    files = [path for path in (tmp_path / "wal").iterdir() if path.name != "cursor"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_a_folder_that_cannot_be_used_names_the_setting(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="EARSHOT_WAL_DIR"):
        Wal(tmp_path / "file" / "wal", MAX_BYTES)


def test_a_full_disk_ends_in_one_line_and_costs_nothing_that_was_accepted(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.ingest.wal.appender", str(tmp_path / "wal"), "each", "1000000"],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("no room on the disk for the wal in ")
    assert done.stderr.count("\n") == 1
    said = [int(line) for line in done.stdout.splitlines()]
    wal = Wal(tmp_path / "wal", appending.MAX_BYTES)
    assert numbers(wal) == said == list(range(len(said)))
    wal.close()


def test_nothing_is_accepted_after_a_close_or_a_refusal(opened: Opened, tmp_path: Path) -> None:
    wal = opened()
    fill(wal, 0)
    wal.close()
    with pytest.raises(UserError, match="is closed"):
        wal.append(record(1))
    wal = opened()
    os.rename(tmp_path / "wal", tmp_path / "elsewhere")
    for _ in range(2):
        with pytest.raises(UserError, match="cannot be used"):
            wal.append(record(1))
    os.rename(tmp_path / "elsewhere", tmp_path / "wal")
    with pytest.raises(UserError, match="cannot be used"):
        wal.tend()
    assert numbers(opened()) == [0]


def test_records_that_come_together_share_a_sync(tmp_path: Path) -> None:
    syncs: list[float] = []
    wal = Wal(tmp_path / "wal", appending.MAX_BYTES, "group", syncs.append)
    fill(wal, *range(200))
    wal.close()
    assert len(syncs) < 100


def test_who_waits_for_a_record_gets_it_and_a_close_wakes_who_waits(opened: Opened) -> None:
    wal = opened()
    found: list[list[Entry]] = []

    def take_twice() -> None:
        for _ in range(2):
            found.append(wal.take(20))

    thread = threading.Thread(target=take_twice)
    thread.start()
    fill(wal, 0)
    wait_until(lambda: found, "the record is taken")
    wal.close()
    thread.join(10)
    assert [len(one) for one in found] == [1, 0]


def test_each_pipeline_has_a_folder_of_its_own() -> None:
    one, other = (load({}, kafka_topic_prefix=prefix).wal_path for prefix in ("a-", "b-"))
    assert one != other
    assert load({}, wal_dir="/somewhere").wal_path == Path("/somewhere")


def test_what_was_set_aside_is_kept_for_a_day(opened: Opened, tmp_path: Path) -> None:
    opened()
    old, new = tmp_path / "wal" / "1-0.torn", tmp_path / "wal" / "2-0.damaged"
    for path in (old, new):
        path.write_bytes(b"text")
    long_ago = time.time() - segments.KEEP_SECONDS - 60
    os.utime(old, (long_ago, long_ago))
    wal = opened()
    assert (old.exists(), new.exists(), wal.damaged_bytes) == (False, True, 4)
