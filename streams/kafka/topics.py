"""The Kafka topics as data: partitions, retention, compaction, compression, and why.

Read by `earshot topics apply|describe`, the Faust app, ingest and the tests. Knows no broker:
`agents/kafka/admin.py` creates the Kafka topics. Nothing else does; auto-creation is off everywhere.
"""

import msgspec

from streams.settings import Settings

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS

MAX_RECORD_BYTES = 8 * 1024 * 1024
"""Most bytes of a record. Fits every line that a source was seen to send; larger than `max_post_bytes`, so that Earshot
and not Kafka refuses a line."""


_FLUSHED = {"flush.messages": "1"}
"""Kafka's default leaves writing to the system, up to half a minute later. Counts rest on each Kafka topic in turn: a
post lost after ingest forgot it, a mention after its post was remembered, a row after its offset was committed. Offsets
are not flushed: with older ones workers repeat what rows already contain."""

_A_DAY = {
    "cleanup.policy": "delete",
    "retention.ms": str(DAY_MS),
    # Kafka deletes whole segments: with one an hour, 24 h mean 24 to 25.
    "segment.ms": str(HOUR_MS),
}

SEGMENT_BYTES = 128 * 1024 * 1024
"""Of posts and mentions. Kafka deletes whole segments and never the open one: with its default of 1 GB, 12 partitions
would take 12 GB more than they are given."""


