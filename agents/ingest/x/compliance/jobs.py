"""X's batch compliance jobs, through tweepy: make one, upload its ids, ask how far it is, fetch its result.

Owns the requests and the waits between them: X's own times, a bounded number of failures. Made by `daily_check.py` and
`agents/cli/compliance.py`, used by `check.py`. Facts are of X's integration guide of 2026 (batch compliance). Knows
neither which posts are asked about nor what a result says.
"""

import logging
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from typing import IO, TypeVar
from urllib.parse import urlsplit

import msgspec
import requests
import tweepy

from agents.ingest.threads import StoppedError
from agents.ingest.x.connection import TWEEPY_BASE_URL, BaseUrl
from agents.ingest.x.outcome import Outcome
from agents.ingest.x.problems import of_refusal
from agents.ingest.x.supervisor import Policy
from streams.errors import UserError
from streams.settings import variable

log = logging.getLogger(__name__)

MOST_BYTES = 128_000_000
"""Of one upload: X refuses more than 128 MB."""
ID_BYTES = 21
"""Of one line at most: 20 digits and its end."""
MOST_IDS = MOST_BYTES // ID_BYTES
"""Posts of one job, six million. X delivers three million a month to pay-per-use; more are asked about one job after
the other."""
MOST_NAME = 64
"""Characters of a job's name."""
MOST_FAILURES = 5
"""Requests in a row that may fail before a check is given up; the next one resumes its job."""
TRANSFER_SECONDS = 60.0
"""Without a byte for so long an upload or a download has failed."""
_SPOOL_BYTES = 4 * 1024 * 1024
_CHUNK_BYTES = 65_536
X_ORIGIN = ("https", "api.x.com")
CONFLICT, TOO_LARGE = 409, 413
"""HTTP: another job of this kind is active; the upload is too large."""


class Job(msgspec.Struct):
    """A job, as far as it is looked at. Its two addresses are secrets: they are never logged."""

    id: str
    name: str = ""
    status: str = ""
    """`created`, `in_progress`, `complete`, `failed`, `expired`."""
    created_at: str = ""
    upload_url: str = ""
    upload_expires_at: str = ""
    download_url: str = ""

    @property
    def active(self) -> bool:
        """Whether it keeps X from making another."""
        return self.status in ("created", "in_progress")


class _One(msgspec.Struct):
    data: Job


class _Many(msgspec.Struct):
    data: list[Job] = []


_Answer = TypeVar("_Answer", _One, _Many)


