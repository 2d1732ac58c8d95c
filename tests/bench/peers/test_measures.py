"""What the bench makes of a peer that works, that is wrong, that ends and that does not end: with a real process."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import msgspec
import pytest

from agents.kafka.stored import Stored
from agents.proving import load
from agents.proving.oracle import Verdict
from agents.proving.processes import Child
from bench.peers import board
from bench.peers.board import Shown
from bench.peers.grounds import Judge
from bench.peers.measures import NotMeasuredError, work_through
from bench.peers.plan import Plan
from streams.compiled import ROOT
from streams.reading.authors import KEY_BYTES
from streams.records import Withdrawal, encode_json
from streams.settings import Settings
from tests.bench.peers import fake_peer

KEY = bytes(KEY_BYTES)
NOW_MS = int(time.time() * 1000)
LONG = 120.0
"""A bound against hangs."""


class Posts:
    """A backlog in memory."""

    def __init__(self, *more: bytes) -> None:
        settings = Settings()
        values = [*(value for _, value in load.records(settings, 300, seed=5)), *more]
        self._judge = Judge(settings, KEY)
        self.stored = [Stored(0, offset, NOW_MS, b"", value) for offset, value in enumerate(values)]
        self.posts = len(self.stored)
        self.records = sum(self._judge.records_of(values, set()))

    def judge(self, rows: list[Stored]) -> Verdict:
        return self._judge.judge(self._judge.recounted(self.stored), rows)


class Files:
    """The stores of the fake peer."""

    def __init__(self, folder: Path) -> None:
        self._rows = folder / fake_peer.ROWS

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def waiting(self) -> int:
        return 0 if self._rows.exists() else 1

    def rows(self) -> list[Stored]:
        found = msgspec.msgpack.decode(self._rows.read_bytes(), type=fake_peer.Rows)
        return [Stored(0, 0, 0, key, value) for key, value in found]

    def passed_on(self) -> int:
        return -1


class FakeRun:
    """A run of the fake peer."""

    name = "fake"
    look_seconds = 0.01

    def __init__(self, folder: Path, backlog: Posts, variant: str) -> None:
        plan = Plan("", "", "", "", "", "", 1, 0, 6, str(folder), KEY.hex(), variant)
        self._board = plan.board
        posts = [(one.timestamp, one.value) for one in backlog.stored]
        (folder / fake_peer.POSTS).write_bytes(msgspec.msgpack.encode(posts))
        command = [sys.executable, "-m", "tests.bench.peers.fake_peer", str(plan.save())]
        self.child = Child("fake", command, folder, {"PYTHONPATH": str(ROOT)})
        self.durable = Files(folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.child.kill()

    def start(self) -> None:
        board.clear(self._board)
        self.child.start()

    def look(self) -> Shown:
        return board.look(self._board)


@pytest.fixture(scope="module")
def backlog() -> Posts:
    return Posts()


@contextmanager
def running(folder: Path, backlog: Posts, variant: str = "") -> Iterator[FakeRun]:
    with FakeRun(folder, backlog, variant) as run:
        yield run
    assert not run.child.running


def test_a_peer_that_does_the_job_has_figures_and_every_cell_right(tmp_path: Path, backlog: Posts) -> None:
    with running(tmp_path, backlog) as run:
        done = work_through(run, backlog, LONG)
    assert (done.posts, done.difference) == (backlog.posts, 0)
    assert done.cpu_us > 0
    assert 0 < done.posts_per_s <= done.folded_per_s
    assert done.resident_mb > 10


def test_rows_that_are_missing_are_a_difference(tmp_path: Path, backlog: Posts) -> None:
    with running(tmp_path, backlog, "leaves-out") as run:
        assert work_through(run, backlog, LONG).difference > 0


def test_a_peer_that_ends_is_told_by_its_last_line(tmp_path: Path, backlog: Posts) -> None:
    with running(tmp_path, backlog, "ends") as run, pytest.raises(NotMeasuredError, match="the store is full"):
        work_through(run, backlog, LONG)


def test_a_peer_that_gets_a_withdrawal_says_so_in_its_last_line(tmp_path: Path) -> None:
    backlog = Posts(encode_json(Withdrawal("1", NOW_MS, "delete")))
    with running(tmp_path, backlog) as run, pytest.raises(NotMeasuredError, match="the peers take none"):
        work_through(run, backlog, LONG)


def test_a_peer_that_stalls_is_stopped_at_the_time_limit(tmp_path: Path, backlog: Posts) -> None:
    with running(tmp_path, backlog, "stalls") as run:
        with pytest.raises(NotMeasuredError, match=r"not done in 5 s: 1 of \d+ posts taken"):
            work_through(run, backlog, 5)
        assert run.child.running  # it does not heed SIGTERM; the end of `with` kills it


def test_a_plan_is_nobody_elses_to_read(tmp_path: Path) -> None:
    plan = Plan("", "", "", "", "", "", 1, 0, 6, str(tmp_path), KEY.hex())
    assert plan.save().stat().st_mode & 0o077 == 0
