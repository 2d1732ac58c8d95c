"""One worker, or one mutant, on Kafka topics of its own."""

from collections.abc import Iterator

import pytest

from agents.proving.pipeline import Pipeline
from agents.proving.processes import EARSHOT
from streams.settings import load
from tests.faults.worker_process import Bench


@pytest.fixture
def bench(kafka: str, request: pytest.FixtureRequest) -> Iterator[Bench]:
    """A pipeline without X: posts come from `load.fill`. Parametrize indirectly with a worker's command for a
    mutant."""
    command = getattr(request, "param", (*EARSHOT, "worker"))
    with Pipeline(
        load(kafka_bootstrap=kafka, session_timeout=6.0, commit_interval=0.3),
        lambda _: None,
        command,
    ) as pipeline:
        yield Bench(pipeline)