class Jobs:
    """The jobs of one token. One thread at a time."""

    def __init__(
        self, token: str, base_url: str, wait: Callable[[float], bool], clock: Callable[[], float] = time.time
    ) -> None:
        """`wait` sleeps so many seconds, may wake early, and says whether to stop; every method then raises
        `StoppedError`. `clock`: seconds since the epoch. Every method blocks: while X's headers say to wait, and up to
        `TRANSFER_SECONDS` without a byte; and raises `UserError` when X refuses or fails `MOST_FAILURES` times."""
        self._client = tweepy.Client(token, return_type=requests.Response)
        self._session: requests.Session = self._client.session
        self._session.mount(TWEEPY_BASE_URL, BaseUrl(base_url))
        self._token = token
        self._origin = urlsplit(base_url)[:2]
        self._wait = wait
        self._policy = Policy(time.monotonic, clock)

    def close(self) -> None:
        """End its connections."""
        self._session.close()

    def of_name(self, name: str) -> list[Job]:
        """Jobs about posts that are called so, oldest first."""
        answer = self._asked("list compliance jobs", lambda: self._client.get_compliance_jobs("tweets"))
        return sorted((one for one in _read(answer, _Many).data if one.name == name), key=lambda one: one.created_at)

    def look(self, job: str) -> Job:
        """A job as it is now."""
        answer = self._asked("show a compliance job", lambda: self._client.get_compliance_job(job))
        return _read(answer, _One).data

    def make(self, name: str) -> Job:
        """A new one, which waits for its ids."""
        answer = self._asked("make a compliance job", lambda: self._client.create_compliance_job("tweets", name=name))
        return _read(answer, _One).data

    def cancel(self, job: str) -> None:
        """Give up one that nothing can be uploaded to any more, and that would keep X from making another."""
        self._asked("cancel a compliance job", lambda: self._client.request("DELETE", f"/2/compliance/jobs/{job}"))

    def upload(self, job: Job, ids: Iterable[int]) -> None:
        """Fill it."""
        body = b"".join(b"%d\n" % one for one in ids)
        headers = {"Content-Type": "text/plain", **self.credentials_for(job.upload_url)}
        self._asked(
            f"take the ids of compliance job {job.id}",
            lambda: _good(self._session.put(job.upload_url, data=body, headers=headers, timeout=TRANSFER_SECONDS)),
        )

    def lines(self, job: Job) -> Iterator[bytes]:
        """The result of one that is complete; all of it is here before the first line is given."""
        with tempfile.SpooledTemporaryFile(_SPOOL_BYTES) as file:
            self._asked(f"give the result of compliance job {job.id}", lambda: self._fetched(job, file))
            file.seek(0)
            for line in file:
                yield line.rstrip(b"\r\n")

    def _fetched(self, job: Job, file: IO[bytes]) -> requests.Response:
        file.seek(0)
        file.truncate()
        headers = self.credentials_for(job.download_url)
        with self._session.get(job.download_url, headers=headers, timeout=TRANSFER_SECONDS, stream=True) as response:
            _good(response)
            for chunk in response.iter_content(_CHUNK_BYTES):
                file.write(chunk)
        return response

    def credentials_for(self, url: str) -> dict[str, str]:
        """X's own addresses want the token; an older one is signed, elsewhere, and must not see it."""
        ours = urlsplit(url)[:2] in (self._origin, X_ORIGIN) or url.startswith(TWEEPY_BASE_URL)
        return {"Authorization": f"Bearer {self._token}"} if ours else {}

    def _asked(self, what: str, ask: Callable[[], requests.Response]) -> requests.Response:
        failures = 0
        while True:
            self._policy.begin()
            try:
                return ask()
            except tweepy.HTTPException as error:
                outcome = of_refusal(error.response)
            except requests.RequestException:
                outcome = Outcome("network")
            failures += 1
            if outcome.status in _HOPELESS or failures > MOST_FAILURES:
                raise _refused(what, outcome)
            delay = self._policy.after(outcome)
            log.warning(
                "X refused to %s (%s, HTTP %d); next attempt in %.1f s", what, outcome.kind, outcome.status, delay
            )
            if self._wait(delay):
                raise StoppedError


_HOPELESS: dict[int, str] = {
    400: "Our request is wrong; see X's changelog",
    401: f"Put a bearer token that X knows into the file that {variable('x_token_file')} names",
    403: f"This token may not; see its plan at X, or set {variable('x_compliance')} to off",
    404: "X does not know it any more; run it again",
    CONFLICT: "Another compliance job of this token is active; run it again when that one is done",
    TOO_LARGE: "The upload is larger than X takes",
}
"""HTTP status -> what to do, for refusals that the same request would meet again."""


def _refused(what: str, outcome: Outcome) -> UserError:
    fix = _HOPELESS.get(outcome.status, "Run it again later; the job resumes")
    return UserError(f"X refused to {what} ({outcome.kind if not outcome.status else f'HTTP {outcome.status}'}). {fix}")


def _good(response: requests.Response) -> requests.Response:
    """Raises as tweepy does."""
    if not response.ok:
        raise tweepy.HTTPException(response)
    return response


def _read(answer: requests.Response, kind: type[_Answer]) -> _Answer:
    try:
        return msgspec.json.decode(answer.content, type=kind, strict=False)
    except msgspec.DecodeError:
        raise UserError("X's answer about a compliance job cannot be read; see its changelog") from None
