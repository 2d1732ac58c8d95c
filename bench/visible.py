"""When each record of a post was visible in a table, over all workers, whatever ends or joins meanwhile.

A worker that tells (`workers.py`) notes after each chunk how far it is on a partition of `mentions`. With the Kafka
topics read afterwards, each record has its post and its moment: exact, and no scrape takes the worker's time. Called by
`paced.py`. Knows no pace.
"""

import os
import struct
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from agents.kafka.stored import Stored
from streams.records import Mention, Tally, decode_mention

_LINE = struct.Struct("=dqq")

Notes = dict[int, list[tuple[int, float]]]
"""Partition of `mentions` -> (offset, when everything up to it was visible first), both rising."""


class Seen(NamedTuple):
    """One record, visible."""

    post: int
    """Number of its post."""
    partition: int
    """Of `mentions`, and so of its row."""
    at: float
    """On the monotonic clock."""


def noting(file: Path) -> Callable[[int, int], None]:
    """What a worker calls with partition and last offset of a chunk. All workers share the file: it outlives them."""
    opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def note(partition: int, offset: int) -> None:
        os.write(opened, _LINE.pack(time.monotonic(), partition, offset))

    return note


def noted(file: Path) -> Notes:
    """All that was noted. What a worker sees that an earlier one had seen counts from the earlier moment."""
    found: Notes = {}
    for at, partition, offset in sorted(_LINE.iter_unpack(file.read_bytes())):
        known = found.setdefault(partition, [])
        if not known or offset > known[-1][0]:
            known.append((offset, at))
    return found


def seen(
    numbers: Mapping[str, int], posts: Iterable[Stored], mentions: Iterable[Stored], notes: Notes
) -> Iterator[Seen]:
    """Every record of these posts, once. `numbers`: id -> number of a post; the others are left out. Raises
    `ValueError` for a record that nobody saw."""
    number_at = {(one.partition, one.offset): numbers.get((one.key or b"").decode(), -1) for one in posts}
    first: dict[tuple[str, int, int, str], Seen] = {}
    for one in mentions:
        record = decode_mention(one.value or b"")
        if not isinstance(record, Mention | Tally):
            continue
        post = number_at.get((record.partition, record.offset), -1)
        if post < 0:
            continue
        known = notes.get(one.partition, [])
        at = bisect_left(known, one.offset, key=lambda upto: upto[0])
        if at == len(known):
            raise ValueError(f"nobody saw the record {one.offset} of partition {one.partition}")
        # A tagger that was killed sends records again: they were visible with the first.
        name = type(record).__name__, record.partition, record.offset, record.hospital
        shown = Seen(post, one.partition, known[at][1])
        if name not in first or shown.at < first[name].at:
            first[name] = shown
    yield from first.values()
