"""What of bytewax's work is durable: reads its recovery store, an SQLite file, while bytewax writes it.

Called by the bench; standard library alone, since bytewax is not in Earshot's environment. Of its tables, `snaps` has
pickled states by step, key and epoch, and `fronts` how far each worker of each execution has come: a restart goes on
from the newest state of each key before that epoch.
"""

import pickle
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

FOLDER = "recovery"
"""In the run's folder."""
_NEWEST = """
SELECT state_key, ser_change, max(snap_epoch) FROM snaps
WHERE step_id LIKE ? AND snap_epoch < (SELECT worker_frontier FROM fronts ORDER BY ex_num DESC LIMIT 1)
GROUP BY state_key
"""


def posts(folder: Path) -> int:
    """How many posts are in the durable states: the sum of the offsets to go on from."""
    return sum(offset for _, offset in _states(folder, "earshot.posts"))


def rows(folder: Path) -> Iterator[tuple[bytes, bytes]]:
    """Keys and rows of all hospitals that are durable."""
    for _, (_, found) in _states(folder, "earshot.fold"):
        yield from found.items()


def _states(folder: Path, step: str) -> Iterator[tuple[str, Any]]:
    """Key and durable state of each key of a step; none before the store was made."""
    for file in folder.glob("*.sqlite3"):
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=5)) as store:
            for key, state, _ in store.execute(_NEWEST, (f"{step}%",)):
                if state is not None:
                    yield key, pickle.loads(state)  # noqa: S301 - our own peer wrote it
