"""Mentions and tallies to fold, logs of them as hypothesis draws them, and tables made from copies of rows."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec
from hypothesis import strategies as st

from streams.records import Mention, OpenTopics, Tally
from streams.tables.hospitals import HospitalTables
from streams.tables.periods import EXPIRE_DAYS, HOUR_MS

HOSPITALS = ("350070", "380014")
HOUR = 490_000
AT = HOUR * HOUR_MS

Record = Mention | Tally
Copies = list[tuple[bytes, bytes | None]]


def an_open(*topics: str) -> OpenTopics:
    return OpenTopics(topics, frozenset())


def mention(offset: int, hospital: str = "350070", **changes: object) -> Mention:
    """A complaint from nearby, `offset` on partition 0 of posts, of the moment in which Kafka takes it."""
    at = changes.get("at", AT)
    assert isinstance(at, int)
    fields: dict[str, object] = {
        "hospital": hospital, "partition": 0, "offset": offset, "at": at, "hour": at // HOUR_MS,
        "written": at // 1000, "relation": "mentioned", "tier": "local", "precision": "city", "evidence": "profile",
        "confidence": 90, "distance_km": 3, "topics": an_open("wait_times"), "intent": "complaint", "addressed": True,
        "post": str(offset), "reply_to": "", "person": offset << 6 | 1,
    }  # fmt: skip
    return Mention(**(fields | changes))  # type: ignore[arg-type]


def tally(offset: int, hospital: str = "350070", at: int = AT, hour: int | None = None) -> Tally:
    hour = at // HOUR_MS if hour is None else hour
    return Tally(hospital, 0, offset, at, hour, "local", ("vaccination",))


def restored(copies: Iterable[tuple[bytes, bytes | None]]) -> HospitalTables:
    tables = HospitalTables()
    for key, value in copies:
        tables.restore(0, key, value)
    tables.complete(0)
    return tables


def written(tables: HospitalTables) -> Copies:
    return tables.changes([0]).get(0, [])


class Step(NamedTuple):
    """One record of `mentions`, and what comes before it."""

    hospital: str
    partition: int
    """Of `posts`."""
    passed: int
    """Minutes since the step before."""
    late: int
    """Minutes that the post is older than Kafka's time for it; negative: ahead."""
    tier: str
    is_tally: bool
    again: int
    """So many of the newest records of its partition of `posts` stand there once more before it: a tagger replayed."""


A_MONTH = 60 * 24 * (EXPIRE_DAYS + 1)
steps = st.lists(
    st.builds(
        Step,
        st.sampled_from(HOSPITALS),
        st.sampled_from((0, 0, 1, 2)),
        st.sampled_from((0, 1, 7, 40, 100, 300, A_MONTH)),
        st.sampled_from((0, 0, 0, 3, 30, 59, 60, 61, 119, 120, 180, 240, 1500, 60 * 24 * 27, -30, -59)),
        st.sampled_from(("local", "national", "unknown")),
        st.booleans(),
        st.sampled_from((0, 0, 0, 1, 2, 5)),
    ),
    min_size=1,
    max_size=30,
)


def log_of(drawn: Sequence[Step]) -> list[Record]:
    """What stands on a partition of `mentions`."""
    log: list[Record] = []
    of_partition: dict[int, list[Record]] = {0: [], 1: [], 2: []}
    minute = AT // 60_000
    for step in drawn:
        minute += step.passed
        own = minute - step.late
        posts = of_partition[step.partition]
        log += posts[len(posts) - min(step.again, len(posts)) :]
        if step.is_tally:
            made: Record = tally(len(posts), step.hospital, minute * 60_000, own // 60)
        else:
            made = mention(
                len(posts), step.hospital, at=minute * 60_000, hour=own // 60, written=own * 60, tier=step.tier,
                person=len(log) % 7 << 6 | 1,
            )  # fmt: skip
        posts.append(msgspec.structs.replace(made, partition=step.partition))
        log.append(posts[-1])
    return log


def once(log: Sequence[Record]) -> list[Record]:
    """The records of a log without those that stand there again."""
    return list({(record.partition, record.offset): record for record in log}.values())
