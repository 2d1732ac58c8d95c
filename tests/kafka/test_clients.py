"""A client of Kafka leaves no socket open: not one that was refused, nor one of a constructor that raised, nor one that
was closed while a request waited to be written."""

import gc
import re
import socket
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kafka.errors import KafkaTimeoutError
from kafka.protocol.metadata import MetadataRequest

from agents.kafka import clients
from streams.settings import Settings, load

ROOT = Path(__file__).parents[2]
KINDS = [clients.producer, clients.consumer, clients.admin]

Left = Callable[[], list[str]]


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch) -> Iterator[Left]:
    """What the garbage collector finds unclosed since the test began, each with its addresses."""
    gc.collect()
    found: list[str] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda raised: found.append(str(raised.exc_value)))

    def collected() -> list[str]:
        gc.collect()
        return found

    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        yield collected


@pytest.fixture
def taken() -> Iterator[socket.socket]:
    """A socket with a port of its own that does not listen yet."""
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        yield made


@pytest.mark.parametrize("build", KINDS)
@pytest.mark.parametrize("listens", [False, True], ids=["refuses", "is silent"])
def test_a_broker_that_cannot_be_reached_costs_neither_a_socket_nor_a_thread(
    build: Callable[..., Any], listens: bool, taken: socket.socket, left: Left
) -> None:
    if listens:
        taken.listen()
    settings = load({}, kafka_bootstrap=f"127.0.0.1:{taken.getsockname()[1]}")
    threads = set(threading.enumerate())
    with pytest.raises(KafkaTimeoutError):
        build(settings, bootstrap_timeout_ms=300)
    assert set(threading.enumerate()) == threads
    assert left() == []


@pytest.mark.kafka
def test_a_close_while_a_request_waits_to_be_written_closes_its_socket(empty_settings: Settings, left: Left) -> None:
    for _ in range(100):  # the library's own selector left a socket behind in two of five
        admin = clients.admin(empty_settings)
        admin.list_topics()
        admin._manager.call_soon(admin._manager.send, MetadataRequest(topics=[]))
        admin.close()
    assert left() == []


@pytest.mark.kafka
@pytest.mark.parametrize("build", KINDS)
def test_a_client_that_was_closed_leaves_nothing(
    build: Callable[..., Any], empty_settings: Settings, left: Left
) -> None:
    build(empty_settings).close()
    assert left() == []


def test_nobody_else_builds_a_client() -> None:
    built = re.compile(r"\bKafka(?:Producer|Consumer|AdminClient)\(")
    older = {"tests/upgrade/write_state.py"}  # runs with versions that have no such room
    assert {
        path.relative_to(ROOT).as_posix()
        for room in ("agents", "streams", "deploy", "bench", "tests")
        for path in (ROOT / room).rglob("*.py")
        if built.search(path.read_text(encoding="utf-8"))
    } - older == set()
