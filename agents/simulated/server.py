"""The simulated X over HTTP: rules, the filtered stream, limits, and ends of a connection on demand.

Owns the endpoints, their answers in X's shapes and who is connected. Called by `earshot simulate-x` and the tests.
Posts come from `feed.py`; they wait while nobody listens, where X would go on without the listener.
"""

import asyncio
import contextlib
import hmac
import socket
import struct
import time
from collections import Counter
from typing import Any

import msgspec
from aiohttp import web

from agents.simulated.bad_lines import END, BadLines
from agents.simulated.feed import Feed
from agents.simulated.limits import CHANGE_RULES, CONNECTIONS, READ_RULES, Limit
from agents.simulated.people import Target
from agents.simulated.posts import Post
from agents.simulated.rule_book import PROBLEMS, RuleBook
from streams.errors import UserError

RULES_PATH = "/2/tweets/search/stream/rules"
STREAM_PATH = "/2/tweets/search/stream"
HEARTBEAT_SECONDS = 20.0
TURN_SECONDS = 0.02
"""How often posts that are due go out: at 2,000 a second 40 lines at a time, each in a chunk of its own."""

_encode = msgspec.json.Encoder().encode


class SimulatedX:
    """One simulated X; an async context manager that listens meanwhile. Used from its own loop only."""

    def __init__(
        self, targets: tuple[Target, ...], *, rate: float = 200.0, seed: int = 7, count: int | None = None,
        bad_every: int = 0, token: str = "", heartbeat: float = HEARTBEAT_SECONDS, start_ms: int | None = None,
        host: str = "127.0.0.1", port: int = 0,
    ) -> None:  # fmt: skip
        """`rate`: posts written a second, `count`: posts in all; about one in ten matches no rule and is not delivered.

        `bad_every`: a bad line after so many good ones. `token`: the one that is taken; empty takes any. `start_ms`:
        time of the first post, ms since the epoch; given with the seed and rate it makes every byte repeatable,
        otherwise it is the time of the first connection.
        """
        self.url = ""
        self.delivered: Counter[str] = Counter()
        """Post id -> how often it was written to a connection as a good line. Kept only when there is a `count`: a run
        without one may last for days."""
        self._counted = count is not None
        self.bad: Counter[str] = Counter()
        """Kind of bad line -> how often."""
        self.attempts: list[tuple[float, int]] = []
        """Each request for the stream: (monotonic time, status)."""
        self.exhausted = False
        """Whether every post and copy has been written to a connection."""
        self._feed = Feed(seed, rate, targets, count)
        self._bad_lines = BadLines(bad_every)
        self._token = token
        self._heartbeat = heartbeat
        self._start_ms = start_ms
        self._host = host
        self._port = port
        self._book = RuleBook()
        self._limits = {"stream": Limit(CONNECTIONS), "GET": Limit(READ_RULES), "POST": Limit(CHANGE_RULES)}
        self._connected: web.Request | None = None
        self._ending = asyncio.Event()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> "SimulatedX":
        application = web.Application(middlewares=[self._authorised], client_max_size=8 * 1024 * 1024)
        application.router.add_get(RULES_PATH, self._list_rules)
        application.router.add_post(RULES_PATH, self._change_rules)
        application.router.add_get(STREAM_PATH, self._stream)
        # A listener that goes is noticed at once, also while nothing is sent: its place is free for the next.
        self._runner = web.AppRunner(application, access_log=None, handler_cancellation=True, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port)
        try:
            await site.start()
        except OSError as error:
            await self._runner.cleanup()
            raise UserError(f"port {self._port} cannot be used ({error.strerror}): give another --port, or 0") from None
        self.url = f"http://{self._host}:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._ending.set()
        if self._runner is not None:
            await self._runner.cleanup()

    # -- what a test may ask and do ------------------------------------------------------------------------------------

    @property
    def made(self) -> int:
        """Posts written, delivered or not."""
        return self._feed.made

    @property
    def connected(self) -> bool:
        """Whether somebody listens."""
        return self._connected is not None

    @property
    def rules(self) -> list[dict[str, str]]:
        """The rules as X lists them."""
        return [rule.json() for rule in self._book.rules.values()]

    @property
    def changes(self) -> list[str]:
        """`add` or `delete`, for each request that changed the rules."""
        return self._book.changes

    def forget_rules(self) -> None:
        """Delete every rule, as an account's owner may do elsewhere."""
        self._book.rules.clear()

    async def end_stream(self) -> None:
        """End the present connection in good order: a complete answer, as X does when it has to."""
        self._ending.set()

    async def reset_stream(self) -> None:
        """Break the present connection: RST, amid the answer."""
        if self._connected is not None and (transport := self._connected.transport) is not None:
            connection: socket.socket = transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()

    # -- rules ---------------------------------------------------------------------------------------------------------

    async def _list_rules(self, request: web.Request) -> web.Response:
        limit = self._limits["GET"]
        if not limit.take():
            return _too_many_requests(limit)
        return _json(self._book.listed(set(filter(None, request.query.get("ids", "").split(",")))), limit=limit)

    async def _change_rules(self, request: web.Request) -> web.Response:
        limit = self._limits["POST"]
        if not limit.take():
            return _too_many_requests(limit)
        dry_run = request.query.get("dry_run", "").lower() == "true"
        try:
            match await request.json():
                case {"add": [_, *_] as values}:
                    answer, status = self._book.add(values, dry_run), 201
                case {"delete": dict() as which}:
                    answer, status = self._book.delete(which, dry_run), 200
                case _:
                    raise ValueError
        except (ValueError, KeyError, TypeError, AttributeError):
            return _problem(400, "Invalid Request", "give `add` or `delete`", kind="invalid-request", limit=limit)
        return _json(answer, status, limit)

    # -- stream --------------------------------------------------------------------------------------------------------

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        limit = self._limits["stream"]
        refused: web.Response | None = None
        if not limit.take():
            refused = _too_many_requests(limit)
        elif self._connected is not None:
            refused = _connection_problem(
                429, "This stream is at the maximum allowed connection limit.", "TooManyConnections", limit
            )
        elif not self._book.rules:
            refused = _connection_problem(409, "Add a rule before connecting.", "RuleConfigurationIssue", limit)
        self.attempts.append((time.monotonic(), refused.status if refused else 200))
        if refused is not None:
            return refused
        self._connected = request
        self._ending.clear()
        response = web.StreamResponse(headers={**limit.headers(), "Content-Type": "application/json; charset=utf-8"})
        response.enable_chunked_encoding()
        try:
            # The listener may go at any line.
            with contextlib.suppress(ConnectionError):
                await response.prepare(request)
                await self._deliver(response)
                await response.write_eof()
        finally:
            self._connected = None
        return response

    async def _deliver(self, response: web.StreamResponse) -> None:
        """Write what is due until the connection is to end. Late, it catches up; a slow listener slows it."""
        feed = self._feed
        feed.start(self._start_ms if self._start_ms is not None else time.time_ns() // 1_000_000)
        loop = asyncio.get_running_loop()
        began, already, wrote_at = loop.time(), feed.made, loop.time()
        while not self._ending.is_set():
            for post, _ in feed.until(already + int((loop.time() - began) * feed.rate)):
                if await self._write(response, post):
                    wrote_at = loop.time()
                if self._ending.is_set():
                    return
            self.exhausted = feed.exhausted
            if loop.time() - wrote_at >= self._heartbeat:
                await response.write(END)
                wrote_at = loop.time()
            idle = wrote_at + self._heartbeat - loop.time()
            pause = idle if feed.exhausted else min(idle, max(TURN_SECONDS, 1 / feed.rate))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), max(pause, 0.0))

    async def _write(self, response: web.StreamResponse, post: Post) -> bool:
        """Write the post, if a rule matches, and the bad line that is due after it."""
        matching = [rule for rule in self._book.rules.values() if rule.matches(post.atoms)]
        if not matching:
            return False
        tags = [{"id": rule.id} | ({"tag": rule.tag} if rule.tag is not None else {}) for rule in matching]
        await response.write(post.body + b',"matching_rules":' + _encode(tags) + b"}" + END)
        if self._counted:
            self.delivered[post.id] += 1
        bad = self._bad_lines.after(post.body, matching[0].id)
        if bad is not None:
            await response.write(bad.line)
            self.bad[bad.kind] += 1
        return True

    # -- token ---------------------------------------------------------------------------------------------------------

    @web.middleware
    async def _authorised(self, request: web.Request, handler: Any) -> web.StreamResponse:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        good = scheme == "Bearer" and token and (not self._token or hmac.compare_digest(token, self._token))
        if not good:
            if request.path == STREAM_PATH:
                self.attempts.append((time.monotonic(), 401))
            return _json({"title": "Unauthorized", "type": "about:blank", "status": 401, "detail": "Unauthorized"}, 401)
        answer: web.StreamResponse = await handler(request)
        return answer


def _json(answer: dict[str, Any], status: int = 200, limit: Limit | None = None) -> web.Response:
    headers = limit.headers() if limit is not None else {}
    return web.Response(body=_encode(answer), status=status, headers=headers, content_type="application/json")


def _problem(status: int, name: str, detail: str, kind: str, limit: Limit, **more: str) -> web.Response:
    answer = {"title": name, "detail": detail, "type": f"{PROBLEMS}{kind}", "status": status, **more}
    return _json(answer, status, limit)


def _connection_problem(status: int, detail: str, issue: str, limit: Limit) -> web.Response:
    return _problem(status, "ConnectionException", detail, "streaming-connection", limit, connection_issue=issue)


def _too_many_requests(limit: Limit) -> web.Response:
    return _problem(429, "Too Many Requests", "Too Many Requests", "too-many-requests", limit)
