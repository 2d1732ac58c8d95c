"""The simulated X over HTTP: rules, the filtered stream, search, limits, and ends of a connection on demand.

Owns the endpoints, their limits and the token, and what a test may ask. Called by `earshot simulate-x` and the tests.
Posts and connections are `stream.py`'s.
"""

import asyncio
import hmac
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from aiohttp import web

from agents.simulated import past
from agents.simulated.address import listen
from agents.simulated.answers import answer, invalid, refuse
from agents.simulated.bad_lines import END
from agents.simulated.compliance import Compliance
from agents.simulated.history import History
from agents.simulated.limits import CHANGE_RULES, CONNECTIONS, READ_RULES, SEARCHES, Limit
from agents.simulated.options import DEFAULTS, Options
from agents.simulated.people import Target
from agents.simulated.rule_book import RuleBook
from agents.simulated.scenario import Refuse
from agents.simulated.script import Script
from agents.simulated.search import InvalidError, search
from agents.simulated.stream import Stream

RULES_PATH = "/2/tweets/search/stream/rules"
STREAM_PATH = "/2/tweets/search/stream"
SEARCH_PATH = "/2/tweets/search/recent"


class SimulatedX:
    """One simulated X; an async context manager that listens meanwhile. Used from its own loop only."""

    def __init__(
        self, targets: tuple[Target, ...], options: Options = DEFAULTS, *, clock: Callable[[], float] = time.time
    ) -> None:
        """`targets`: the hospitals that people write to and about. `clock`: seconds since the epoch, for limits, search
        and scenario; rate and heartbeat are of real seconds."""
        self.url = ""
        self.attempts: list[tuple[float, int]] = []
        """Each request for the stream: (monotonic time, status)."""
        self.compliance = Compliance(clock, options.heartbeat)
        self.history = History()
        """Every post that was written."""
        self.clock = clock
        self._options = options
        self._targets = targets
        self._book = RuleBook(options.most_rules, options.most_chars)
        self._script = Script(options.steps, clock)
        self._stream = Stream(targets, options, self._book, self._script, self.history, clock)
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
        self.url = f"http://{await listen(self._runner, self._options.host, self._options.port)}"
        if self._options.live:
            self._going_on = asyncio.create_task(self._stream.go_on())
        return self

    def past(self, seconds: float) -> Iterator[bytes]:
        """What a listener would have been sent in the `seconds` before now, as lines; search finds it, too. Call it
        before this X listens, and use it up."""
        until_ms = int(self.clock() * 1000)
        for post in past.written(self._stream.feed.writer, self._targets, self._options.seed, until_ms, seconds):
            self.history.add(post)
            yield post.body + b',"matching_rules":[{"id":"1"}]}' + END

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
        """Post id (of an edit: its first version's) -> how often it was written to a connection as a good line. Kept
        only when there is a `count`: a run without one may last for days."""
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
            page = search(self.history, request.query, self.clock(), self._options.search_delay)
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
        return await self._stream.serve(request, limit.headers())

    def _refused(self, step: Refuse) -> web.Response:
        """As the scenario says, with the headers that it says."""
        refused = refuse(step.answer)
        if step.reset_in is not None:
            refused.headers["x-rate-limit-remaining"] = "0"
            refused.headers["x-rate-limit-reset"] = str(int(self.clock()) + step.reset_in)
        if step.retry_after is not None:
            refused.headers["retry-after"] = str(step.retry_after)
        return refused

    @web.middleware
    async def _authorised(self, request: web.Request, handler: Any) -> web.StreamResponse:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        good = (
            scheme == "Bearer"
            and token
            and (not self._options.token or hmac.compare_digest(token, self._options.token))
        )
        if not good:
            if request.path == STREAM_PATH:
                self.attempts.append((time.monotonic(), 401))
            return refuse("unauthorised")
        handled: web.StreamResponse = await handler(request)
        return handled
