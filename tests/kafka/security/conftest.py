"""One broker that lets nobody in without TLS and a password, for this room."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local_kafka import LocalKafka
from streams.settings import Settings


@pytest.fixture(scope="session")
def guarded_kafka(tmp_path_factory: pytest.TempPathFactory, jars: Path) -> Iterator[LocalKafka]:
    """The broker, running; one for the whole run."""
    broker = LocalKafka(tmp_path_factory.mktemp("guarded"), jars, sasl_ssl=True)
    try:
        broker.up()
        yield broker
    finally:
        broker.down()


@pytest.fixture
def guarded(guarded_kafka: LocalKafka) -> Settings:
    """Settings by which a client gets in."""
    return guarded_kafka.client(guarded_kafka.status().bootstrap)
