"""Which generation of its Kafka topics a pipeline uses: one record in Kafka, the switch of a migration.

Read at start by every command that names Kafka topics (`located`), written by `agents/operations/migration.py` alone,
as the last thing it does. Does not know what is in the Kafka topics.
"""

import time

import msgspec
from kafka.errors import KafkaError

from agents.kafka import clients, stored
from deploy.local_kafka import with_kafka_address
from streams.errors import UserError
from streams.kafka import topics as kafka_topics
from streams.kafka.probe import answers
from streams.kafka.reach import Reach
from streams.settings import Settings

_ACK_SECONDS = 10.0
_ASK_SECONDS = 1.0
"""Between two looks for a broker that is gone."""


class Generation(msgspec.Struct, frozen=True):
    """The record. One of each generation is kept."""

    number: int
    partitions: int
    ends: dict[int, int]
    """Partition of the `posts` before -> offset up to which its posts are counted in the moved rows."""
    at: int
    """When it was switched to, ms since the epoch."""


def located(settings: Settings) -> Settings:
    """The settings with the broker's address and the generation in use. Every command that needs the pipeline's Kafka
    topics begins with this. Raises `UserError` when no broker answers."""
    return of(with_kafka_address(settings))


def located_if_there(settings: Settings, reach: Reach) -> Settings | None:
    """As `located`; None while no broker answers, which `reach` says once. Asks once. Raises `UserError` for a broker
    that refuses us: waiting would not help."""
    try:
        given = with_kafka_address(settings)
    except UserError:
        reach.note(False, "the local Kafka (`earshot kafka up` starts it)")
        return None
    what = f"Kafka at {given.kafka_bootstrap}"
    reach.note(answers(given), what)
    if not reach.there:
        return None
    try:
        return of(given)
    except UserError:
        if answers(given):
            raise
        reach.note(False, what)  # it went meanwhile
        return None


def wait_located(settings: Settings, reach: Reach) -> Settings:
    """As `located`, and blocks until a broker answers."""
    while (found := located_if_there(settings, reach)) is None:
        time.sleep(_ASK_SECONDS)
    return found


def of(settings: Settings) -> Settings:
    """The settings with the generation in use. `settings.kafka_bootstrap` must be given."""
    found = latest(settings)
    return msgspec.structs.replace(settings, generation=1 if found is None else found.number)


def latest(settings: Settings) -> Generation | None:
    """The newest record; None before the first migration. Raises `UserError`."""
    try:
        records = [
            msgspec.json.decode(record.value, type=Generation)
            for record in stored.read(settings, kafka_topics.generation(settings), missing_ok=True)
            if record.value is not None
        ]
    except KafkaError as error:
        raise UserError(
            f"Kafka at {settings.kafka_bootstrap} does not show {kafka_topics.generation(settings)} "
            f"({type(error).__name__}): try again"
        ) from None
    return max(records, key=lambda one: one.number, default=None)


def switch(settings: Settings, to: Generation) -> None:
    """Say that a generation is in use from now on. Raises `UserError` when Kafka does not take it: run it again."""
    try:
        producer = clients.producer(settings, acks="all")
        try:
            producer.send(
                kafka_topics.generation(settings), key=str(to.number).encode(), value=msgspec.json.encode(to)
            ).get(_ACK_SECONDS)
        finally:
            producer.close()
    except KafkaError as error:
        raise UserError(f"Kafka did not take the switch ({type(error).__name__}): run it again") from None
