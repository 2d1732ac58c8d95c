"""The pipeline's Kafka as ingest finds it: perhaps later than ingest's own start.

Owns finding it: broker, generation, Kafka topics. Called by `service.py`, through the publisher. A broker that is away
is waited for, since the wal takes what comes; one that refuses us, or lacks the Kafka topics, ends ingest in words.
Does not know what is sent.
"""

import logging

from agents.ingest.publisher import KafkaConnection, Producer
from agents.kafka.admin import require_topics
from agents.kafka.generation import located_if_there
from streams.errors import UserError
from streams.kafka import topics as kafka_topics
from streams.kafka.reach import Reach
from streams.settings import Settings

log = logging.getLogger(__name__)


def require_kafka_topics(settings: Settings) -> None:
    """As `require_topics`, for the Kafka topics that ingest uses."""
    require_topics(
        settings, {kafka_topics.posts(settings), kafka_topics.dead_letters(settings), kafka_topics.generation(settings)}
    )


class PipelineKafka:
    """A connection of the publisher that finds its broker by itself."""

    def __init__(self, settings: Settings) -> None:
        """`settings`: as the environment gives them."""
        self._given = settings
        self._reach = Reach()
        self._connection: KafkaConnection | None = None
        self.settings: Settings | None = None
        """With the broker's address and the generation in use, once it was found."""
        self.topics: dict[str, str] = {}
        """A record's topic -> the Kafka topic, once it was found."""

    def ready(self) -> bool:
        """Whether a broker answers now. Raises `UserError` if the first that answers refuses us or lacks the Kafka
        topics; later on a refusal is only said, since a password that is being changed must not end the wal."""
        if self._connection is not None:
            return self._connection.ready()
        found = located_if_there(self._given, self._reach)
        if found is None:
            return False
        try:
            require_kafka_topics(found)
        except UserError:
            if located_if_there(self._given, self._reach) is None:
                return False  # it went meanwhile
            raise
        self.topics |= {"posts": kafka_topics.posts(found), "dead-letters": kafka_topics.dead_letters(found)}
        self.settings = found
        self._connection = KafkaConnection(found, self._reach)
        log.info("ingest: Kafka at %s", found.kafka_bootstrap)
        return True

    def open(self) -> Producer:
        """A new producer. Raises `KafkaError`. Only after `ready` was true."""
        producer: Producer = self._found().open()
        return producer

    def discard(self, producer: Producer) -> None:
        """End a producer at once, whatever it holds. Raises nothing."""
        self._found().discard(producer)

    def _found(self) -> KafkaConnection:
        if self._connection is None:
            raise RuntimeError("no broker was found yet")
        return self._connection
