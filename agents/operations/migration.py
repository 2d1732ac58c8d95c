"""Moves a stopped pipeline to another number of partitions: `earshot migrate`.

New Kafka topics are made and filled, compared with the old ones cell by cell, and only then switched to, by one record
(`agents/kafka/generation.py`). Until that record nothing has changed, so a run that was interrupted is simply run
again: it makes the new Kafka topics anew. The old ones stay until `drop_old`. What is carried and how it changes is
`streams/tables/moving.py`'s.
"""

import time
from collections.abc import Callable
from contextlib import closing
from typing import NamedTuple

import msgspec
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import GroupIdNotFoundError

from agents.ingest.partitioner import partition_of
from agents.kafka import clients, generation, group_lag, stored
from agents.kafka.admin import connected, drop, make_anew, require_topics
from agents.kafka.filling import Filling
from agents.kafka.generation import Generation
from streams.errors import UserError
from streams.kafka import topics as kafka_topics
from streams.settings import MOST_PARTITIONS, Settings
from streams.tables import moving
from streams.tables.first_seen import codec
from streams.tables.hospitals import HospitalTables

Say = Callable[[str], None]


class Moved(NamedTuple):
    """What a migration did."""

    generation: int
    rows: int
    facts: int
    difference: int
    """Cells and facts that are not the same in both; anything but 0 leaves the old Kafka topics in use."""


def migrate(settings: Settings, partitions: int, say: Say) -> Moved | None:
    """Move the pipeline; None when it has that number already. `settings`: with address and generation. Blocks for
    minutes where there is much to move. Raises `UserError` where it must not begin, or was disturbed."""
    if not 1 <= partitions <= MOST_PARTITIONS:
        raise UserError(f"a pipeline has 1 to {MOST_PARTITIONS} partitions, not {partitions}")
    old = _as_it_is(settings)
    require_topics(old)
    if old.partitions == partitions:
        _hand_on(old, say)
        return None
    new = msgspec.structs.replace(old, partitions=partitions, generation=old.generation + 1)
    _require_idle(old)
    ends = _ends(old)
    say(f"making generation {new.generation} of {partitions} partitions")
    make_anew(new)
    rows, facts = _fill(old, new)
    say(f"{rows} rows and {facts} remembered posts written; comparing")
    difference = _row_difference(old, new) + _fact_difference(old, new)
    if difference == 0:
        _require_idle(old)
        if _ends(old) != ends:
            raise UserError("records came during the migration: stop ingest and the workers, then run it again")
        posts = {tp.partition: end for tp, end in ends.items() if tp.topic == kafka_topics.posts(old)}
        generation.switch(new, Generation(new.generation, partitions, posts, int(time.time() * 1000)))
    return Moved(new.generation, rows, facts, difference)


def drop_old(settings: Settings, say: Say) -> list[str]:
    """Delete the Kafka topics of earlier generations, and what an interrupted migration left; their names. Posts that
    came on an old one after the switch are handed on first."""
    current = _as_it_is(settings)
    _hand_on(current, say)
    numbers = {*range(1, current.generation), current.generation + 1}
    names = {
        name
        for number in numbers
        for name in kafka_topics.partitioned(msgspec.structs.replace(current, generation=number))
    }
    return drop(current, names)


# -- what must hold ---------------------------------------------------------------------------------------------------


def _as_it_is(settings: Settings) -> Settings:
    """The settings with the number of partitions that the pipeline has, whatever is set."""
    with closing(_consumer(settings)) as consumer:
        found = consumer.partitions_for_topic(kafka_topics.posts(settings))
    if not found:
        raise UserError(f"Kafka topics missing: {kafka_topics.posts(settings)}; run `earshot topics apply`")
    return msgspec.structs.replace(settings, partitions=len(found))


def _require_idle(settings: Settings) -> None:
    """Raise `UserError` while a worker is there, or posts wait for one."""
    group = kafka_topics.app_id(settings)
    with connected(settings) as admin:
        try:
            members = len(admin.describe_groups([group]).get(group, {}).get("members") or ())
        except GroupIdNotFoundError:
            members = 0
    if members:
        raise UserError(
            f"{members} workers are in the group {group}: stop them, and try again once their session "
            f"({settings.session_timeout:.0f} s) has ended"
        )
    if left := group_lag.total(settings):
        raise UserError(f"{left} records wait for a worker: stop ingest, let the workers take them, then stop these")


