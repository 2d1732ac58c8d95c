"""Workers with one thing broken on purpose, run as processes: the oracle must notice each."""

import sys
from collections.abc import Callable

from agents.cli import main
from streams.tables import counted
from streams.tables.counted import Counted
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


def bucket() -> None:
    """A mention is counted in the 5 minutes after its own."""
    five_of = counted.five_of
    counted.five_of = lambda written, hour: five_of(written, hour) + 1


def people() -> None:
    """An author is kept in the hour before."""
    apply = Head.apply

    def moved(head: Head, offset: int, one: Counted) -> None:
        apply(head, offset, one)
        if authors := head.people.pop(one.hour, None):
            head.people.setdefault(one.hour - 1, set()).update(authors)

    Head.apply = moved  # type: ignore[method-assign,assignment]


MUTANTS: dict[str, Callable[[], None]] = {
    one.__name__: one for one in (watermark, duplicates, forgetful, bucket, people)
}

if __name__ == "__main__":
    MUTANTS[sys.argv[1]]()
    main(["worker"], prog_name=f"mutant {sys.argv[1]}")
