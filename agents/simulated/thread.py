"""A simulated X in a thread of its own, for callers without an event loop.

Called by tests. Its counters may be read from any thread; what acts on it goes through `call`.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from agents.simulated.server import SimulatedX

Answer = TypeVar("Answer")

STOP_SECONDS = 5.0


class Running:
    """A simulated X that runs."""

    def __init__(self, x: SimulatedX, loop: asyncio.AbstractEventLoop) -> None:
        self.x = x
        self._loop = loop

    def call(self, action: Callable[[], Coroutine[Any, Any, Answer]]) -> Answer:
        """Run one of its coroutine functions in its loop: `running.call(running.x.end_stream)`."""
        return asyncio.run_coroutine_threadsafe(action(), self._loop).result(STOP_SECONDS)


@contextmanager
def in_thread(make: Callable[[], SimulatedX]) -> Iterator[Running]:
    """Run what `make` makes in a thread until the block ends. Raises what its start raised."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="simulated-x")
    thread.start()

    def do(work: Coroutine[Any, Any, Answer]) -> Answer:
        return asyncio.run_coroutine_threadsafe(work, loop).result(STOP_SECONDS)

    async def begin() -> SimulatedX:
        return await make().__aenter__()

    try:
        x = do(begin())
        try:
            yield Running(x, loop)
        finally:
            do(x.__aexit__())
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(STOP_SECONDS)
        loop.close()
