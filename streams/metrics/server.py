"""/metrics over HTTP, in the format that the asker accepts.

The worker serves from its own loop (`MetricsServer`): a scrape never sees a table halfway through a chunk. Only reading
the tables takes the loop's time; a thread makes text of what was read. Ingest has no loop and serves from a thread
(`serving`): what it shows are single numbers. Knows nothing of what is collected.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from aiohttp import web
from prometheus_client import CollectorRegistry, start_http_server

from streams.errors import UserError
from streams.metrics.exposition import written


class MetricsServer:
    """Serves one registry from the loop it is started in."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._runner: web.AppRunner | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen; the port taken. Raises `UserError` if it cannot be had."""
        app = web.Application()
        app.router.add_get("/metrics", self._metrics)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, host, port).start()
        except OSError as exc:
            await self._runner.cleanup()
            raise _refused(host, port, "EARSHOT_METRICS_PORT", exc) from None
        taken: int = self._runner.addresses[0][1]
        return taken

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _metrics(self, request: web.Request) -> web.Response:
        # As the client library's own server has it: `?name[]=pipeline_records_total` costs no pass over the tables.
        names = request.query.getall("name[]", [])
        registry = self._registry.restricted_registry(names) if names else self._registry
        families = [*registry.collect()]
        body, content_type = await asyncio.to_thread(written, families, request.headers.get("Accept", ""))
        return web.Response(body=body, headers={"Content-Type": content_type})


@contextmanager
def serving(
    registry: CollectorRegistry,
    host: str,
    port: int,
    variable: str,
    states: Mapping[str, Callable[[], bool]] | None = None,
) -> Iterator[int]:
    """Serve a registry from a thread; gives the port taken. `states`: path, as `/healthz` -> whether it is so, asked at
    each request: 200 or 503. Raises `UserError`, naming `variable`, if the port cannot be had."""
    try:
        server, thread = start_http_server(port, host, registry)
    except OSError as exc:
        raise _refused(host, port, variable, exc) from None
    metrics = server.get_app()
    assert metrics is not None  # noqa: S101 - the server was just given it

    def app(environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        state = (states or {}).get(environ.get("PATH_INFO", ""))
        if state is None:
            return metrics(environ, start)
        so = state()
        start("200 OK" if so else "503 Service Unavailable", [("Content-Type", "text/plain; charset=utf-8")])
        return [b"ok\n" if so else b"no\n"]

    server.set_app(app)
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _refused(host: str, port: int, variable: str, error: OSError) -> UserError:
    return UserError(
        f"cannot listen on {host}:{port} for /metrics ({error.strerror}): "
        f"end what uses it, or set {variable} (0 takes a free one)"
    )
