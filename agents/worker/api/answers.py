"""Makes the answers of one worker: from its own tables, or who has them instead.

Called by `part.py`, in the worker's loop, with what the process beside it asks. Each answer is encoded once and kept
until something changes it; while the budget is spent the one before it is given again. Knows no HTTP.
"""

import asyncio
import heapq
import time
from collections import OrderedDict
from collections.abc import Callable
from hashlib import blake2b
from typing import NamedTuple

import msgspec

from agents.worker.api.budget import Budget
from agents.worker.api.holdings import Holdings
from agents.worker.api.lines import Lines
from agents.worker.api.link import Ask, Made
from agents.worker.api.peers import Line, Peers
from agents.worker.api.regions import region_answer
from agents.worker.api.shapes import Answer, Health, Hospitals, Question, Questions, Ready, Refusal, Summary
from streams.figures.about import About
from streams.figures.hospital import figures
from streams.figures.shape import PeerCounts
from streams.figures.shares import share
from streams.tables.question_kinds import is_urgent

MOST_QUESTIONS = 1000
"""Of the queue in one answer; the rest is counted."""
KEPT = 400
"""Encoded answers, of some 25 kB: 10 MB."""
OLDEST_SECONDS = 60.0
"""An answer is given again for at most so long while the budget is spent; and made anew after so long although nothing
was counted, for windows slide and questions expire."""

_encode = msgspec.json.Encoder().encode


class _Kept(NamedTuple):
    body: bytes
    tag: str
    version: object
    made: float


class Standing(NamedTuple):
    """How the worker's process stands."""

    progress: float | None
    """Seconds since its last progress."""
    health_age: float
    """Seconds of silence after which it counts as stuck."""
    why_not_ready: str
    """Empty: ready."""


