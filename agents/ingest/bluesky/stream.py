"""One connection to Bluesky's Jetstream: a websocket that only sends.

`listen` is one connection and returns how it ended; events leave as raw bytes. Called by `source.py`, in its own event
loop, which decides about the next connection. Knows neither what is in an event nor which Jetstream it talks to.
"""

import asyncio
import logging
import time
from collections.abc import Callable

import aiohttp
from aiohttp import WSMsgType

from agents.ingest.bluesky.outcome import Outcome
from streams.reading.bluesky import POSTS
from streams.vocabulary import StreamEnd

log = logging.getLogger(__name__)

PATH = "/subscribe"
CONNECT_SECONDS = 15.0
"""Most that connecting and the answer to it may take."""
STALL_SECONDS = 20.0
"""Of the public Jetstreams, which send tens of events a second; EARSHOT_BLUESKY_STALL_SECONDS sets another."""
LEAVE_SECONDS = 0.5
"""Most that a goodbye may take."""
_NOW = 0.001
"""Seconds: aiohttp takes 0 for no limit."""
BREATH_EVENTS = 64
"""A replay keeps the socket full: after so many events whatever else the loop has to do gets its turn."""


class HangUp(Exception):  # noqa: N818 - no error
    """Raised by `emit`: no more can be taken."""


class JetstreamStream:
    """Jetstream's `/subscribe`, one connection at a time. Used in one event loop; its numbers may be read anywhere."""

    def __init__(
        self, url: str, emit: Callable[[bytes], None], max_bytes: int, stall_seconds: float = STALL_SECONDS
    ) -> None:
        """`emit` gets each event; it may block, and Bluesky then waits. `max_bytes`: larger events are not wanted.
        `stall_seconds`: without an event for so long, pings or not, the stream counts as stalled."""
        self._url = url.rstrip("/") + PATH
        self._emit = emit
        self._max_bytes = max_bytes
        self._stall_seconds = stall_seconds
        self.connected = False
        self.connects = 0
        self.heard_at = 0.0
        """When the last event came, seconds since the epoch; 0 before the first."""

    async def listen(self, cursor_us: int) -> Outcome:
        """Connect, hand on events until the connection ends, and say how it ended. Raises what `emit` raised.

        `cursor_us`: what was written since that time (microseconds since the epoch, Bluesky's clock) is sent again
        first; 0: nothing is. To be ended by cancelling.
        """
        # What is too large is dropped there: at ours it would end this connection and each that comes after it.
        asked = {"wantedCollections": POSTS, "maxMessageSizeBytes": str(self._max_bytes)}
        if cursor_us:
            asked["cursor"] = str(cursor_us)
        timeout = aiohttp.ClientTimeout(total=None, connect=CONNECT_SECONDS, sock_connect=CONNECT_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout, trust_env=True) as session:
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    socket = await session.ws_connect(
                        self._url,
                        params=asked,
                        max_msg_size=2 * self._max_bytes,
                        autoping=False,  # its answer to a ping would begin the wait for an event anew
                        timeout=aiohttp.ClientWSTimeout(ws_close=LEAVE_SECONDS),
                    )
            except aiohttp.WSServerHandshakeError as error:
                return _refusal(error.status)
            except (aiohttp.ClientError, OSError, TimeoutError):
                return Outcome("network")
            return await self._read(socket)

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> Outcome:
        log.info("Bluesky: connected")
        began = time.monotonic()
        self.connected = True
        self.connects += 1
        try:
            kind = await self._events(socket)
        finally:
            self.connected = False
            await socket.close()
        return Outcome(kind, seconds=time.monotonic() - began)

    async def _events(self, socket: aiohttp.ClientWebSocketResponse) -> StreamEnd:
        """Hand on events until there are no more."""
        events = 0
        clock = asyncio.get_running_loop().time
        heard = clock()
        while True:
            try:
                message = await socket.receive(max(0.0, heard + self._stall_seconds - clock()) or _NOW)
                if message.type == WSMsgType.PING:
                    await socket.pong(message.data)
                    continue
                if message.type == WSMsgType.PONG:
                    continue
            except TimeoutError:
                return "stalled"
            except (aiohttp.ClientError, OSError):
                return "network"
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                return _end(message, socket)
            self.heard_at = time.time()
            try:
                self._emit(message.data.encode() if message.type == WSMsgType.TEXT else bytes(message.data))
            except HangUp:
                return "full"
            heard = clock()  # not before `emit`, which may have waited
            events += 1
            if events % BREATH_EVENTS == 0:
                await asyncio.sleep(0)


def _end(message: aiohttp.WSMessage, socket: aiohttp.ClientWebSocketResponse) -> StreamEnd:
    if message.type == WSMsgType.ERROR and isinstance(message.data, aiohttp.WebSocketError):
        return "bad_frames"
    # Without a goodbye (1006, or none) it broke.
    ended = message.type == WSMsgType.CLOSE or socket.close_code not in (None, aiohttp.WSCloseCode.ABNORMAL_CLOSURE)
    return "clean_end" if ended else "network"


def _refusal(status: int) -> Outcome:
    if status == 429:
        return Outcome("rate_limited", status)
    if status >= 500:
        return Outcome("server_error", status)
    # A page where a websocket was asked for (200) is another server.
    return Outcome("bad_request", status)
