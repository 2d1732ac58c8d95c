"""Compaction on purpose: makes Kafka compact a pipeline's changelogs within seconds instead of hours, and says whether
it did.

Called by `chaos.py`. Knows Kafka's settings, not what rows mean. The product itself waits an hour
(`streams/kafka/topics.py`): that is its guard against a stale copy that stands last.
"""

from typing import NamedTuple

from kafka.admin import AlterConfigOp, ConfigResource, ConfigResourceType

from agents.kafka import stored
from agents.kafka.admin import connected
from agents.proving.plan import SESSION_SECONDS
from deploy.local_kafka.properties import NODE_ID
from streams.kafka import topics as kafka_topics
from streams.settings import Settings

LAG_SECONDS = 5 * SESSION_SECONDS
"""No record is compacted sooner. A new owner writes its rows once more two sessions after a takeover: this is later,
even when that owner is killed and the next one has to do it."""
_TOPIC = {
    "min.compaction.lag.ms": str(int(LAG_SECONDS * 1000)),
    # The open segment is never compacted: a short one leaves little out.
    "segment.ms": "3000",
    "min.cleanable.dirty.ratio": "0.01",
}
_BROKER = {"log.cleaner.backoff.ms": "1000"}
"""How often the cleaner looks for work; 15 s by default. For the whole broker, so only for one of our own."""


class Compacted(NamedTuple):
    """What compaction left of the changelogs."""

    written: int
    removed: int
    """Offsets that have no record any more."""

    def __str__(self) -> str:
        return f"compaction removed {self.removed} of {self.written} rows written"


def hasten(settings: Settings, *, own: bool) -> None:
    """Set the changelogs' configuration. `own`: the broker's, too."""
    resources = [
        ConfigResource(ConfigResourceType.TOPIC, kafka_topic, _set(_TOPIC)) for kafka_topic in _changelogs(settings)
    ]
    if own:
        resources.append(ConfigResource(ConfigResourceType.BROKER, str(NODE_ID), _set(_BROKER)))
    with connected(settings) as admin:
        results = admin.alter_configs(resources, incremental=True)
    if refused := {name: why for kind in results.values() for name, why in kind.items() if why != "OK"}:
        raise ValueError(f"Kafka refuses to compact soon: {refused}")


def found(settings: Settings) -> Compacted:
    """Count what was written and what is left. Reads the changelogs."""
    written = left = 0
    for kafka_topic in _changelogs(settings):
        written += stored.size(settings, kafka_topic)
        left += sum(1 for _ in stored.read(settings, kafka_topic))
    return Compacted(written, written - left)


def _changelogs(settings: Settings) -> list[str]:
    return [kafka_topics.changelog(settings, table) for table in kafka_topics.TABLES]


def _set(values: dict[str, str]) -> dict[str, tuple[AlterConfigOp, str]]:
    return {key: (AlterConfigOp.SET, value) for key, value in values.items()}