def _at_most(size: int, partitions: int) -> dict[str, str]:
    """A bound in bytes for a Kafka topic with so many partitions."""
    return {"retention.bytes": str(size // partitions), "segment.bytes": str(SEGMENT_BYTES)}


class KafkaTopic(msgspec.Struct, frozen=True, kw_only=True):
    """One Kafka topic as it must be."""

    name: str
    partitions: int
    compression: str
    """Codec of its producers. The broker stores what they send as it is, and re-encodes records in another codec."""
    config: dict[str, str]
    why: str

    @property
    def full_config(self) -> dict[str, str]:
        """The Kafka configuration to apply, compression included."""
        return {**self.config, "compression.type": self.compression}


def _changelog(settings: Settings, table: str, why: str) -> KafkaTopic:
    return KafkaTopic(
        name=changelog(settings, table),
        # A table's partition is its source's.
        partitions=settings.partitions,
        compression="zstd",
        config={
            # Never delete: a hospital that nobody wrote to for a month keeps its lifetime row.
            "cleanup.policy": "compact",
            # Readers keep the highest version of a row; compaction keeps the last written. No process that lost its
            # partitions writes for so long, and by then the owner has written over stale copies.
            "min.compaction.lag.ms": str(HOUR_MS),
            # A segment is compacted once it is closed and its newest record is older than the lag. At Kafka's default,
            # 1 GB or 7 days, a recovery would read days of older copies; so it reads those of the last 75 minutes.
            "segment.ms": str(15 * MINUTE_MS),
            # Kafka's default waits until half of the log is stale copies. A log of a month's rows is some 50 MB: the
            # broker rewrites it in a second.
            "min.cleanable.dirty.ratio": "0.1",
            # However little is stale: a row that changes rarely must not keep its old copies for days.
            "max.compaction.lag.ms": str(2 * HOUR_MS),
            "max.message.bytes": str(MAX_RECORD_BYTES),
        },
        why=why,
    )


def declared(settings: Settings) -> tuple[KafkaTopic, ...]:
    """Every Kafka topic of a pipeline with these settings."""
    kept = _kept(settings)
    if settings.kafka_flush == "each":
        kept = tuple(msgspec.structs.replace(one, config={**one.config, **_FLUSHED}) for one in kept)
    return (*kept, _announced(settings))


def _kept(settings: Settings) -> tuple[KafkaTopic, ...]:
    """The Kafka topics whose records must not be lost."""
    return (
        KafkaTopic(
            name=posts(settings),
            partitions=settings.partitions,
            compression="zstd",
            config={
                **_A_DAY,
                # A flood must not fill the disk, for then Kafka stops.
                **_at_most(settings.kafka_posts_bytes, settings.partitions),
                # The broker's clock decides about duplicates and lateness, so a replay decides as the first run did.
                "message.timestamp.type": "LogAppendTime",
                "max.message.bytes": str(MAX_RECORD_BYTES),
            },
            why="Raw envelopes by post id. The only place that holds text and author, for 24 h.",
        ),
        KafkaTopic(
            name=mentions(settings),
            partitions=settings.partitions,
            compression="zstd",
            config={
                "cleanup.policy": "delete",
                "retention.ms": str(7 * DAY_MS),
                **_at_most(settings.kafka_posts_bytes // 2, settings.partitions),
            },
            why="Posts tied to a hospital, by its id: tier, topics, intent; no author, no text. A week, to re-count.",
        ),
        KafkaTopic(
            name=attention(settings),
            partitions=1,
            compression="zstd",
            config=_A_DAY,
            why="Posts that a person must see now: id, time, hospital, reason; kept for a day.",
        ),
        KafkaTopic(
            name=dead_letters(settings),
            partitions=1,
            compression="zstd",
            config={
                **_A_DAY,
                # base64 of a line of MAX_RECORD_BYTES has to fit.
                "max.message.bytes": str(2 * MAX_RECORD_BYTES),
            },
            why="Unreadable lines and posts, with the reason. A day, as posts: a letter may hold a post's text.",
        ),
        KafkaTopic(
            name=author_key(settings),
            partitions=1,
            compression="zstd",
            config={"cleanup.policy": "compact"},
            why="Key under which this pipeline counts people, or the fingerprint of its file. The first record holds.",
        ),
        KafkaTopic(
            name=generation(settings),
            partitions=1,
            compression="zstd",
            config={"cleanup.policy": "compact"},
            why="Which generation of the partitioned Kafka topics is in use; empty before the first migration.",
        ),
        *(_changelog(settings, table, why) for table, why in TABLES.items()),
    )


def _announced(settings: Settings) -> KafkaTopic:
    """What workers tell each other, again and again."""
    return KafkaTopic(
        name=workers(settings),
        partitions=1,
        compression="zstd",
        config={
            "cleanup.policy": "compact,delete",
            # A worker that lives tells everything again within a quarter of an hour: what is older is of one that
            # is gone, for whose name nobody ever writes a tombstone.
            "retention.ms": str(HOUR_MS),
            # A worker reads all of it at start: so it stays some minutes long.
            "segment.ms": str(15 * MINUTE_MS),
            "max.compaction.lag.ms": str(HOUR_MS),
            # The broker's clock says how long a worker has been silent.
            "message.timestamp.type": "LogAppendTime",
            "max.message.bytes": str(MAX_RECORD_BYTES),
        },
        why="Where each worker's API answers, its partitions, and its hospitals' counts for their peers. An hour.",
    )


HOSPITALS = "hospitals"
FIRST_SEEN = "first-seen"

TABLES = {
    HOSPITALS: "Rows of the hospital tables, by row key. Highest version wins.",
    FIRST_SEEN: "First offset of each post id, in chunks: facts, which merge.",
}
"""Every table -> what its changelog holds. `stages.py` says which agent changes it."""


def partitioned(settings: Settings) -> tuple[str, ...]:
    """Names of the Kafka topics that have `settings.partitions`, and that a migration makes anew. The others have one
    partition each."""
    return posts(settings), mentions(settings), *(changelog(settings, table) for table in TABLES)


def app_id(settings: Settings) -> str:
    """Faust's app id, which is also the consumer group."""
    return f"{settings.kafka_topic_prefix}earshot"


def changelog(settings: Settings, table: str) -> str:
    """Name of a table's changelog, as Faust forms it; of a later generation, with its number."""
    return f"{app_id(settings)}-{table}-changelog{_suffix(settings)}"


def author_key(settings: Settings) -> str:
    """Name of the Kafka topic of the key for hashing authors."""
    return f"{app_id(settings)}-author-key"


def generation(settings: Settings) -> str:
    """Name of the Kafka topic that says which generation is in use."""
    return f"{app_id(settings)}-generation"


def workers(settings: Settings) -> str:
    """Name of the Kafka topic on which workers tell each other what they hold."""
    return f"{app_id(settings)}-workers"


def _suffix(settings: Settings) -> str:
    """What ends the name of a Kafka topic that a migration makes anew."""
    return "" if settings.generation == 1 else f"-{settings.generation}"


def posts(settings: Settings) -> str:
    """Name of the Kafka topic of raw envelopes."""
    return f"{settings.kafka_topic_prefix}posts{_suffix(settings)}"


def mentions(settings: Settings) -> str:
    """Name of the Kafka topic of mentions and tallies."""
    return f"{settings.kafka_topic_prefix}mentions{_suffix(settings)}"


def attention(settings: Settings) -> str:
    """Name of the Kafka topic of posts that a person must see."""
    return f"{settings.kafka_topic_prefix}attention"


def dead_letters(settings: Settings) -> str:
    """Name of the Kafka topic of unreadable lines and posts."""
    return f"{settings.kafka_topic_prefix}dead-letters"
