"""Posts that were written while nobody listened: found by search, after each gap.

Owns the gaps, the thread that searches them and the requests for pages. Called by `gaps.py`, which knows when the
stream was heard. A post that is found goes the same way as one of the stream, and the tagger drops copies; so a gap may
be searched again after a crash, and is searched wider than it was. Knows neither rules' wording nor the wal.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import requests
import tweepy

from agents.ingest.threads import WatchedThread
from agents.ingest.x.connection import TWEEPY_BASE_URL, BaseUrl
from agents.ingest.x.lines import FoundPost, message_of
from agents.ingest.x.problems import of_refusal
from agents.ingest.x.reads import Reads
from agents.ingest.x.stream import FIELDS

log = logging.getLogger(__name__)

BEFORE_SECONDS, AFTER_SECONDS = 60.0, 10.0
"""How much a gap is wider than it was: X delivers within 7 s (its 99th percentile), in no order."""
SETTLED_SECONDS = 15.0
"""How old the end of a search must be: X asks for 10 and answers none that is younger."""
DAYS = 7
"""How far back X searches."""
PAGE = 100
"""Posts of one request, X's most."""
RETRY_SECONDS = 5.0
"""After a request that failed for no stated time."""
MOST_FAILURES = 20
"""Requests in a row that may fail before a gap is given up; it is then said in the log and on /metrics."""


class Gap(NamedTuple):
    """Seconds since the epoch between which the stream may have been missed."""

    start: float
    end: float


class Search:
    """`search/recent` through tweepy."""

    def __init__(self, token: str, base_url: str) -> None:
        self._client = tweepy.Client(token, return_type=requests.Response)
        self._client.session.mount(TWEEPY_BASE_URL, BaseUrl(base_url))

    def page(self, query: str, gap: Gap, token: str) -> requests.Response:
        """One page; `token` is the last one's. Raises tweepy's and requests' errors."""
        answer: requests.Response = self._client.search_recent_tweets(
            query,
            start_time=_written(gap.start),
            end_time=_written(gap.end),
            max_results=PAGE,
            next_token=token or None,
            **FIELDS,
        )
        return answer

    def close(self) -> None:
        """Close the kept connections. Returns at once."""
        self._client.session.close()


class CatchUp:
    """Searches gaps, one after the other, in a thread of its own."""

    def __init__(
        self,
        search: Search,
        queries: Sequence[str],
        emit: Callable[[FoundPost], None],
        reads: Reads,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`emit` gets each post, in the searching thread, and may block. `clock`: seconds since the epoch."""
        self._search = search
        self.queries = queries
        """May be replaced, from any thread."""
        self._emit = emit
        self._reads = reads
        self._clock = clock
        self._waiting: deque[Gap] = deque()
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._thread = WatchedThread("catch-up", self._run, self._stopping)
        self.posts = 0
        """Found by search."""
        self.gaps = 0
        self.gap_seconds = 0.0
        self.given_up = 0
        """Gaps that could not be searched to their end."""

    def start(self) -> None:
        """Start the thread. Returns at once."""
        self._thread.start()

    def missed(self, start: float, end: float) -> None:
        """Have a gap searched: the stream was last heard at `start` and again at `end`. Returns at once."""
        self.gaps += 1
        self.gap_seconds += max(0.0, end - start)
        with self._changed:
            self._waiting.append(Gap(start - BEFORE_SECONDS, end + AFTER_SECONDS))
            self._changed.notify()

    @property
    def oldest(self) -> float | None:
        """Where the oldest gap begins that is not searched yet; None when all are."""
        with self._changed:
            return min((gap.start for gap in self._waiting), default=None)

    def check(self) -> None:
        """Raise what ended the thread, if anything did."""
        self._thread.check()

    def stop(self) -> None:
        """End the thread, waiting up to `STOP_SECONDS`; what is not searched yet is searched after the next start."""
        self._stopping.set()
        with self._changed:
            self._changed.notify()
        self._thread.stop()
        self._search.close()

    def _run(self) -> None:
        while not self._stopping.is_set():
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._stopping.is_set())
                gap = self._waiting[0] if self._waiting else None
            if gap is not None and self._searched(gap):
                with self._changed:
                    self._waiting.popleft()

    def _searched(self, gap: Gap) -> bool:
        """Search one gap with every query. False: stopped on the way."""
        early = gap.end + SETTLED_SECONDS - self._clock()
        if early > 0 and self._stopping.wait(early):
            return False
        oldest = self._clock() - DAYS * 86_400 + 60
        if gap.start < oldest:
            log.warning("X: a gap of more than %d days is searched from there only", DAYS)
            gap = Gap(oldest, gap.end)
        before = self.posts
        for query in self.queries if gap.start < gap.end else ():
            if not self._all_pages(query, gap):
                return False
        log.info("X: a gap of %.0f s searched: %d posts", gap.end - gap.start, self.posts - before)
        return True

    def _all_pages(self, query: str, gap: Gap) -> bool:
        token, failures = "", 0
        while not self._stopping.is_set():
            if not self._reads.left(PAGE):
                log.error("X: the month's reads are nearly used up: a gap is not searched to its end")
                self.given_up += 1
                return True
            try:
                answer = self._search.page(query, gap, token)
            except tweepy.HTTPException as error:
                outcome = of_refusal(error.response)
                log.warning("X: a search was refused (%s)", outcome)
                wait = RETRY_SECONDS if outcome.reset_at is None else max(1.0, outcome.reset_at - self._clock() + 1)
            except requests.RequestException as error:
                log.warning("X: a search failed (%s)", type(error).__name__)
                wait = RETRY_SECONDS
            else:
                failures = 0
                token = self._taken(answer)
                if not token:
                    return True
                continue
            failures += 1
            if failures > MOST_FAILURES:
                log.error("X: a gap is given up after %d failed searches", failures)
                self.given_up += 1
                return True
            self._stopping.wait(wait)
        return False

    def _taken(self, answer: requests.Response) -> str:
        """Hand on the posts of a page; the next page's token, empty on the last."""
        page = message_of(answer.content)
        for post in page.found:
            self._emit(post)
            self.posts += 1
            self._reads.add(1)
        return page.next_token


def _written(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
