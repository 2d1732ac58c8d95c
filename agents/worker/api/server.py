"""The process beside the worker that speaks HTTP: routes, tokens, tags, compression, and answers kept for a moment.

Started by `beside.py` as `python -m agents.worker.api.server FD LISTENING_FD`; ends with the worker, when the pair of
sockets to it closes. Knows no table: it asks the worker, at most every two seconds for each answer, however many
clients ask for it.
"""

import asyncio
import gzip
import hmac
import signal
import socket
import sys
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from itertools import count

import msgspec
import uvloop
from aiohttp import web

from agents.worker.api import openapi
from agents.worker.api.link import Ask, Made, What, receive, send
from agents.worker.api.shapes import Health, Ready, Refusal
from streams import secret_file
from streams.directory.search import Named, suggestions
from streams.settings import Settings, load

FRESH_SECONDS = 2.0
"""An answer is given again for so long before the worker is asked."""
WORKER_SECONDS = 30.0
"""Most time that the worker has for an answer; it may be busy, or save its time for counting."""
HEALTH_SECONDS = 2.0
KEPT = 400
GZIP_BYTES = 1400
"""A shorter body fits into one packet."""

_SILENT = f"the worker's process did not answer within {HEALTH_SECONDS:g} s"
_encode = msgspec.json.Encoder().encode
_JSON = "application/json"


class SilentWorkerError(Exception):
    """The worker did not answer in time."""


class _Kept:
    """An answer as it was given last."""

    __slots__ = ("asked", "made", "zipped")

    def __init__(self, made: Made, asked: float) -> None:
        self.made = made
        self.asked = asked
        self.zipped: bytes | None = None


