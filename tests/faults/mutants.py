"""Workers with one thing broken on purpose, run as processes: the oracle must notice each."""

import sys
from collections.abc import Callable

from agents.cli import main
from streams.tables.first_seen import FirstSeen
from streams.tables.rows import Day, Head


def watermark() -> None:
    """A row takes every record, whether it contains it or not."""
    Head.contains = lambda *_: False  # type: ignore[method-assign]
    Day.contains = lambda *_: False  # type: ignore[method-assign]


def duplicates() -> None:
    """No post is remembered."""
    FirstSeen.is_duplicate = lambda *_: False  # type: ignore[method-assign]


def forgetful() -> None:
    """Post ids are remembered, but do not survive a restart."""
    FirstSeen.restore = lambda *_: None  # type: ignore[method-assign]


MUTANTS: dict[str, Callable[[], None]] = {one.__name__: one for one in (watermark, duplicates, forgetful)}

if __name__ == "__main__":
    MUTANTS[sys.argv[1]]()
    main(["worker"], prog_name=f"mutant {sys.argv[1]}")
