"""The API's part in the worker: starts the process that speaks HTTP, and answers what it asks.

Called by `part.py`. Owns the listening socket, so that a port that is taken is told at once, and the
other process's life: one that ends is started again, one whose worker ends goes with it. Does not know what is asked.
"""

import asyncio
import contextlib
import ipaddress
import logging
import os
import socket
import sys
import time
from collections.abc import Awaitable, Callable

from agents.worker.api.link import Ask, Made, receive, send
from streams import secret_file
from streams.errors import UserError
from streams.settings import Settings, environment, variable

log = logging.getLogger(__name__)

_PORT_SECONDS = 3.0
"""The process beside a killed worker frees the port within milliseconds; for so long it is tried again."""
_PAUSE = 0.1
_AGAIN_SECONDS = 1.0
_END_SECONDS = 2.0
_BACKLOG = 1024

Answering = Callable[[Ask], Awaitable[Made]]


def require_token(settings: Settings) -> None:
    """Raise `UserError` if the API would be open beyond this machine, or its token cannot be read."""
    if settings.api_token_file:
        secret_file.read(settings, "api_token_file", "API token")
    elif not is_loopback(settings.api_host):
        raise UserError(
            f"{variable('api_host')}={settings.api_host} lets other machines ask: name a file with a token in "
            f"{variable('api_token_file')}, or listen on 127.0.0.1"
        )


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches it. A name counts as reached by others, but for `localhost`."""
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


class Beside:
    """The process beside the worker."""

    def __init__(self, settings: Settings, answer: Answering) -> None:
        """Raises `UserError`."""
        require_token(settings)
        self._settings = settings
        self._answer = answer
        self._socket: socket.socket | None = None
        self._task: asyncio.Task[None] | None = None
        self._answering: set[asyncio.Task[None]] = set()

    async def start(self) -> str:
        """Listen, and start the process; the address (host:port) to announce. Raises `UserError` if the port cannot be
        had."""
        host, port = self._settings.api_host, self._settings.api_port
        self._socket = await _listening(host, port)
        taken = self._socket.getsockname()[1]
        self._task = asyncio.create_task(self._run(), name="api")
        return self._settings.api_address or f"{_reached(host)}:{taken}"

    async def stop(self) -> None:
        """End the process; within 2 s."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._socket is not None:
            self._socket.close()

    async def _run(self) -> None:
        while True:
            try:
                code = await self._once()
                log.error("the process that serves the API ended (exit code %s): starting it again", code)
            except OSError as error:
                log.error("the process that serves the API cannot be started (%s): again later", error.strerror)
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _once(self) -> int | None:
        """Run the process until it ends; its exit code."""
        assert self._socket is not None  # noqa: S101 - start() made it
        ours, theirs = socket.socketpair()
        with theirs:
            fds = (theirs.fileno(), self._socket.fileno())
            child = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "agents.worker.api.server",
                *map(str, fds),
                pass_fds=fds,
                env={**os.environ, **environment(self._settings)},
            )
        reader, writer = await asyncio.open_connection(sock=ours)
        try:
            while (ask := await receive(reader, Ask)) is not None:
                task = asyncio.create_task(self._reply(ask, writer))
                self._answering.add(task)
                task.add_done_callback(self._answering.discard)
            return await child.wait()
        finally:
            writer.close()  # it ends by this
            for task in self._answering:
                task.cancel()
            try:
                await asyncio.wait_for(child.wait(), _END_SECONDS)
            except TimeoutError:
                child.kill()

    async def _reply(self, ask: Ask, writer: asyncio.StreamWriter) -> None:
        try:
            made = await self._answer(ask)
        except Exception:
            log.exception("no answer to %s %s", ask.what, ask.id)
            made = Made(ask.number, 500, b'{"error":"the worker failed","fix":"see its log"}', "")
        send(writer, made)


async def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    until = time.monotonic() + _PORT_SECONDS
    while True:
        try:
            return socket.create_server((host, port), family=family, backlog=_BACKLOG)
        except OSError as error:
            if time.monotonic() >= until:
                raise UserError(
                    f"cannot listen on {host}:{port} for the API ({error.strerror}): "
                    f"end what uses it, or set {variable('api_port')} (0 takes a free one)"
                ) from None
            await asyncio.sleep(_PAUSE)


def _reached(host: str) -> str:
    """The name by which others reach what listens on `host`."""
    if host in ("0.0.0.0", "::", ""):  # noqa: S104 - compared, not bound
        return socket.gethostname()
    return f"[{host}]" if ":" in host else host
