"""The simulated X over HTTP: rules, the filtered stream, search, limits, and ends of a connection on demand.

Owns the endpoints, their limits and the token, and what a test may ask. Called by `earshot simulate-x` and the tests.
Posts and connections are `stream.py`'s.
"""

import asyncio
import hmac
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from aiohttp import web

from agents.simulated.answers import answer, invalid, refuse
from agents.simulated.bad_lines import BadLines
from agents.simulated.compliance import Compliance
from agents.simulated.feed import Feed
from agents.simulated.history import History
from agents.simulated.limits import CHANGE_RULES, CONNECTIONS, READ_RULES, SEARCHES, Limit
from agents.simulated.people import Target
from agents.simulated.rule_book import MAX_RULES, RuleBook
from agents.simulated.scenario import AnyStep, Refuse
from agents.simulated.script import Script
from agents.simulated.search import DELAY_SECONDS, InvalidError, search
from agents.simulated.stream import Stream
from agents.simulated.stream_rules import MAX_CHARS
from streams.errors import UserError

RULES_PATH = "/2/tweets/search/stream/rules"
STREAM_PATH = "/2/tweets/search/stream"
SEARCH_PATH = "/2/tweets/search/recent"
HEARTBEAT_SECONDS = 20.0


class SimulatedX:
    """One simulated X; an async context manager that listens meanwhile. Used from its own loop only."""

    def __init__(
        self, targets: tuple[Target, ...], *, rate: float = 200.0, seed: int = 7, count: int | None = None,
        bad_every: int = 0, token: str = "", heartbeat: float = HEARTBEAT_SECONDS, start_ms: int | None = None,
        host: str = "127.0.0.1", port: int = 0, steps: Sequence[AnyStep] = (), live: bool = False,
        search_delay: float = DELAY_SECONDS, clock: Callable[[], float] = time.time,
        rule_limits: tuple[int, int] = (MAX_RULES, MAX_CHARS),
    ) -> None:  # fmt: skip
        """`rate`: posts written a second, `count`: posts in all; about one in ten matches no rule and is not delivered.

        `bad_every`: a bad line after so many good ones. `token`: the one that is taken; empty takes any. `start_ms`:
        time of the first post, ms since the epoch; given with the seed and rate it makes every byte repeatable,
        otherwise it is the time of the first connection. `steps`: a scenario's. `live`: posts are written from the
        start on and also while nobody listens, and only search finds those; without, they wait for a listener.
        `search_delay`: see `search.DELAY_SECONDS`. `clock`: seconds since the epoch, for limits, search and scenario;
        rate and heartbeat are of real seconds. `rule_limits`: most rules, and most characters of one.
        """
        self.url = ""
        self.attempts: list[tuple[float, int]] = []
        """Each request for the stream: (monotonic time, status)."""
        self.compliance = Compliance(clock, heartbeat)
        self._token = token
        self._host = host
        self._port = port
        self._live = live
        self._search_delay = search_delay
        self._clock = clock
        self._book = RuleBook(*rule_limits)
        self._history = History()
        self._script = Script(steps, clock)
        self._stream = Stream(
            Feed(seed, rate, targets, count), self._book, BadLines(bad_every), self._script, self._history,
            counted=count is not None, heartbeat=heartbeat, start_ms=start_ms, clock=clock,
        )  # fmt: skip
        kinds = {"stream": CONNECTIONS, "GET": READ_RULES, "POST": CHANGE_RULES, "search": SEARCHES}
        self._limits = {kind: Limit(most, clock) for kind, most in kinds.items()}
        self._runner: web.AppRunner | None = None
        self._going_on: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "SimulatedX":
        application = web.Application(middlewares=[self._authorised], client_max_size=8 * 1024 * 1024)
        application.router.add_get(RULES_PATH, self._list_rules)
        application.router.add_post(RULES_PATH, self._change_rules)
        application.router.add_get(STREAM_PATH, self._listen)
        application.router.add_get(SEARCH_PATH, self._search)
        self.compliance.add_to(application.router)
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
        if self._live:
            self._going_on = asyncio.create_task(self._stream.go_on())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stream.end()
        self.compliance.end()
        if self._going_on is not None:
            self._going_on.cancel()
        if self._runner is not None:
            await self._runner.cleanup()

    # -- what a test may ask and do ------------------------------------------------------------------------------------

    @property
    def made(self) -> int:
        """Posts written, delivered or not."""
        return self._stream.feed.made

    @property
    def delivered(self) -> Counter[str]:
        """Post id -> how often it was written to a connection as a good line. Kept only when there is a `count`: a run
        without one may last for days."""
        return self._stream.delivered

    @property
    def bad(self) -> Counter[str]:
        """Kind of bad line -> how often."""
        return self._stream.bad

    @property
    def exhausted(self) -> bool:
        """Whether every post and copy has been written to a connection; live: or to nobody."""
        return self._stream.exhausted

    @property
    def scenario_over(self) -> bool:
        """Whether everything that the scenario says has happened."""
        return self._stream.scenario_over

    @property
    def connected(self) -> bool:
        """Whether somebody listens."""
        return self._stream.listener is not None

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
        self._stream.end()

    async def reset_stream(self) -> None:
        """Break the present connection: RST, amid the answer."""
        self._stream.reset()

    # -- endpoints -----------------------------------------------------------------------------------------------------

    async def _list_rules(self, request: web.Request) -> web.Response:
        limit = self._limits["GET"]
        if not limit.take():
            return refuse("rate_limited", limit)
        wanted = set(filter(None, request.query.get("ids", "").split(",")))
        return answer(self._book.listed(wanted), headers=limit.headers())

    async def _change_rules(self, request: web.Request) -> web.Response:
        limit = self._limits["POST"]
        if not limit.take():
            return refuse("rate_limited", limit)
        dry_run = request.query.get("dry_run", "").lower() == "true"
        try:
            match await request.json():
                case {"add": [_, *_] as values}:
                    return answer(self._book.add(values, dry_run), 201, limit.headers())
                case {"delete": dict() as which}:
                    return answer(self._book.delete(which, dry_run), headers=limit.headers())
        except (ValueError, KeyError, TypeError, AttributeError):
            pass  # no known shape either
        return refuse("bad_request", limit)

    async def _search(self, request: web.Request) -> web.Response:
        limit = self._limits["search"]
        if not limit.take():
            return refuse("rate_limited", limit)
        try:
            page = search(self._history, request.query, self._clock(), self._search_delay)
        except InvalidError as error:
            return invalid(error.parameter, error.value, str(error), limit)
        return answer(page, headers=limit.headers())

    async def _listen(self, request: web.Request) -> web.StreamResponse:
        limit = self._limits["stream"]
        refused: web.Response | None = None
        if not limit.take():
            refused = refuse("rate_limited", limit)
        elif (step := self._script.refusal()) is not None:
            refused = self._refused(step)
        elif self.connected:
            refused = refuse("too_many_connections", limit)
        elif not self._book.rules:
            refused = refuse("no_rules", limit)
        self.attempts.append((time.monotonic(), refused.status if refused else 200))
        if refused is not None:
            return refused
        return await self._stream.serve(request, limit.headers(), waits=not self._live)

    def _refused(self, step: Refuse) -> web.Response:
        """As the scenario says, with the headers that it says."""
        refused = refuse(step.answer)
        if step.reset_in is not None:
            refused.headers["x-rate-limit-remaining"] = "0"
            refused.headers["x-rate-limit-reset"] = str(int(self._clock()) + step.reset_in)
        if step.retry_after is not None:
            refused.headers["retry-after"] = str(step.retry_after)
        return refused

    @web.middleware
    async def _authorised(self, request: web.Request, handler: Any) -> web.StreamResponse:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        good = scheme == "Bearer" and token and (not self._token or hmac.compare_digest(token, self._token))
        if not good:
            if request.path == STREAM_PATH:
                self.attempts.append((time.monotonic(), 401))
            return refuse("unauthorised")
        handled: web.StreamResponse = await handler(request)
        return handled
