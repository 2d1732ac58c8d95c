"""The stages of a worker as data: which Kafka topic each Faust agent reads, and which tables follow its partitions.

Read by the worker, its state, the group's lag, the metrics and the Kafka topics' declaration. A further table is one
name here and one `Changelog` in the worker. Does not know what an agent does or a table holds.
"""

from collections.abc import Callable
from typing import NamedTuple

from streams import vocabulary
from streams.kafka import topics as kafka_topics
from streams.settings import Settings


class Stage(NamedTuple):
    """One Faust agent."""

    name: vocabulary.Stage
    """Of the agent, and value of the metrics' label `stage`."""
    source: Callable[[Settings], str]
    """Name of the Kafka topic that it reads."""
    tables: tuple[str, ...]
    """Names of the tables that it changes. Each has a changelog whose partitions are the source's."""


TAGGER = Stage("tagger", kafka_topics.posts, (kafka_topics.FIRST_SEEN,))
HOSPITALS = Stage("hospitals", kafka_topics.mentions, (kafka_topics.HOSPITALS,))

STAGES = (TAGGER, HOSPITALS)
"""In the order in which a post passes them."""
