"""What of bytewax's recovery store counts as durable: states before the epoch that the newest execution finished."""

import pickle
import sqlite3
from contextlib import closing
from pathlib import Path

from bench.peers.bytewax import store

SCHEMA = """
CREATE TABLE fronts (ex_num INTEGER, worker_index INTEGER, worker_frontier INTEGER);
CREATE TABLE snaps (step_id TEXT, state_key TEXT, snap_epoch INTEGER, ser_change BLOB);
"""


def made(folder: Path, frontier: int, *snaps: tuple[str, str, int, object]) -> None:
    with closing(sqlite3.connect(folder / "part-0.sqlite3")) as file:
        file.executescript(SCHEMA)
        file.executemany("INSERT INTO fronts VALUES (?, 0, ?)", [(0, 99), (1, frontier)])
        file.executemany(
            "INSERT INTO snaps VALUES (?, ?, ?, ?)",
            [(step, key, epoch, None if state is None else pickle.dumps(state)) for step, key, epoch, state in snaps],
        )
        file.commit()


def test_before_the_first_snapshot_nothing_is_durable(tmp_path: Path) -> None:
    assert store.posts(tmp_path) == 0
    made(tmp_path, 1)
    assert (store.posts(tmp_path), list(store.rows(tmp_path))) == (0, [])


def test_the_newest_finished_state_of_each_key_counts(tmp_path: Path) -> None:
    made(
        tmp_path,
        3,
        ("earshot.posts.source", "0-posts", 1, 10),
        ("earshot.posts.source", "0-posts", 2, 25),
        ("earshot.posts.source", "0-posts", 3, 70),
        ("earshot.posts.source", "1-posts", 1, 5),
        ("earshot.fold.stateful", "a", 2, (4, {b"a/head": b"old"})),
        ("earshot.fold.stateful", "a", 3, (9, {b"a/head": b"not finished"})),
        ("earshot.fold.stateful", "b", 1, (1, {b"b/head": b"b"})),
    )
    assert store.posts(tmp_path) == 30
    assert sorted(store.rows(tmp_path)) == [(b"a/head", b"old"), (b"b/head", b"b")]