class Worker:
    """The worker, asked over the pair of sockets."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._numbers = count(1)
        self._pending: dict[int, asyncio.Future[Made]] = {}
        self._kept: OrderedDict[tuple[What, str], _Kept] = OrderedDict()
        self._asking: dict[tuple[What, str], asyncio.Task[_Kept]] = {}

    async def listen(self) -> None:
        """Take answers until the worker is gone."""
        while (made := await receive(self._reader, Made)) is not None:
            if (waiting := self._pending.pop(made.number, None)) is not None and not waiting.done():
                waiting.set_result(made)

    async def get(self, what: What, id: str = "") -> _Kept:
        """An answer, at most `FRESH_SECONDS` old. Raises `SilentWorkerError`."""
        place = what, id
        kept = self._kept.get(place)
        if kept is not None and time.monotonic() - kept.asked < FRESH_SECONDS:
            return kept
        asking = self._asking.get(place)
        if asking is None:
            asking = self._asking[place] = asyncio.create_task(self._get(what, id, kept))
            asking.add_done_callback(lambda _: self._asking.pop(place, None))
        return await asyncio.shield(asking)

    async def _get(self, what: What, id: str, kept: _Kept | None) -> _Kept:
        asked = time.monotonic()
        made = await self.ask(what, id, kept.made.tag if kept is not None else "", WORKER_SECONDS)
        if made.status == 304 and kept is not None:
            kept.asked = asked
            self._kept.move_to_end((what, id))
            return kept
        found = _Kept(made, asked)
        if made.status == 200:
            self._kept[what, id] = found
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        else:
            self._kept.pop((what, id), None)
        return found

    async def ask(self, what: What, id: str, known: str, seconds: float) -> Made:
        """Ask once. Raises `SilentWorkerError`."""
        number = next(self._numbers)
        answer = self._pending[number] = asyncio.get_running_loop().create_future()
        send(self._writer, Ask(number, what, id, known))
        try:
            return await asyncio.wait_for(answer, seconds)
        except TimeoutError:
            raise SilentWorkerError from None
        finally:
            self._pending.pop(number, None)


class Api:
    """The handlers. Each answers one route."""

    def __init__(self, worker: Worker, settings: Settings, token: str) -> None:
        """`token`: what clients must show; empty: nothing."""
        self._worker = worker
        self._name = settings.worker_name
        self._token = token.encode()
        self._document = _encode(openapi.document())
        self._names: tuple[str, dict[str, Named]] = ("", {})
        """Tag of the hospitals' names, and these by id."""

    def application(self) -> web.Application:
        """Routes and what stands before them."""
        app = web.Application(middlewares=[self._guard])
        routes: dict[str, Callable[[web.Request], Awaitable[web.Response]]] = {
            "/healthz": self._health,
            "/readyz": self._ready,
            "/v1/openapi.json": self._openapi,
            "/v1/hospitals": self._hospitals,
            "/v1/hospitals/{id}": self._hospital,
            "/v1/hospitals/{id}/questions": self._questions,
            "/v1/regions/{hrr}": self._region,
        }
        for path, handler in routes.items():
            app.router.add_get(path, handler)
        return app

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Check the token; make one shape of every error."""
        if self._token and request.path.startswith("/v1/") and not self._shown(request):
            fix = "send the header `Authorization: Bearer TOKEN`, with what EARSHOT_API_TOKEN_FILE holds"
            return _refused(401, "a token is needed, or this is not it", fix, {"WWW-Authenticate": "Bearer"})
        try:
            return await handler(request)
        except SilentWorkerError:
            return _refused(503, "the worker does not answer", "ask again in some seconds; see its log if it stays so")
        except web.HTTPNotFound:
            return _refused(404, f"there is no {request.path}", "see /v1/openapi.json for what there is")
        except web.HTTPMethodNotAllowed as error:
            allowed = ", ".join(sorted(error.allowed_methods))
            return _refused(405, f"{request.method} is not allowed: the API only reads", "use GET", {"Allow": allowed})
        except web.HTTPException as error:
            return _refused(error.status, error.reason, "correct the request")

    def _shown(self, request: web.Request) -> bool:
        """Whether the request shows the token; takes as long for any other one."""
        kind, _, given = request.headers.get("Authorization", "").partition(" ")
        shown = given.strip().encode("utf-8", "surrogateescape")
        return hmac.compare_digest(shown, self._token) and kind.lower() == "bearer"

    # -- routes -------------------------------------------------------------------------------------------------------

    async def _health(self, _: web.Request) -> web.Response:
        silent = Health(worker=self._name, healthy=False, progress_seconds=None, why=_SILENT)
        return await self._of_process("health", silent)

    async def _ready(self, _: web.Request) -> web.Response:
        return await self._of_process(
            "ready", Ready(worker=self._name, ready=False, partitions=(), others=(), why=_SILENT)
        )

    async def _of_process(self, what: What, silent: Health | Ready) -> web.Response:
        """`silent`: what to say if the worker does not."""
        try:
            made = await self._worker.ask(what, "", "", HEALTH_SECONDS)
        except SilentWorkerError:
            made = Made(0, 503, _encode(silent), "")
        return web.Response(body=made.body, status=made.status, headers=_headers({"Cache-Control": "no-store"}))

    async def _openapi(self, _: web.Request) -> web.Response:
        return web.Response(body=self._document, headers=_headers({"Cache-Control": "max-age=3600"}))

    async def _hospitals(self, request: web.Request) -> web.Response:
        return self._answered(request, await self._worker.get("hospitals"))

    async def _hospital(self, request: web.Request) -> web.Response:
        return await self._of_hospital(request, "hospital")

    async def _questions(self, request: web.Request) -> web.Response:
        return await self._of_hospital(request, "questions")

    async def _of_hospital(self, request: web.Request, what: What) -> web.Response:
        wanted = request.match_info["id"]
        names = await self._known_names()
        if wanted not in names:
            return _refused(404, f"no hospital of the directory has the id {wanted[:80]!r}", _meant(names, wanted[:80]))
        return self._answered(request, await self._worker.get(what, wanted))

    async def _known_names(self) -> dict[str, Named]:
        kept = await self._worker.get("names")
        if self._names[0] != kept.made.tag:
            every = msgspec.json.decode(kept.made.body, type=list[Named])
            self._names = kept.made.tag, {one.id: one for one in every}
        return self._names[1]

    async def _region(self, request: web.Request) -> web.Response:
        kept = await self._worker.get("region", request.match_info["hrr"][:20])
        if kept.made.status == 404:
            fix = "take a number (hrr) that /v1/hospitals shows"
            return _refused(404, msgspec.json.decode(kept.made.body, type=Refusal).error, fix)
        return self._answered(request, kept)

    # -- answers ------------------------------------------------------------------------------------------------------

    def _answered(self, request: web.Request, kept: _Kept) -> web.Response:
        made = kept.made
        if made.status == 307:
            return self._redirected(request, made.address)
        if made.status != 200:
            retry = {"Retry-After": "5"} if made.status == 503 else {}
            return web.Response(body=made.body, status=made.status, headers=_headers(retry))
        headers = _headers(
            {
                "ETag": f'W/"{made.tag}"',
                "Cache-Control": f"private, max-age={FRESH_SECONDS:.0f}",
                "Vary": "Accept-Encoding",
            }
        )
        if f'"{made.tag}"' in request.headers.get("If-None-Match", ""):
            return web.Response(status=304, headers={name: headers[name] for name in ("ETag", "Cache-Control", "Vary")})
        body = made.body
        if len(body) >= GZIP_BYTES and "gzip" in request.headers.get("Accept-Encoding", ""):
            if kept.zipped is None:
                kept.zipped = gzip.compress(body, 5)
            body, headers["Content-Encoding"] = kept.zipped, "gzip"
        return web.Response(body=body, headers=headers)

    @staticmethod
    def _redirected(request: web.Request, address: str) -> web.Response:
        if "sent" in request.query:
            error = f"another worker sent you here, and this one knows of {address}: the hospital changes hands"
            return _refused(503, error, "ask again in some seconds", {"Retry-After": "5"})
        to = f"{request.scheme}://{address}{request.path}?sent=1"
        fix = "follow the redirect, with the same token"
        return _refused(307, f"the worker at {address} holds it", fix, {"Location": to, "Cache-Control": "no-store"})


def _meant(names: dict[str, Named], wanted: str) -> str:
    found = suggestions(names.values(), wanted)
    if not found:
        return "see /v1/hospitals for the ids"
    return f"did you mean {' or '.join(f'{one.id} ({one.name})' for one in found)}? /v1/hospitals has all ids"


def _headers(others: dict[str, str]) -> dict[str, str]:
    return {"Content-Type": _JSON, "X-Content-Type-Options": "nosniff", **others}


def _refused(status: int, error: str, fix: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(status=status, body=_encode(Refusal(error=error, fix=fix)), headers=_headers(headers or {}))


async def serve(settings: Settings, link: socket.socket, listening: socket.socket) -> None:
    """Serve until the worker is gone."""
    token = secret_file.read(settings, "api_token_file", "API token") if settings.api_token_file else ""
    worker = Worker(*await asyncio.open_connection(sock=link))
    runner = web.AppRunner(Api(worker, settings, token).application(), access_log=None)
    await runner.setup()
    try:
        await web.SockSite(runner, listening).start()
        await worker.listen()
    finally:
        await asyncio.wait_for(runner.cleanup(), 1.0)


def main() -> None:
    """The process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # ctrl-c in a terminal is the worker's, which ends this
    link, listening = (socket.socket(fileno=int(number)) for number in sys.argv[1:3])
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(load(), link, listening))


if __name__ == "__main__":
    main()
