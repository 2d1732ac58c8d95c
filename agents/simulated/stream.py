"""The filtered stream of the simulated X: who is connected, what is written to them, and what goes wrong on purpose.

Owns the one connection, the order of posts, bad lines, heartbeats and scenario steps in it, and the counts of what was
written. Called by `server.py` with a request that may listen. Knows rules only as predicates, and no other endpoint.
"""

import asyncio
import contextlib
import socket
import struct
import time
from collections import Counter
from collections.abc import Callable

import msgspec
from aiohttp import web

from agents.simulated import scenario
from agents.simulated.answers import REFUSALS
from agents.simulated.bad_lines import END, BadLines, bad_line
from agents.simulated.feed import Feed
from agents.simulated.history import History
from agents.simulated.options import Options
from agents.simulated.people import Target
from agents.simulated.posts import Post
from agents.simulated.rule_book import RuleBook
from agents.simulated.script import Script

TURN_SECONDS = 0.02
"""How often posts that are due go out: at 2,000 a second 40 lines at a time, each in a chunk of its own."""
NO_POST = b'{"data":{"id":"1","text":""}', "1"
"""What a bad line is made from before there was a good one: a body as in `posts.Post`, and a rule."""

_encode = msgspec.json.Encoder().encode


class Stream:
    """One stream over all connections; used from its own loop only."""

    def __init__(
        self, targets: tuple[Target, ...], options: Options, book: RuleBook, script: Script, history: History,
        clock: Callable[[], float],
    ) -> None:  # fmt: skip
        """`clock`: seconds since the epoch."""
        self.delivered: Counter[str] = Counter()
        self.bad: Counter[str] = Counter()
        self.exhausted = False
        self.feed = Feed(options.seed, options.rate, targets, options.count, options.pace)
        self.listener: web.Request | None = None
        self._book = book
        self._bad_lines = BadLines(options.bad_every)
        self._script = script
        self._history = history
        self._options = options
        self._clock = clock
        self._ending = asyncio.Event()
        self._model = NO_POST
        """The last good line's body and rule."""
        self._twice = 0
        self._held: list[tuple[Post, bytes]] = []
        self._hold = 0
        self._burst: tuple[float, float] | None = None
        """When it ends, and the rate after it."""
        self._patience: float | None = None

    @property
    def scenario_over(self) -> bool:
        """Whether every step has been taken and nothing of one goes on."""
        going_on = self._twice or self._hold or self._burst is not None or self._patience is not None
        return self._script.over and not going_on

    def end(self) -> None:
        """End the present connection in good order."""
        self._ending.set()

    def reset(self) -> None:
        """Break the present connection: RST."""
        if self.listener is not None and (transport := self.listener.transport) is not None:
            connection: socket.socket = transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()

    def begin(self) -> None:
        """Posts are written from here on; the first time counts."""
        start_ms = self._options.start_ms
        self.feed.start(start_ms if start_ms is not None else int(self._clock() * 1000))

    async def go_on(self) -> None:
        """Write posts for ever also while nobody listens; for a task of its own."""
        self.begin()
        self.feed.wait(time.monotonic())
        while True:
            if self.listener is None:
                for post, copy in self.feed.until(self.feed.due(time.monotonic())):
                    self._remember(post, copy)
                self.exhausted = self.feed.exhausted
            await asyncio.sleep(TURN_SECONDS)

    async def serve(self, request: web.Request, headers: dict[str, str]) -> web.StreamResponse:
        """Write to the listener until it goes or the connection is to end."""
        self.listener = request
        self._ending.clear()
        self._script.connected()
        response = web.StreamResponse(headers={**headers, "Content-Type": "application/json; charset=utf-8"})
        response.enable_chunked_encoding()
        try:
            # The listener may go at any line.
            with contextlib.suppress(ConnectionError):
                await response.prepare(request)
                self.begin()
                if not self._options.live:  # the posts have waited for a listener
                    self.feed.wait(time.monotonic())
                try:
                    await self._deliver(response)
                except TimeoutError:
                    self._patience = None
                    await response.write(_announcement("SlowReader"))
                await response.write_eof()
        finally:
            self.listener = None
        return response

    async def _deliver(self, response: web.StreamResponse) -> None:
        """Write what is due until the connection is to end. Late, it catches up; a slow listener slows it."""
        feed, wrote_at = self.feed, time.monotonic()
        while not self._ending.is_set():
            while self._script.due:
                if not await self._take_step(response):
                    return
                wrote_at = time.monotonic()
            if self._burst is not None and self._clock() >= self._burst[0]:
                feed.hasten(self._burst[1])
                self._burst = None
            for post, copy in feed.until(feed.due(time.monotonic())):
                self._remember(post, copy)
                if await self._write(response, post):
                    wrote_at = time.monotonic()
                if self._ending.is_set():
                    return
                if self._script.due:
                    break
            self.exhausted = feed.exhausted
            if time.monotonic() - wrote_at >= self._options.heartbeat:
                await response.write(END)
                wrote_at = time.monotonic()
            idle = wrote_at + self._options.heartbeat - time.monotonic()
            turn = TURN_SECONDS if not self._script.over else idle if feed.exhausted else 1 / feed.rate
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), max(0.0, min(idle, max(TURN_SECONDS, turn))))

    def _remember(self, post: Post, copy: bool) -> None:
        if not copy:
            self._history.add(post)

    async def _write(self, response: web.StreamResponse, post: Post) -> bool:
        """Write the post, if a rule matches, and the bad line that is due after it."""
        matching = [rule for rule in self._book.rules.values() if rule.matches(post.seen)]
        if not matching:
            return False
        tags = [{"id": rule.id} | ({"tag": rule.tag} if rule.tag is not None else {}) for rule in matching]
        line = post.body + b',"matching_rules":' + _encode(tags) + b"}" + END
        self._model = post.body, matching[0].id
        if self._hold:
            self._held.append((post, line))
            self._hold -= 1
            if self._hold:
                return False
            for held, held_line in reversed(self._held):
                await self._write_line(response, held, held_line)
            self._held.clear()
            return True
        await self._write_line(response, post, line)
        if self._twice:
            self._twice -= 1
            await self._write_line(response, post, line)
        bad = self._bad_lines.after(post.body, matching[0].id)
        if bad is not None:
            await self._send(response, bad.line)
            self.bad[bad.kind] += 1
        return True

    async def _write_line(self, response: web.StreamResponse, post: Post, line: bytes) -> None:
        await self._send(response, line)
        self._script.posted()
        if self._options.count is not None:  # without one a run may last for days
            self.delivered[post.first] += 1

    async def _send(self, response: web.StreamResponse, line: bytes) -> None:
        async with asyncio.timeout(self._patience):  # None: for as long as it takes
            await response.write(line)

    # -- scenario steps ------------------------------------------------------------------------------------------------

    async def _take_step(self, response: web.StreamResponse) -> bool:
        """Do the step that is due; whether the connection goes on."""
        body, rule_id = self._model
        match self._script.take():
            case scenario.Partial():
                await response.write(body[: len(body) // 2])
            case scenario.Reset():
                await response.write(body[: len(body) // 2])
                self.reset()
            case scenario.Silence():
                await self._ending.wait()
            case scenario.Disconnect(problem=problem):
                await response.write(_announcement(problem))
            case scenario.BadLine(kind=kind):
                await self._send(response, bad_line(kind, body, rule_id))
                self.bad[kind] += 1
                return True
            case scenario.Twice(posts=posts):
                self._twice = posts
                return True
            case scenario.Shuffle(posts=posts):
                self._hold = posts
                return True
            case scenario.Burst(factor=factor, seconds=seconds):
                self._burst = self._clock() + seconds, self.feed.rate
                self.feed.hasten(self.feed.rate * factor)
                return True
            case scenario.DropSlowReader(seconds=seconds):
                self._patience = seconds
                return True
        return False


def _announcement(problem: scenario.Announced) -> bytes:
    """The line that X writes before it ends a connection."""
    match problem:
        case "UsageCapExceeded":
            body = REFUSALS["usage_cap"].body
        case "TooManyConnections":
            body = REFUSALS["too_many_connections"].body
        case _:
            body = {
                "title": "operational-disconnect",
                "disconnect_type": problem,
                "detail": "This stream has been disconnected.",
                "type": "https://api.twitter.com/2/problems/operational-disconnect",
            }
    return _encode({"errors": [body]}) + END
