"""/metrics answers in the format asked for, and a port that is taken is one line."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest
import requests
from prometheus_client import CollectorRegistry

from streams.errors import UserError
from streams.metrics import Metrics
from streams.metrics.server import MetricsServer, serving

OPEN_METRICS = "application/openmetrics-text; version=1.0.0"


def get(port: int, accept: str) -> tuple[str, str]:
    """Content type and text of /metrics."""
    answer = requests.get(f"http://127.0.0.1:{port}/metrics", headers={"Accept": accept}, timeout=10)
    return answer.headers["Content-Type"], answer.content.decode()


def by_thread(registry: CollectorRegistry, port: int, ask: Callable[[int], None]) -> None:
    with serving(registry, "127.0.0.1", port, "EARSHOT_INGEST_METRICS_PORT") as taken:
        ask(taken)


def by_loop(registry: CollectorRegistry, port: int, ask: Callable[[int], None]) -> None:
    async def serve() -> None:
        server = MetricsServer(registry)
        taken = await server.start("127.0.0.1", port)
        try:
            await asyncio.to_thread(ask, taken)
        finally:
            await server.stop()

    asyncio.run(serve())


SERVERS = {"EARSHOT_INGEST_METRICS_PORT": by_thread, "EARSHOT_METRICS_PORT": by_loop}


@contextmanager
def taken_port() -> Iterator[int]:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        yield listener.getsockname()[1]


@pytest.mark.parametrize("variable", SERVERS)
def test_the_asker_chooses_the_format(variable: str) -> None:
    metrics = Metrics()
    metrics.dead_letter("not_json")

    def ask(port: int) -> None:
        plain, text = get(port, "")
        assert plain.startswith("text/plain; version=0.0.4")
        asked, open_text = get(port, OPEN_METRICS)
        assert asked.startswith(OPEN_METRICS)
        assert open_text.endswith("# EOF\n")
        for shown in (text, open_text):
            assert 'pipeline_dead_letters_total{reason="not_json",where="tagger"} 1.0' in shown
            assert "_created" not in shown

    SERVERS[variable](metrics.registry, 0, ask)


@pytest.mark.parametrize("variable", SERVERS)
def test_a_port_that_is_taken_is_one_line(variable: str) -> None:
    with taken_port() as port, pytest.raises(UserError) as refused:
        SERVERS[variable](CollectorRegistry(), port, lambda _: None)
    assert f"cannot listen on 127.0.0.1:{port} for /metrics" in str(refused.value)
    assert variable in str(refused.value)
    assert "\n" not in str(refused.value)


def test_some_metrics_can_be_asked_for_alone() -> None:
    metrics = Metrics()

    def ask(port: int) -> None:
        address = f"http://127.0.0.1:{port}/metrics?name[]=pipeline_records_total&name[]=pipeline_chunk_seconds_sum"
        lines = requests.get(address, timeout=10).text.splitlines()
        names = {line.partition("{")[0] for line in lines if not line.startswith("#")}
        assert names == {"pipeline_records_total", "pipeline_chunk_seconds_sum"}

    by_loop(metrics.registry, 0, ask)
