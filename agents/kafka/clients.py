"""Builds every client of kafka-python, so that each closes all sockets that it opened.

Called wherever this project talks to Kafka in blocking calls: here, in ingest, the operators' commands, the proofs and
the tests. kafka-python 3.0.12 itself leaves a socket to the garbage collector in three cases: a connect that fails, a
constructor that raises, and a close while a request waits to be written. Uses the library's own options for all three.
Does not know what a client is for. Faust and aiokafka build theirs elsewhere.
"""

import selectors
from collections.abc import Callable
from socket import socket
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.net.compat import KafkaNetClient
from kafka.net.inet import KafkaNetSocket

from streams.kafka import client as kafka_client
from streams.settings import Settings


def producer(settings: Settings, **options: Any) -> KafkaProducer:
    """A producer; `options` are kafka-python's. Blocks until a broker answers. Raises `KafkaError`, and `UserError` for
    a file of the settings that cannot be used; `settings.kafka_bootstrap` must be given, here as below."""
    return _built(KafkaProducer, settings, options)


def consumer(settings: Settings, **options: Any) -> KafkaConsumer:
    """A consumer, as `producer`; it commits nothing unless `options` say so."""
    return _built(KafkaConsumer, settings, {"enable_auto_commit": False, **options})


def admin(settings: Settings, **options: Any) -> KafkaAdminClient:
    """An admin client, as `producer`."""
    return _built(KafkaAdminClient, settings, options)


class ClosingSelector(selectors.DefaultSelector):
    """Closes with itself each socket that was ever registered: by then its client has ended and needs none.

    A close while a request waits to be written marks the connection as closed and leaves the socket to a task that is
    cancelled a moment later.
    """

    def __init__(self) -> None:
        super().__init__()
        self._sockets: set[socket] = set()

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        """As the selector's own, and remember the socket while it is open."""
        if fileobj not in self._sockets:
            self._sockets = {one for one in self._sockets if one.fileno() >= 0} | {fileobj}
        return super().register(fileobj, events, data)

    def close(self) -> None:
        """Close the selector, then the sockets."""
        super().close()
        while self._sockets:
            self._sockets.pop().close()


class _ClosingConnect(KafkaNetSocket):  # type: ignore[misc]  # kafka-python has no types
    """Connects without a proxy and closes the socket if that fails: refused, out of time, or given up."""

    SCHEMES = ("direct",)
    URL = "direct://"

    async def connect(self, *arguments: Any, **options: Any) -> Any:
        """The connected socket. Raises what the library's own does."""
        try:
            return await super().connect(*arguments, **options)
        except BaseException:
            self._begun.close()
            raise

    def socket(self, *arguments: Any) -> Any:
        """The socket of the connect that begins."""
        self._begun = super().socket(*arguments)
        return self._begun


def _built(kind: Callable[..., Any], settings: Settings, options: dict[str, Any]) -> Any:
    """A client of this kind. If its constructor raises, its thread and its sockets are ended first."""
    begun: list[KafkaNetClient] = []

    def client(**configuration: Any) -> KafkaNetClient:
        begun.append(KafkaNetClient(**configuration))
        return begun[-1]

    try:
        return kind(
            **kafka_client.arguments(settings),
            kafka_client=client,
            selector=ClosingSelector,
            proxy_url=_ClosingConnect.URL,
            **options,
        )
    except BaseException:
        for one in begun:
            one.close()
        raise
