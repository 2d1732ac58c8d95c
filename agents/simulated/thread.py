"""Runs a simulated X, or another server, in a thread of its own, for callers without an event loop.

Called by the proofs and the tests. Counters may be read from any thread; what changes the server goes through `call`.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any, TypeVar

from agents.simulated.server import SimulatedX

Answer = TypeVar("Answer")
Server = TypeVar("Server")

STOP_SECONDS = 5.0
"""Most that a start, an end or a `call` may take."""


class Running:
    """A simulated X that runs."""

    def __init__(self, x: SimulatedX, loop: asyncio.AbstractEventLoop) -> None:
        self.x = x
        self._loop = loop

    def call(self, action: Callable[[], Coroutine[Any, Any, Answer]]) -> Answer:
        """Run a coroutine function in the server's loop and block for its answer, `STOP_SECONDS` at most. Call it from
        any other thread: `running.call(running.x.end_stream)`."""
        return asyncio.run_coroutine_threadsafe(action(), self._loop).result(STOP_SECONDS)


@contextmanager
def in_thread(make: Callable[[], SimulatedX]) -> Iterator[Running]:
    """Start what `make` makes in the thread `simulated`, and end it with the block. Both block for `STOP_SECONDS` at
    most. Raises what its start raised."""
    with in_loop(make) as (x, loop):
        yield Running(x, loop)


@contextmanager
def in_loop(
    make: Callable[[], AbstractAsyncContextManager[Server]],
) -> Iterator[tuple[Server, asyncio.AbstractEventLoop]]:
    """As `in_thread`, for any server. Yields it with the event loop that it must be used in."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="simulated")
    thread.start()

    def do(work: Coroutine[Any, Any, Answer]) -> Answer:
        return asyncio.run_coroutine_threadsafe(work, loop).result(STOP_SECONDS)

    async def begin() -> tuple[AbstractAsyncContextManager[Server], Server]:
        manager = make()
        return manager, await manager.__aenter__()

    async def end(manager: AbstractAsyncContextManager[Server]) -> None:
        await manager.__aexit__(None, None, None)

    try:
        manager, server = do(begin())
        try:
            yield server, loop
        finally:
            do(end(manager))
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(STOP_SECONDS)
        loop.close()
