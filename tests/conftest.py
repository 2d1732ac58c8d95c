"""What several rooms' tests share: one real broker a run, and a pipeline's own Kafka topics on it; and which tests
run in one process (`make test` has two).

A broker given by KAFKA_BOOTSTRAP is used instead. The jars lie in the user's ordinary cache, so that a machine
downloads them once; everything else is in pytest's temporary folder.
"""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from agents.kafka.admin import apply_topics, delete
from agents.proving.load import fill
from agents.proving.pipeline import Pipeline
from agents.proving.processes import EARSHOT
from deploy.local_kafka import LocalKafka, local_kafka
from streams.settings import Settings, load
from tests.running_api import Asked
from tests.running_worker import Bench

# An example has no time limit: how long something takes is a figure of `make bench`, never a failure.
hypothesis.settings.register_profile("earshot", deadline=None)
hypothesis.settings.load_profile("earshot")


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put all tests on Kafka in one group: they share the broker and need the longest, so they begin first. Of the
    rest, each file is a group."""
    items.sort(key=lambda item: not on_kafka(item))
    for item in items:
        item.add_marker(pytest.mark.xdist_group("kafka" if on_kafka(item) else item.nodeid.partition("::")[0]))


def on_kafka(item: pytest.Item) -> bool:
    """Whether a test talks to the broker of this run."""
    return "kafka" in getattr(item, "fixturenames", ()) or any(map(item.get_closest_marker, ("kafka", "faults")))


@pytest.fixture(autouse=True)
def _priority(request: pytest.FixtureRequest) -> None:
    """Of two processes, the one on Kafka has real deadlines (sessions, leases): the other gives way."""
    if "PYTEST_XDIST_WORKER" in os.environ and not on_kafka(request.node):
        os.setpriority(os.PRIO_PROCESS, 0, 5)


@pytest.fixture(scope="session")
def jars() -> Path:
    """Folder of the local Kafka's jars, shared by every test and by `earshot kafka`."""
    return load().cache_path / "kafka" / "jars"


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a running broker, one for the whole run."""
    settings = load()
    if settings.kafka_bootstrap:
        yield settings.kafka_bootstrap
        return
    broker: LocalKafka = local_kafka(settings, tmp_path_factory.mktemp("kafka"), tied=True)
    try:
        yield broker.up()
    finally:
        broker.down()


@pytest.fixture
def empty_settings(kafka: str) -> Iterator[Settings]:
    """Settings with a prefix of their own and no Kafka topic there yet; what is made under it is deleted afterwards."""
    prefix = f"test-{secrets.token_hex(4)}-"
    settings = load(
        kafka_bootstrap=kafka,
        kafka_topic_prefix=prefix,
        partitions=4,
        metrics_port=0,
        ingest_metrics_port=0,
        api_port=0,
        commit_interval=0.3,
    )
    yield settings
    delete(settings, prefix)


@pytest.fixture
def pipeline_settings(empty_settings: Settings) -> Settings:
    """Settings of a pipeline whose Kafka topics are there and empty."""
    apply_topics(empty_settings)
    return empty_settings


@pytest.fixture
def bench(kafka: str, request: pytest.FixtureRequest) -> Iterator[Bench]:
    """A pipeline with one worker and without sources, on Kafka topics of its own: the test writes the posts.

    Parametrize it indirectly with another command than the worker's, for a mutant.
    """
    command = getattr(request, "param", (*EARSHOT, "worker"))
    settings = load(kafka_bootstrap=kafka, partitions=4, session_timeout=6.0, commit_interval=0.3)
    with Pipeline(settings, lambda _: None, command) as pipeline:
        yield Bench(pipeline)


@pytest.fixture(scope="session")
def asked(kafka: str) -> Iterator[Asked]:
    """One worker that has counted 2,000 posts, for all tests that ask its API. A test that ends it starts it again."""
    settings = load(kafka_bootstrap=kafka, partitions=4, session_timeout=6.0, commit_interval=0.3)
    with Pipeline(settings, lambda _: None) as pipeline:
        bench = Bench(pipeline)
        records = fill(bench.settings, 2000, seed=21)
        bench.start()
        bench.wait_counted(records, 1)
        bench.drain()
        made = Asked(bench)
        bench.wait("the API is ready", lambda: made.status("/readyz") == 200)
        yield made
