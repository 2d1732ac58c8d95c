"""A peer without a framework, run as a process: posts from a file, rows to a file. It does the whole job.

Its plan's `variant` says how it fails: `ends`, `stalls` (and does not heed SIGTERM), `leaves-out` (a hospital's rows).
"""

import os
import signal
import threading
from pathlib import Path

import msgspec

from bench.peers.board import Board
from bench.peers.job import Job, Record
from bench.peers.plan import Plan

POSTS, ROWS, PID = "posts", "rows", "pid"
"""Files in the run's folder."""
Rows = list[tuple[bytes, bytes]]


def main() -> None:
    """Work, then wait to be ended."""
    plan = Plan.told()
    folder = Path(plan.folder)
    if plan.variant == "stalls":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        (folder / PID).write_text(str(os.getpid()))
        Board(plan.board).took(1)
        threading.Event().wait()
    job = Job(plan)
    values = msgspec.msgpack.decode((folder / POSTS).read_bytes(), type=list[tuple[int, bytes]])
    posts = [Record(offset, timestamp, value) for offset, (timestamp, value) in enumerate(values)]
    first_seen, tables = job.first_seen(), job.tables()
    found = list(job.tag(0, posts[: len(posts) // 2] if plan.variant else posts, first_seen.is_duplicate))
    if plan.variant == "ends":
        raise RuntimeError("the store is full")
    if plan.variant == "leaves-out":
        found += job.tag(0, posts[len(posts) // 2 :], first_seen.is_duplicate)
    job.fold(tables, 0, enumerate(value for _, value in found))
    rows: Rows = [(key, value) for key, value in tables.changes((0,))[0] if value is not None]
    if plan.variant == "leaves-out":
        rows = [row for row in rows if not row[0].startswith(found[0][0].encode())]
    (folder / "rows.new").write_bytes(msgspec.msgpack.encode(rows))
    (folder / "rows.new").rename(folder / ROWS)
    threading.Event().wait()


if __name__ == "__main__":
    main()
