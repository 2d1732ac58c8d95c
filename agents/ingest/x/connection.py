"""One connection to a stream of X's, through tweepy's public hooks: how it is made to end, and how it ended.

tweepy by itself reconnects without delay after a clean end, ignores X's rate-limit headers and ends for good at one bad
line. So `listen` is one connection and returns how it ended; lines leave as raw bytes. `stream.py` and
`compliance/live_streams.py` say which stream it is; `supervisor.py` decides about the next connection. Knows neither
what is in a line nor which X it talks to.
"""

import contextlib
import logging
import sys
import time
from collections.abc import Callable
from typing import Any, Literal
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies
from tweepy.streaming import BaseStream
from urllib3.exceptions import ReadTimeoutError

from agents.ingest.x import problems
from agents.ingest.x.outcome import Outcome
from streams.vocabulary import StreamEnd

log = logging.getLogger(__name__)

TWEEPY_BASE_URL = "https://api.twitter.com/"
"""Written twice into tweepy 4.17, in both its streaming and its REST half."""
REQUEST_TIMEOUT = 15.0
"""Seconds for one request about rules or a search: tweepy sets none."""
STALL_SECONDS = 21.0
"""Seconds without a byte after which the stream counts as stalled; heartbeats come every 20 s. tweepy's own figure."""
CHUNK_BYTES = 65_536
"""Most bytes that tweepy reads at once. A line still arrives with its chunk; tweepy's 512 make 5 MB lines quadratic."""


class BaseUrl(HTTPAdapter):
    """Sends what was meant for tweepy's hard-coded host to another, with a timeout on every request."""

    def __init__(self, base_url: str, stall_seconds: float = STALL_SECONDS) -> None:
        """`stall_seconds`: most that a stream may be silent."""
        self._base = urlsplit(base_url)
        self._stall_seconds = stall_seconds
        super().__init__()

    def send(self, request: requests.PreparedRequest, *arguments: Any, **options: Any) -> requests.Response:
        """requests' own signature. The proxy is chosen anew: it was chosen for the other host."""
        request.url = urlunsplit((*self._base[:2], *urlsplit(str(request.url))[2:]))
        options["proxies"] = get_environ_proxies(request.url, no_proxy=None)
        options["timeout"] = self._stall_seconds if options.get("stream") else REQUEST_TIMEOUT
        return super().send(request, *arguments, **options)


class Connection(BaseStream):  # type: ignore[misc] # tweepy has no types
    """One connection at a time. A subclass makes itself tweepy's client, calls `_prepare`, and says what to `_open`."""

    name = "X"
    """How the log calls it."""

    def _prepare(
        self, base_url: str, emit: Callable[[bytes], None], stall_seconds: float = STALL_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        """To be called once tweepy's own `__init__` was. `emit` gets each line but heartbeats, in the thread of
        `listen`; it may block, and X then waits. `clock`: seconds that only grow, for how long a connection stood.
        """
        self._emit = emit
        self._clock = clock
        self.session.mount(TWEEPY_BASE_URL, BaseUrl(base_url, stall_seconds))
        self.session.hooks["response"].append(self._on_response)
        self._response: requests.Response | None = None
        self._ended = Outcome("stopped")
        self._failure: Exception | None = None
        self._connected_at: float | None = None
        self._announced: StreamEnd | None = None
        """The end that X announced in the stream, or we did; how the connection then breaks is of no interest."""
        self._stopped = False
        self.connected = False
        self.connects = 0
        self.heartbeats = 0
        self.heard_at = 0.0
        """When the last line or heartbeat came, seconds since the epoch; 0 before the first."""

    def _open(self) -> None:
        """Connect through tweepy and read until the end."""
        raise NotImplementedError

    def listen(self) -> Outcome:
        """Connect, hand on lines until the connection ends, and say how it ended. Raises what `emit` raised."""
        self._ended, self._failure, self._response = Outcome("stopped"), None, None
        self._connected_at, self._announced = None, None
        if self._stopped:
            return self._ended
        try:
            self._open()
        finally:
            self.connected = False
        self._response = None
        if self._failure is not None:
            raise self._failure
        return self._ended

    def stop(self) -> None:
        """End `listen`, now and for ever, from another thread: an idle read too."""
        self._stopped = True
        self.disconnect()
        response = self._response
        if response is not None:
            # The read may have just ended by itself.
            with contextlib.suppress(AttributeError, OSError, RuntimeError, ValueError):
                response.raw.shutdown()

    def hang_up(self, why: Literal["full", "usage_cap"] = "full") -> None:
        """End this connection, from within `emit`: no more can be taken. `listen` may be called again."""
        self._announced = why  # tweepy calls `on_closed` on the way out
        self._end(self._broken(why))

    # -- tweepy's hooks -----------------------------------------------------------------------------------------------

    def on_connect(self) -> None:
        """X accepted the connection."""
        log.info("%s: connected", self.name)
        self._connected_at = self._clock()
        self.connected = True
        self.connects += 1
        if self._stopped:
            self.disconnect()

    def on_data(self, raw_data: bytes) -> None:
        """One line. Never raises: whatever does in here ends tweepy's stream with a line in the log."""
        self.heard_at = time.time()
        self._announced = problems.of_line(raw_data) or self._announced
        try:
            self._emit(raw_data)
        except Exception as error:
            self._failure = error  # raised again by `listen`
            self.disconnect()

    def on_keep_alive(self) -> None:
        """A heartbeat."""
        self.heard_at = time.time()
        self.heartbeats += 1

    def on_closed(self, response: requests.Response) -> None:  # noqa: ARG002 - tweepy's signature
        """X ended the stream in good order."""
        self._end(self._broken("clean_end"))

    def on_connection_error(self) -> None:
        """The network failed, or was silent for longer than a heartbeat. tweepy is handling the exception."""
        self._end(self._broken("stalled" if _is_silence(sys.exception()) else "network"))

    def on_request_error(self, status_code: int) -> None:
        """X refused the connection."""
        response = self._response
        self._end(problems.of_refusal(response) if response is not None else Outcome("server_error", status_code))

    def on_exception(self, exception: Exception) -> None:
        """Something that tweepy does not know how to take, such as a broken reply."""
        if isinstance(exception, (requests.RequestException, OSError)):
            self._end(self._broken("network"))
        else:
            self._failure = exception

    def on_disconnect(self) -> None:
        """`listen` says how it ended."""

    def _broken(self, kind: StreamEnd) -> Outcome:
        seconds = self._clock() - self._connected_at if self._connected_at is not None else 0.0
        return Outcome(self._announced or kind, seconds=seconds)

    def _end(self, outcome: Outcome) -> None:
        self._ended = Outcome("stopped") if self._stopped else outcome
        self.disconnect()

    def _on_response(self, response: requests.Response, *_: Any, **__: Any) -> None:
        self._response = response


def _is_silence(error: BaseException | None) -> bool:
    """Whether a read took too long: before the answer, or amid it, where requests wraps urllib3's error."""
    return isinstance(error, requests.ReadTimeout) or (
        isinstance(error, requests.ConnectionError) and bool(error.args) and isinstance(error.args[0], ReadTimeoutError)
    )