def _consumer(settings: Settings) -> KafkaConsumer:
    return clients.consumer(settings)


def _ends(settings: Settings) -> dict[TopicPartition, int]:
    """Where each partition that is moved ends."""
    with closing(_consumer(settings)) as consumer:
        tps = [
            TopicPartition(name, number)
            for name in kafka_topics.partitioned(settings)
            for number in range(settings.partitions)
        ]
        ends: dict[TopicPartition, int] = consumer.end_offsets(tps)
        return ends


# -- moving -----------------------------------------------------------------------------------------------------------


def _fill(old: Settings, new: Settings) -> tuple[int, int]:
    """Write every row and fact; how many."""
    rows = facts = 0
    with Filling(new) as filling:
        changelog = kafka_topics.changelog(new, kafka_topics.HOSPITALS)
        for hospital, key, value in moving.rows(_tables(old), range(old.partitions)):
            filling.put(changelog, partition_of(hospital.encode(), new.partitions), key, value)
            rows += 1
        changelog = kafka_topics.changelog(new, kafka_topics.FIRST_SEEN)
        for partition, remembered in enumerate(_remembered(old, new)):
            moved = remembered.moved()
            facts += len(moved)
            for key, value in moving.chunks(moved):
                filling.put(changelog, partition, key, value)
    return rows, facts


def _tables(settings: Settings) -> HospitalTables:
    """The rows as a worker would recover them."""
    tables = HospitalTables()
    for record in stored.read(settings, kafka_topics.changelog(settings, kafka_topics.HOSPITALS)):
        tables.restore(record.partition, record.key or b"", record.value)
    for partition in range(settings.partitions):
        tables.complete(partition)
    return tables


def _remembered(old: Settings, new: Settings) -> list[moving.Remembered]:
    """The facts that each new partition gets. A chunk that has its tombstone may still stand before it."""
    found = [moving.Remembered() for _ in range(new.partitions)]
    for record in stored.read(old, kafka_topics.changelog(old, kafka_topics.FIRST_SEEN)):
        if record.value is not None:
            for fact in codec.facts(codec.decode(record.value)):
                found[partition_of(fact[0].encode(), new.partitions)].add(fact)
    return found


# -- comparing --------------------------------------------------------------------------------------------------------


def _row_difference(old: Settings, new: Settings) -> int:
    """Cells that differ, both sides read from Kafka again; of the new one, the newest copy of each key."""
    found: dict[tuple[int, bytes], bytes] = {}
    for record in stored.read(new, kafka_topics.changelog(new, kafka_topics.HOSPITALS)):
        place = record.partition, record.key or b""
        if record.value is not None and moving.newer(record.value, found.get(place)):
            found[place] = record.value
    difference, tables = 0, _tables(old)
    for partition in range(old.partitions):
        for hospital, key, value in tables.every(partition):
            place = partition_of(hospital.encode(), new.partitions), moving.key_of_moved(key)
            difference += moving.row_difference(place[1], value, found.pop(place, None))
    return difference + sum(moving.row_difference(key, None, value) for (_, key), value in found.items())


def _fact_difference(old: Settings, new: Settings) -> int:
    """Remembered posts that differ, both sides read from Kafka again."""
    found: list[list[codec.Fact]] = [[] for _ in range(new.partitions)]
    for record in stored.read(new, kafka_topics.changelog(new, kafka_topics.FIRST_SEEN)):
        if record.value is not None:
            found[record.partition] += codec.facts(codec.decode(record.value))
    return sum(
        moving.fact_difference(remembered.moved(), facts)
        for remembered, facts in zip(_remembered(old, new), found, strict=True)
    )


# -- posts that came late ---------------------------------------------------------------------------------------------


def _hand_on(settings: Settings, say: Say) -> None:
    """Put what an ingest that was not stopped wrote to the old `posts` after the switch on the new one. Again is no
    harm: copies are dropped."""
    current = generation.latest(settings)
    if current is None:
        return
    before = kafka_topics.posts(msgspec.structs.replace(settings, generation=current.number - 1))
    posts = kafka_topics.posts(settings)
    with Filling(settings) as filling:
        for record in stored.read(settings, before, missing_ok=True):
            if record.offset >= current.ends.get(record.partition, 0):
                key = record.key or b""
                filling.put(posts, partition_of(key, settings.partitions), key, record.value)
    if filling.count:
        say(f"{filling.count} posts that came on {before} after the switch are on {posts} now: stop the old ingest")
