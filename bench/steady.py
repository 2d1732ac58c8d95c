"""What a worker's memory ends at: its state filled as after four weeks at an even pace, and measured.

Called by `make bench`; needs no Kafka. A past of simulated posts (`agents/proving/aged.py`) is restored as a worker
that takes over every partition restores it: questions and answers of 72 h, ids of 25 h, counts and people of 28 days.
Then every hospital is looked at once, as for a scrape. Each pace runs in a process of its own, so that its resident
memory is its own; a worker's other 160 MB (`bench/sizing.py`) come on top. The simulated posts are by 1,500 people:
with more, each author of an hour adds a byte.
"""

import gc
import time
from typing import Any

from agents.proving import aged
from bench.tables import _in_a_process, resident
from streams import directory
from streams.kafka import topics as kafka_topics
from streams.reading.authors import KEY_BYTES
from streams.reading.reader import Reader
from streams.settings import Settings
from streams.tables.first_seen import FirstSeen, reach
from streams.tables.hospitals import HospitalTables
from streams.tables.periods import HOUR_SECONDS, KEEP_HOURS
from streams.vocabulary import SPANS

RATES = (1, 10, 50)
"""Posts a second."""
BEGUN = 490_000
"""An hour since the epoch; some day."""


def measure(runs: int) -> dict[str, Any]:
    """The first of `runs` alone: bytes have little noise. Megabytes, and numbers of what fills them."""
    result: dict[str, Any] = {"case": "steady", "runs": min(runs, 1)}
    for rate in RATES:
        result |= {f"{name}_at_{rate}": value for name, value in _in_a_process(_filled, rate).items()}
    return result


def _filled(rate: int) -> dict[str, float]:
    settings = Settings()
    reader = Reader(directory.load(), settings.max_post_bytes, author_key=bytes(KEY_BYTES))
    sampled = aged.sample(settings, reader, rate, 1, BEGUN)
    tables = HospitalTables()
    first_seen = FirstSeen(settings.duplicate_horizon, reach(settings.remembered_posts, settings.partitions))
    gc.collect()
    begun = before = resident()
    sizes = dict.fromkeys(("day", "questions", "ids"), 0)
    questions = ids = rows = 0
    kind = "day"
    started = time.process_time()
    for one in aged.past(settings, sampled, rate, (KEEP_HOURS - 1) * HOUR_SECONDS, BEGUN):
        if one.what != kind:
            held = resident()
            sizes[kind] += held - before
            kind, before = one.what, held
        table = tables if one.table == kafka_topics.HOSPITALS else first_seen
        table.restore(one.partition, one.key, one.value)
        rows += one.what == "questions"
        questions += one.questions
        ids += one.ids
    sizes[kind] += resident() - before
    before = resident()
    for partition in range(settings.partitions):
        tables.complete(partition)
        for hospital in list(tables.hospitals(partition)):
            _look(tables, partition, hospital)
    return {
        "seconds": round(time.process_time() - started),
        **{f"{name}_mb": round(size / 1e6) for name, size in sizes.items()},
        "looked_at_mb": round((resident() - before) / 1e6),
        "all_mb": round((resident() - begun) / 1e6),
        "questions": questions,
        "question_rows": rows,
        "ids": ids,
    }


def _look(tables: HospitalTables, partition: int, hospital: str) -> None:
    now = BEGUN * HOUR_SECONDS + 0.0
    tables.open(partition, hospital, now)
    tables.cohort(partition, hospital, BEGUN - KEEP_HOURS, BEGUN)
    for span in SPANS:
        tables.window(partition, hospital, span, now)
        if span != "1h":
            tables.people(partition, hospital, span, now)
