"""A scripted Jetstream: what is written to it is sent to who listens, and again to who comes back with a cursor.

Called by `earshot simulate-bluesky` and the tests of Bluesky's source. Owns the wire shape of `/subscribe` (v1), the
replay, and what can go wrong on the way: refusals, ends, resets, stalls, frames that are no events. Used from its own
loop only; its lists may be read from any thread. Knows no rules: it sends everything, as the real one does.
"""

import asyncio
import json
import time
from collections import deque
from collections.abc import Mapping
from typing import Any, NamedTuple

from aiohttp import WSCloseCode, web

from agents.simulated.address import listen
from streams.reading.bluesky import POSTS

KEEP_US = 36 * 3600 * 1_000_000
"""How far back it replays, microseconds; an older cursor begins there, without a word (Jetstream v1)."""


class Attempt(NamedTuple):
    """One request for the stream."""

    at: float
    """Monotonic seconds."""
    status: int
    cursor: int
    """0 for none."""


class SimulatedJetstream:
    """One Jetstream; an async context manager that listens meanwhile."""

    def __init__(self, keep_us: int = KEEP_US, host: str = "127.0.0.1", port: int = 0) -> None:
        """`keep_us`: how far back it replays, microseconds; what is older is forgotten. `port` 0 takes a free one."""
        self.url = ""
        self._at = (host, port)
        self.attempts: list[Attempt] = []
        self.sent = 0
        """Frames sent to whomever, garbage too."""
        self._keep_us = keep_us
        self._events: deque[tuple[int, str | bytes]] = deque()
        self._forgotten = 0
        """Frames before the first in `_events`: a listener's place is by number from the very first."""
        self._refusals: deque[int] = deque()
        self._ends_after: int | None = None
        self._stalled = False
        self._changed = asyncio.Condition()
        self._listeners: list[tuple[web.WebSocketResponse, web.Request]] = []
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> "SimulatedJetstream":
        application = web.Application()
        application.router.add_get("/subscribe", self._subscribe)
        self._runner = web.AppRunner(application, access_log=None, handler_cancellation=True, shutdown_timeout=0.2)
        self.url = f"ws://{await listen(self._runner, *self._at)}"
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def connected(self) -> bool:
        """Whether somebody listens."""
        return bool(self._listeners)

    # -- what a script does --------------------------------------------------------------------------------------------

    async def write(self, *events: Mapping[str, Any], at_us: int = 0) -> int:
        """Events without their time, which is now or `at_us`, and later than any before; the last one's time."""
        async with self._changed:
            for event in events:
                last = self._events[-1][0] if self._events else 0
                at_us = max(last + 1, at_us or time.time_ns() // 1000)
                self._events.append((at_us, json.dumps({**event, "time_us": at_us})))
            while self._events and self._events[0][0] < at_us - self._keep_us:
                self._events.popleft()
                self._forgotten += 1
            self._changed.notify_all()
        return at_us

    async def garble(self, *frames: str | bytes) -> None:
        """Frames that are no events, amid the events and as often replayed."""
        async with self._changed:
            last = self._events[-1][0] if self._events else time.time_ns() // 1000
            self._events += [(last, frame) for frame in frames]
            self._changed.notify_all()

    async def end(self) -> None:
        """End the present connection in good order."""
        for socket, _ in self._listeners:
            await socket.close(code=WSCloseCode.GOING_AWAY)

    async def reset(self) -> None:
        """Break the present connection, without a goodbye."""
        for _, request in self._listeners:
            if request.transport is not None:
                request.transport.abort()

    async def babble(self) -> None:
        """Send what is no websocket frame, with a reserved bit set."""
        for _, request in self._listeners:
            if request.transport is not None:
                request.transport.write(b"\xff\xff\xff\xff")

    async def stall(self, *, on: bool = True) -> None:
        """Send nothing from now on, or go on."""
        async with self._changed:
            self._stalled = on
            self._changed.notify_all()

    async def refuse(self, *statuses: int) -> None:
        """Answer the next requests so."""
        self._refusals.extend(statuses)

    async def end_each_after(self, frames: int | None) -> None:
        """End every connection after so many frames; None: no more."""
        self._ends_after = frames

    # -- the endpoint --------------------------------------------------------------------------------------------------

    async def _subscribe(self, request: web.Request) -> web.StreamResponse:
        cursor = int(request.query.get("cursor", 0))
        wanted = request.query.getall("wantedCollections", [])
        status = self._refusals.popleft() if self._refusals else 101 if wanted == [POSTS] else 400
        self.attempts.append(Attempt(time.monotonic(), status, cursor))
        if status != 101:
            return web.Response(status=status, text="refused")
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._listeners.append((socket, request))
        sending = asyncio.create_task(self._send(socket, self._start(cursor)))
        try:
            async for _ in socket:
                pass  # a client may send options; ours sends nothing
        finally:
            self._listeners.remove((socket, request))
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
        return socket

    def _start(self, cursor: int) -> int:
        if not cursor:
            return self._forgotten + len(self._events)
        kept = enumerate(self._events, self._forgotten)
        return next((number for number, (at, _) in kept if at >= cursor), self._forgotten + len(self._events))

    async def _send(self, socket: web.WebSocketResponse, number: int) -> None:
        sent = 0
        while not socket.closed:
            async with self._changed:
                while self._forgotten + len(self._events) <= number or self._stalled:
                    await self._changed.wait()
                number = max(number, self._forgotten)  # who is too slow misses some
                frame = self._events[number - self._forgotten][1]
            number += 1
            await (socket.send_str(frame) if isinstance(frame, str) else socket.send_bytes(frame))
            sent += 1
            self.sent += 1
            if sent == self._ends_after:
                await socket.close(code=WSCloseCode.GOING_AWAY)


# -- events, as Jetstream writes them, without their time -------------------------------------------------------------


def post(
    did: str, rkey: str, text: str, *, mentions: Mapping[str, str] | None = None, reply_to: str = "",
    operation: str = "create", created_at: str = "", **record: Any,
) -> dict[str, Any]:  # fmt: skip
    """A post made (or changed: `update`). `mentions`: what the text shows of each, by DID; `reply_to`: an at-uri;
    `record`: further fields of it."""
    written: dict[str, Any] = {
        "$type": POSTS,
        "text": text,
        "createdAt": created_at or time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime()),
        "langs": ["en"],
        **record,
    }
    if mentions:
        written["facets"] = [_mention(text, shown, whom) for whom, shown in mentions.items()]
    if reply_to:
        pointer = {"uri": reply_to, "cid": "bafyreicid"}
        written["reply"] = {"root": pointer, "parent": pointer}
    commit = {"rev": "3l3qo2vuowo2b", "operation": operation, "collection": POSTS, "rkey": rkey, "record": written}
    return {"did": did, "kind": "commit", "commit": {**commit, "cid": "bafyreicid"}}


def deletion(did: str, rkey: str) -> dict[str, Any]:
    """A post taken back by its author."""
    commit = {"rev": "3l3qo2vuowo2c", "operation": "delete", "collection": POSTS, "rkey": rkey}
    return {"did": did, "kind": "commit", "commit": commit}


def account(did: str, *, active: bool, status: str = "") -> dict[str, Any]:
    """An account that goes, or comes back."""
    told = {"active": active, "did": did, "seq": 1, "time": "2026-11-24T12:00:00.000Z"}
    return {"did": did, "kind": "account", "account": {**told, "status": status} if status else told}


def identity(did: str, handle: str) -> dict[str, Any]:
    """An account's new handle."""
    told = {"did": did, "handle": handle, "seq": 1, "time": "2026-11-24T12:00:00.000Z"}
    return {"did": did, "kind": "identity", "identity": told}


def _mention(text: str, shown: str, did: str) -> dict[str, Any]:
    start = text.encode().index(shown.encode())
    return {
        "index": {"byteStart": start, "byteEnd": start + len(shown.encode())},
        "features": [{"$type": "app.bsky.richtext.facet#mention", "did": did}],
    }
