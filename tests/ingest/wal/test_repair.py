"""Whatever a kill, a power cut or a bad disk leaves: the wal opens, hands on every record that is whole, loses no byte
in silence."""

import logging
import shutil
from collections.abc import Iterator
from itertools import accumulate, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.ingest.records import Record
from agents.ingest.wal import entries
from agents.ingest.wal.wal import Wal
from streams.errors import UserError

CAP = 1 << 24
AT = 1_790_000_000_000

RECORDS = st.lists(
    st.builds(Record, st.sampled_from(["posts", "dead-letters"]), st.binary(max_size=20), st.binary(max_size=60)),
    min_size=1,
    max_size=8,
)


class Disk:
    """A folder with one segment, as the records of `given` leave it."""

    def __init__(self, folder: Path, given_: list[Record], number: int = 0) -> None:
        self.folder = folder
        self.records = given_
        encoded = [entries.encode(one, AT) for one in given_]
        self.ends = list(accumulate(map(len, encoded)))
        self.path = folder / f"{number:020d}.log"
        self.path.write_bytes(b"".join(encoded))

    def opened(self) -> list[Record]:
        """What the wal hands on after it was opened."""
        wal = Wal(self.folder, CAP)
        found: list[entries.Entry] = []
        while taken := wal.take(0):
            found += taken
        wal.close()
        return [one.record for one in found]

    def aside(self) -> bytes:
        """What lies aside, all together."""
        return b"".join(path.read_bytes() for path in sorted(self.folder.glob("*-*")))


@pytest.fixture(scope="module")
def base() -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        yield Path(folder)


def anew(base: Path) -> Path:
    folder = base / "wal"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


@given(data=st.data(), records=RECORDS)
def test_cut_off_anywhere_it_yields_exactly_the_whole_records(
    base: Path, data: st.DataObject, records: list[Record]
) -> None:
    disk = Disk(anew(base), records)
    size = data.draw(st.integers(0, disk.ends[-1]), "size")
    with disk.path.open("r+b") as file:
        file.truncate(size)
    whole = sum(end <= size for end in disk.ends)
    rest = disk.path.read_bytes()[disk.ends[whole - 1] if whole else 0 :]
    assert disk.opened() == records[:whole]
    assert disk.aside() == rest
    assert disk.opened() == records[:whole], "repaired once, it stays so"


@given(data=st.data(), records=RECORDS)
def test_with_any_bit_flipped_it_yields_the_records_before_and_keeps_the_rest(
    base: Path, data: st.DataObject, records: list[Record]
) -> None:
    disk = Disk(anew(base), records)
    place = data.draw(st.integers(0, disk.ends[-1] * 8 - 1), "bit")
    content = bytearray(disk.path.read_bytes())
    content[place // 8] ^= 1 << place % 8
    disk.path.write_bytes(content)
    before = sum(end <= place // 8 for end in disk.ends)
    assert disk.opened() == records[:before]
    assert disk.aside() == bytes(content[disk.ends[before - 1] if before else 0 :])


@given(rest=st.binary(min_size=1, max_size=40), records=RECORDS)
def test_whatever_stands_after_the_last_record_it_goes_on(base: Path, rest: bytes, records: list[Record]) -> None:
    disk = Disk(anew(base), records)
    with disk.path.open("ab") as file:
        file.write(rest)
    wal = Wal(disk.folder, CAP)
    assert wal.append(Record("posts", b"1", b"new")) == len(records)
    wal.close()
    assert disk.opened() == [*records, Record("posts", b"1", b"new")]


@pytest.mark.parametrize("rest", [b"\0" * 64, b"\xff" * 3, entries.encode(Record("posts", b"1", b"a" * 50), AT)[:-9]])
def test_a_torn_end_is_a_line_in_the_log_and_no_damage(
    tmp_path: Path, rest: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    disk = Disk(tmp_path, [Record("posts", b"1", b"a")])
    with disk.path.open("ab") as file:
        file.write(rest)
    wal = Wal(tmp_path, CAP)
    wal.close()
    assert wal.damaged_bytes == 0
    assert [(one.levelno, f"{len(rest)} bytes" in one.message) for one in caplog.records] == [(logging.WARNING, True)]


def test_damage_in_an_older_segment_is_set_aside_counted_and_said_and_the_newer_ones_are_handed_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    records = [Record("posts", b"%d" % number, b"secret text %d" % number) for number in range(9)]
    old, new = Disk(tmp_path, records[:6]), Disk(tmp_path, records[6:], 6)
    content = bytearray(old.path.read_bytes())
    content[old.ends[2] + 30] ^= 1
    old.path.write_bytes(content)
    wal = Wal(tmp_path, CAP)
    found: list[entries.Entry] = []
    while taken := wal.take(0):
        found += taken
    assert [one.number for one in found] == [0, 1, 2, 6, 7, 8], "numbers stay what they were"
    assert wal.damaged_bytes == len(content) - old.ends[2]
    wal.acknowledge(9)
    wal.close()
    assert old.aside() == bytes(content[old.ends[2] :])
    (said,) = [one for one in caplog.records if one.levelno == logging.ERROR and one.name.startswith("agents.")]
    assert f"{wal.damaged_bytes} bytes" in said.message
    assert "secret" not in caplog.text
    assert not new.path.exists()


def test_damage_amid_the_newest_segment_does_not_pass_for_a_torn_end(tmp_path: Path) -> None:
    disk = Disk(tmp_path, [Record("posts", b"1", b"a" * 50)] * 5)
    content = bytearray(disk.path.read_bytes())
    content[disk.ends[1] + 40] ^= 1
    disk.path.write_bytes(content)
    assert disk.opened() == disk.records[:2]
    assert [path.suffix for path in tmp_path.glob("*-*")] == [".damaged"]


def test_a_cursor_past_damage_does_not_hand_on_what_kafka_has(tmp_path: Path) -> None:
    records = [Record("posts", b"%d" % number, b"x" * 50) for number in range(6)]
    wal = Wal(tmp_path, CAP)
    for one in records:
        wal.append(one)
    wal.take(0)
    wal.acknowledge(5)
    wal.close()
    (path,) = tmp_path.glob("*.log")
    ends = list(accumulate(len(entries.encode(one, AT)) for one in records))
    with path.open("r+b") as file:
        file.truncate(ends[1])
    wal = Wal(tmp_path, CAP)
    assert (wal.take(0), wal.waiting) == ([], 0)
    assert wal.append(records[0]) == 5, "a number below the cursor would count as acknowledged"
    assert [one.number for one in wal.take(0)] == [5]
    wal.close()


def test_what_is_spoilt_while_the_wal_is_open_is_said_and_not_handed_on(tmp_path: Path) -> None:
    wal = Wal(tmp_path, CAP)
    wal.append(Record("posts", b"1", b"secret text"))
    (path,) = tmp_path.glob("*.log")
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    with pytest.raises(UserError, match="changed on the disk: start ingest again"):
        wal.take(0)
    wal.close()


def test_encoded_records_stand_one_after_the_other() -> None:
    records = [Record("posts", b"1", b"a"), Record("dead-letters", b"", b"")]
    data = b"".join(entries.encode(one, AT) for one in records)
    found = list(entries.bodies(data))
    assert [entries.decode(body, 0).record for _, body in found] == records
    assert all(one[0] < other[0] for one, other in pairwise(found))