class Answers:
    """One worker's."""

    def __init__(
        self,
        worker: str,
        holdings: Holdings,
        lines: Lines,
        peers: Peers,
        standing: Callable[[], Standing],
        budget: Budget,
        clock: Callable[[], float],
    ) -> None:
        """`worker`: its name; `clock`: seconds since the epoch."""
        self._worker = worker
        self._holdings = holdings
        self._lines = lines
        self._peers = peers
        self._standing = standing
        self._budget = budget
        self._clock = clock
        self._kept: OrderedDict[tuple[str, str], _Kept] = OrderedDict()

    async def answer(self, ask: Ask) -> Made:
        """The answer. Awaits the budget where there is none to give again."""
        if ask.what in ("health", "ready"):
            return self._of_process(ask)
        if (elsewhere := self._elsewhere(ask)) is not None:
            return elsewhere
        version = self._version(ask)
        kept = self._kept.get((ask.what, ask.id))
        now = time.monotonic()
        if kept is None or (kept.version != version or now - kept.made > OLDEST_SECONDS):
            wait = self._budget.wait()
            if kept is None or now - kept.made > OLDEST_SECONDS:
                while wait:
                    await asyncio.sleep(wait)
                    wait = self._budget.wait()
            if not wait:
                if (elsewhere := self._elsewhere(ask)) is not None:  # it may have waited through a rebalance
                    return elsewhere
                kept = self._make(ask)
        self._kept.move_to_end((ask.what, ask.id))
        assert kept is not None  # noqa: S101 - made above, if it was not there
        if ask.known == kept.tag:
            return Made(ask.number, 304, b"", kept.tag)
        return Made(ask.number, 200, kept.body, kept.tag)

    def _make(self, ask: Ask) -> _Kept:
        begun = time.thread_time()
        body = _encode(self._body(ask))
        self._budget.use(time.thread_time() - begun)
        kept = _Kept(body, blake2b(body, digest_size=9).hexdigest(), self._version(ask), time.monotonic())
        self._kept[ask.what, ask.id] = kept
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return kept

    def _body(self, ask: Ask) -> object:
        match ask.what:
            case "names":
                return self._holdings.directory.named
            case "hospitals":
                return self._hospitals()
            case "hospital":
                return self._hospital(ask.id)
            case "questions":
                return self._questions(ask.id)
            case _:
                return region_answer(ask.id, self._holdings.directory, self.peers_of, int(self._clock()))

    def _version(self, ask: Ask) -> object:
        """Another value whenever the answer may be another, but for what time alone changes."""
        directory = self._holdings.directory
        match ask.what:
            case "names":
                return directory.named
            case "hospital":
                return self._holdings.version(ask.id), directory.abouts[ask.id], self._peers.version
            case "questions":
                return self._holdings.version(ask.id)
            case _:
                return directory.named, self._lines.version, self._peers.version

    # -- of the process -----------------------------------------------------------------------------------------------

    def _of_process(self, ask: Ask) -> Made:
        standing = self._standing()
        if ask.what == "health":
            silent = standing.progress
            healthy = silent is not None and silent <= standing.health_age
            why = "" if healthy else "no progress since it started" if silent is None else "it is stuck"
            seconds = None if silent is None else round(silent, 1)
            told: Health | Ready = Health(worker=self._worker, healthy=healthy, progress_seconds=seconds, why=why)
        else:
            healthy = not standing.why_not_ready
            told = Ready(
                worker=self._worker,
                ready=healthy,
                partitions=tuple(sorted(self._holdings.held())),
                others=tuple(one.worker for one in self._peers.alive(time.monotonic())),
                why=standing.why_not_ready,
            )
        return Made(ask.number, 200 if healthy else 503, _encode(told), "")

    # -- who has it ---------------------------------------------------------------------------------------------------

    def _elsewhere(self, ask: Ask) -> Made | None:
        """Where the answer is if not here: at another worker, or nowhere."""
        directory = self._holdings.directory
        if ask.what == "region":
            known = any(about.hrr == ask.id for about in directory.abouts.values())
            return None if known else self._refused(ask, 404, "no hospital of the directory is in this region", "")
        if ask.what not in ("hospital", "questions"):
            return None
        if ask.id not in directory.abouts:
            return self._refused(ask, 404, "no such hospital", "")
        if (partition := directory.partition_of[ask.id]) in self._holdings.held():
            return None
        if (owner := self._peers.owner(partition, time.monotonic())) is not None:
            return Made(ask.number, 307, b"", "", owner.address)
        return self._refused(ask, 503, self._why_nobody(partition), "ask again in some seconds")

    def _why_nobody(self, partition: int) -> str:
        """Why nobody can be asked for a partition's hospitals."""
        if why := self._standing().why_not_ready:
            return f"partition {partition} is not held here ({why}), and no other worker says that it holds it"
        if (last := self._peers.last_owner(partition)) is not None:
            return f"worker {last.worker} held partition {partition} and is silent; no other has taken it over yet"
        return f"no worker says that it holds partition {partition}"

    @staticmethod
    def _refused(ask: Ask, status: int, error: str, fix: str) -> Made:
        return Made(ask.number, status, _encode(Refusal(error=error, fix=fix)), "")

    # -- what is said -------------------------------------------------------------------------------------------------

    def _line(self, hospital: str) -> Line | None:
        """A hospital's line: our own, or what its worker told."""
        partition = self._holdings.directory.partition_of[hospital]
        if partition in self._holdings.held():
            return self._lines.of(hospital)
        return self._peers.hospitals(partition, time.monotonic()).get(hospital)

    def peers_of(self, hospitals: tuple[str, ...]) -> dict[str, PeerCounts]:
        """The counts of these hospitals, as far as they are known."""
        return {one: line.peer for one in hospitals if (line := self._line(one)) is not None}

    def _hospital(self, hospital: str) -> Answer:
        holdings, about = self._holdings, self._holdings.about(hospital)
        return Answer(
            figures=figures(
                holdings.tables,
                holdings.directory.partition_of[hospital],
                about,
                holdings.names,
                self._clock(),
                self.peers_of(about.region),
                holdings.judged(hospital),
            ),
            worker=self._worker,
        )

    def _questions(self, hospital: str) -> Questions:
        now = self._clock()
        waits = self._holdings.tables.waiting(self._holdings.directory.partition_of[hospital], hospital, now)
        first = heapq.nsmallest(
            MOST_QUESTIONS, waits, key=lambda one: (not is_urgent(one.intent, one.topics), one.written, one.post)
        )
        return Questions(
            hospital=hospital,
            at=int(now),
            count=len(waits),
            questions=tuple(
                Question(
                    post=one.post,
                    written=one.written,
                    age_seconds=max(0, int(now) - one.written),
                    intent=one.intent,
                    tier=one.tier,
                    topics=one.topics,
                    urgent=is_urgent(one.intent, one.topics),
                )
                for one in first
            ),
        )

    def _hospitals(self) -> Hospitals:
        now = int(self._clock())
        every = self._holdings.directory.abouts.values()
        return Hospitals(at=now, hospitals=tuple(summary(about, self._line(about.id), now) for about in every))


def summary(about: About, line: Line | None, now: int) -> Summary:
    """One hospital in the list. `line`: None where its worker is not known; `now`: seconds since the epoch."""
    return Summary(
        hospital=about.id,
        name=about.name,
        city=about.city,
        state=about.state,
        kind=about.kind,
        hrr=about.hrr,
        hrr_name=about.hrr_name,
        at=line.peer.at if line else None,
        posts_24h=line.posts_24h if line else None,
        posts_28d=line.peer.posts if line else None,
        local_share_24h=share(line.local_24h, line.located_24h) if line else None,
        open=line.open if line else None,
        urgent=line.urgent if line else None,
        oldest_seconds=max(0, now - line.oldest) if line and line.oldest is not None else None,
        surge=line.surge if line else None,
        why="" if line else "the worker that holds it is not known now",
    )
