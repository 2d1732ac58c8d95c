"""/metrics over HTTP, from the worker's own loop: a scrape never sees a table halfway through a chunk.

Called by the worker. Knows nothing of what is collected.
"""

from collections.abc import Callable

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from streams.errors import UserError


class MetricsServer:
    """Serves one registry."""

    def __init__(self, registry: CollectorRegistry, before: Callable[[], None]) -> None:
        """`before` is called before each collection, to set what collectors show."""
        self._registry = registry
        self._before = before
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
            raise UserError(
                f"cannot listen on {host}:{port} for /metrics ({exc.strerror}): "
                "end what uses it, or set EARSHOT_METRICS_PORT (0 takes a free one)"
            ) from None
        taken: int = self._runner.addresses[0][1]
        return taken

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _metrics(self, _: web.Request) -> web.Response:
        self._before()
        return web.Response(body=generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_LATEST})
