"""The questions that wait for a hospital's answer, read off the tables' changelog.

Called by `earshot questions`. Needs no worker: what it reads is as old as the workers' last commit. Holds post ids,
times, intents, tiers and topics that may stand beside a post; no author and no text, since the tables have none.
"""

from collections.abc import Iterator

import msgspec

from agents.kafka import stored
from agents.operations.attention import address_by_id
from streams.kafka import topics as kafka_topics
from streams.settings import Settings
from streams.tables.hospitals import HospitalTables
from streams.tables.question_kinds import is_urgent
from streams.tables.question_wire import Waiting
from streams.vocabulary import Intent, Tier


class Question(msgspec.Struct, frozen=True):
    """One question that waits."""

    hospital: str
    post: str
    written: int
    """Seconds since the epoch."""
    age_seconds: int
    intent: Intent
    tier: Tier
    topics: tuple[str, ...]
    address: str
    """Where it can be opened; empty where the id does not lead there (`earshot attention where ID` may find it)."""

    @property
    def urgent(self) -> bool:
        """Whether somebody may be in danger, or something went wrong in care: these stand first."""
        return is_urgent(self.intent, self.topics)


def waiting(settings: Settings, now: float, hospital: str = "") -> list[Question]:
    """All that wait at `now` (seconds since the epoch), of one hospital or of all: urgent ones first, then oldest."""
    tables, partitions = HospitalTables(), set[int]()
    for record in stored.read(settings, kafka_topics.changelog(settings, kafka_topics.HOSPITALS)):
        tables.restore(record.partition, record.key or b"", record.value)
        partitions.add(record.partition)
    found: list[Question] = []
    for partition in partitions:
        tables.complete(partition)
        for name in tables.hospitals(partition):
            if hospital in ("", name):
                found += _questions(name, tables.waiting(partition, name, now), now)
    return sorted(found, key=lambda one: (not one.urgent, one.written, one.post, one.hospital))


def _questions(hospital: str, waits: list[Waiting], now: float) -> Iterator[Question]:
    for one in waits:
        address = address_by_id(one.post)
        yield Question(
            hospital=hospital,
            post=one.post,
            written=one.written,
            age_seconds=max(0, int(now) - one.written),
            intent=one.intent,
            tier=one.tier,
            topics=one.topics,
            address=address,
        )
