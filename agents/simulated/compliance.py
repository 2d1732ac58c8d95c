"""X's compliance, simulated: batch jobs with their uploads and results, and the streams of both kinds.

Owns these endpoints, what was taken back, and what goes wrong on purpose. Added to the simulated X by `server.py`,
which looks at the token, for the jobs' two addresses too: X's own want it (integration guide of 2026). Knows nothing of
posts: a test says which are gone.
"""

import asyncio
import contextlib
import itertools
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
from aiohttp import web

from agents.simulated.answers import RefusalName, answer, refuse
from agents.simulated.limits import Limit

JOBS_PATH = "/2/compliance/jobs"
STREAM_PATH = "/2/{of:tweets|users}/compliance/stream"
JOB_REQUESTS, STREAM_REQUESTS = 150, 100
"""Of one window (X API v2)."""
UPLOAD_SECONDS, DOWNLOAD_SECONDS = 15 * 60, 7 * 86_400
"""How long a job's two addresses are good."""
PARTITIONS = 4

_encode = msgspec.json.Encoder().encode


class _Job(msgspec.Struct):
    id: str
    name: str
    created: float
    status: str = "created"
    ids: list[str] = []
    looks: int = 0
    """How often it is still `in_progress` when it is looked at."""


class Compliance:
    """Used from the simulated X's loop; its counts may be read, and `gone` filled, from any thread."""

    def __init__(self, clock: Callable[[], float] = time.time, heartbeat: float = 20.0) -> None:
        """`clock`: seconds since the epoch. `heartbeat`: real seconds."""
        self.gone: dict[str, tuple[str, str]] = {}
        """Post id -> X's action and reason, as a job's result tells them."""
        self.looks = 1
        """How often a new job is still being worked on when it is looked at."""
        self.failing = 0
        """So many of the next jobs fail."""
        self.refusals: deque[tuple[RefusalName, int | None]] = deque()
        """The next requests about jobs are refused so; the number: seconds until the window ends, by its header."""
        self.jobs: dict[str, _Job] = {}
        self.requests: list[str] = []
        """Method and last part of the path, of each request about jobs."""
        self.listening: dict[tuple[str, int], asyncio.Queue[bytes]] = {}
        self._clock = clock
        self._heartbeat = heartbeat
        self._job_limit = Limit(JOB_REQUESTS, clock)
        self._stream_limits = {of: Limit(STREAM_REQUESTS, clock) for of in ("tweets", "users")}
        self._ids = itertools.count(1_800_000_000_000_000_000)
        self._ending = asyncio.Event()

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Add the endpoints."""
        router.add_post(JOBS_PATH, self._make)
        router.add_get(JOBS_PATH, self._list)
        router.add_get(JOBS_PATH + "/{id}", self._show)
        router.add_delete(JOBS_PATH + "/{id}", self._cancel)
        router.add_put(JOBS_PATH + "/{id}/upload", self._upload)
        router.add_get(JOBS_PATH + "/{id}/download", self._download)
        router.add_get(STREAM_PATH, self._listen)

    def end(self) -> None:
        """End every connection."""
        self._ending.set()

    async def end_connections(self) -> None:
        """End every connection of the streams in good order; the next ones stand."""
        self._ending.set()
        self._ending = asyncio.Event()

    async def tell(self, of: str, event: dict[str, Any], partition: int = 1) -> None:
        """Have an event told to whoever listens to the partition; nobody else ever hears it."""
        if (queue := self.listening.get((of, partition))) is not None:
            queue.put_nowait(_encode({"data": event}) + b"\r\n")

    # -- jobs ----------------------------------------------------------------------------------------------------------

    async def _make(self, request: web.Request) -> web.Response:
        if (refused := self._refused(request)) is not None:
            return refused
        asked = await request.json()
        if asked.get("type") not in ("tweets", "users"):
            return refuse("bad_request", self._job_limit)
        if any(one.status in ("created", "in_progress") for one in self.jobs.values()):
            return answer({"title": "Conflict", "status": 409, "type": "about:blank"}, 409)
        job = _Job(str(next(self._ids)), asked.get("name", ""), self._clock())
        job.looks = self.looks
        self.jobs[job.id] = job
        return answer({"data": self._shown(job, request)}, headers=self._job_limit.headers())

    async def _list(self, request: web.Request) -> web.Response:
        if (refused := self._refused(request)) is not None:
            return refused
        jobs = [self._shown(job, request) for job in self.jobs.values()]
        body: dict[str, Any] = {"data": jobs} if jobs else {}
        return answer({**body, "meta": {"result_count": len(jobs)}}, headers=self._job_limit.headers())

    async def _show(self, request: web.Request) -> web.Response:
        if (refused := self._refused(request)) is not None:
            return refused
        job = self.jobs.get(request.match_info["id"])
        if job is None:
            return answer({"title": "Not Found Error", "status": 404}, 404)
        if job.status == "in_progress" and not job.looks:
            job.status = "failed" if self.failing else "complete"
            self.failing -= bool(self.failing)
        job.looks -= bool(job.looks)
        return answer({"data": self._shown(job, request)}, headers=self._job_limit.headers())

    async def _cancel(self, request: web.Request) -> web.Response:
        if (refused := self._refused(request)) is not None:
            return refused
        job = self.jobs.pop(request.match_info["id"], None)
        return answer({"data": {"deleted": True}}) if job else answer({"title": "Not Found Error"}, 404)

    async def _upload(self, request: web.Request) -> web.Response:
        if (refused := self._refused(request)) is not None:
            return refused
        job = self.jobs.get(request.match_info["id"])
        if job is None or job.status != "created" or self._clock() - job.created > UPLOAD_SECONDS:
            return refuse("forbidden")
        job.ids = (await request.text()).split()
        job.status = "in_progress"
        return web.Response()

    async def _download(self, request: web.Request) -> web.Response:
        if (refused := self._refused(request)) is not None:
            return refused
        job = self.jobs.get(request.match_info["id"])
        if job is None or job.status != "complete":
            return refuse("forbidden")
        lines = [
            {"id": one, "action": self.gone[one][0], "created_at": _written(job.created), "reason": self.gone[one][1]}
            for one in job.ids
            if one in self.gone
        ]
        return web.Response(body=b"".join(_encode(line) + b"\n" for line in lines))

    def _refused(self, request: web.Request) -> web.Response | None:
        self.requests.append(f"{request.method} {request.path.rsplit('/', 1)[-1]}")
        if not self._job_limit.take():
            return refuse("rate_limited", self._job_limit)
        if not self.refusals:
            return None
        name, reset_in = self.refusals.popleft()
        refused = refuse(name)
        if reset_in is not None:
            refused.headers["x-rate-limit-remaining"] = "0"
            refused.headers["x-rate-limit-reset"] = str(int(self._clock()) + reset_in)
        return refused

    def _shown(self, job: _Job, request: web.Request) -> dict[str, Any]:
        address = f"{request.url.origin()}{JOBS_PATH}/{job.id}"
        return {
            "id": job.id, "type": "tweets", "name": job.name, "status": job.status, "resumable": False,
            "created_at": _written(job.created),
            "upload_url": f"{address}/upload?token=secret", "download_url": f"{address}/download?token=secret",
            "upload_expires_at": _written(job.created + UPLOAD_SECONDS),
            "download_expires_at": _written(job.created + DOWNLOAD_SECONDS),
        }  # fmt: skip

    # -- streams -------------------------------------------------------------------------------------------------------

    async def _listen(self, request: web.Request) -> web.StreamResponse:
        of, partition = request.match_info["of"], request.query.get("partition", "")
        limit = self._stream_limits[of]
        if not limit.take():
            return refuse("rate_limited", limit)
        if partition not in {str(number) for number in range(1, PARTITIONS + 1)}:
            return refuse("bad_request", limit)
        place = of, int(partition)
        if place in self.listening:
            return refuse("too_many_connections", limit)
        queue = self.listening[place] = asyncio.Queue()
        response = web.StreamResponse(headers={**limit.headers(), "Content-Type": "application/json; charset=utf-8"})
        response.enable_chunked_encoding()
        ending = self._ending  # the next connection's may be another
        over = asyncio.create_task(ending.wait())
        line: asyncio.Task[bytes] | None = None
        try:
            with contextlib.suppress(ConnectionError):
                await response.prepare(request)
                while not ending.is_set():
                    line = line or asyncio.create_task(queue.get())
                    await asyncio.wait({line, over}, timeout=self._heartbeat, return_when="FIRST_COMPLETED")
                    sent, line = (line.result(), None) if line.done() else (b"\r\n", line)
                    await response.write(sent)
                await response.write_eof()
        finally:
            over.cancel()
            if line is not None:
                line.cancel()
            del self.listening[place]
        return response


def _written(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
