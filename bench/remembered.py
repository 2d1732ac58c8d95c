"""What the memory of duplicates costs: bytes a post, time a look-up, facts restored a second.

Called by `make bench`; needs no Kafka. Each size runs in a process of its own, so that its resident memory is the
memory's alone. Ids are like X's: milliseconds above, a sequence below, nearly in order. Chunks are as a commit every
half second writes them at 50 posts/s over all partitions, so what is kept of chunks is in the bytes, too; `busy` is
restored from chunks as at 5,000 posts/s.
"""

import multiprocessing
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from resource import getpagesize
from typing import Any

from streams.settings import Settings
from streams.tables.first_seen import FirstSeen, reach
from streams.tables.first_seen.memory import CLOCK_SECONDS

PARTITIONS = Settings().partitions

SIZES = (1_000_000, 4_000_000)
MEASURED = 200_000
"""Look-ups of each kind that are timed."""
RATE = 50
COMMIT_SECONDS = 0.5
DAY = 86_400
KEPT = DAY + CLOCK_SECONDS
"""Seconds: a day's horizon, and what is kept beyond it."""
BEGIN = 1_760_000_000
"""Seconds; some day."""
EPOCH_MS = 1_288_834_974_657
"""Of X's ids."""
CHUNK_POSTS = int(RATE * COMMIT_SECONDS)
BUSY_POSTS = 100 * CHUNK_POSTS


def measure(runs: int) -> dict[str, Any]:
    """The medians of `runs`, as the bench prints them."""
    result: dict[str, Any] = {"case": "remembered", "runs": runs}
    spawn = multiprocessing.get_context("spawn")
    for size in SIZES:
        found: list[dict[str, float]] = []
        for seed in range(runs):
            with spawn.Pool(1) as pool:
                found.append(pool.apply(_measure, (size, seed)))
        name = f"{size // 1_000_000}M"
        result |= {f"{key}_{name}": round(statistics.median(one[key] for one in found), 2) for key in found[0]}
    each = result[f"bytes_per_post_{SIZES[-1] // 1_000_000}M"]
    bound = Settings().remembered_posts
    for rate in (50, 250):
        posts = min(rate * KEPT, bound)
        result[f"day_at_{rate}_mb"] = round(posts * each / 1e6)
        result[f"day_at_{rate}_hours_recognised"] = round(min(posts / rate, DAY) / 3600, 1)
    return result


def _posts(count: int, seed: int, start: int = 0) -> Iterator[tuple[int, str, int, int]]:
    """Partition, id, offset and seconds of posts that come at `RATE`."""
    random, partitions = Random(seed), PARTITIONS  # noqa: S311
    for number in range(start, start + count):
        ms = (BEGIN * 1000 - EPOCH_MS) + number * 1000 // RATE - random.randrange(1000)
        yield number % partitions, str((ms << 22) + number % (1 << 22)), number // partitions, BEGIN + number // RATE


def _memory() -> FirstSeen:
    return FirstSeen(2 * DAY, reach(Settings().remembered_posts, PARTITIONS))


def _measure(size: int, seed: int) -> dict[str, float]:
    """In a process of its own: fill, look up, and restore what was written."""
    memory = _memory()
    before, wire = _resident(), 0
    for number, post in enumerate(_posts(size, seed), 1):
        memory.is_duplicate(*post)
        if number % CHUNK_POSTS == 0:
            wire += sum(len(key) + len(value or b"") for _, key, value in _written(memory))
    each = (_resident() - before) / size
    new_us = _us(memory, list(_posts(MEASURED, seed, size)))
    copy_us = _us(memory, [(where, post, offset + size, at + 1) for where, post, offset, at in _posts(MEASURED, seed)])
    del memory
    return {
        "bytes_per_post": each,
        "new_us": new_us,
        "copy_us": copy_us,
        "wire_bytes_per_post": wire / size,
        "restored_per_s": _restored_per_s(size, CHUNK_POSTS),
        "restored_per_s_busy": _restored_per_s(size, BUSY_POSTS),
    }


def _written(memory: FirstSeen) -> list[tuple[int, bytes, bytes | None]]:
    changes = memory.changes(range(PARTITIONS))
    return [(partition, *record) for partition, records in changes.items() for record in records]


def _restored_per_s(size: int, chunk_posts: int) -> float:
    """Facts restored a second of a core, from chunks of so many posts over all partitions."""
    source, written, reached = _memory(), [], 0
    for reached, post in enumerate(_posts(size, seed=1), 1):
        source.is_duplicate(*post)
        if reached % chunk_posts == 0:
            written += _written(source)
    del source
    restored = _memory()
    started = time.process_time()
    for partition, key, value in written:
        restored.restore(partition, key, value)
    seconds = time.process_time() - started
    return restored.known() / seconds


def _us(memory: FirstSeen, posts: list[tuple[int, str, int, int]]) -> float:
    is_duplicate = memory.is_duplicate
    started = time.process_time()
    for partition, post, offset, at in posts:
        is_duplicate(partition, post, offset, at)
    return (time.process_time() - started) / len(posts) * 1e6


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * getpagesize()
