"""What is measured of one run: a backlog worked through, and a steady stream with kills.

Called by `__main__.py`. Treats Earshot and peers alike, by `runs.py`. Ends at committed offsets or snapshots, never at
what is only in memory, and within a time limit.
"""

import threading
import time
from collections.abc import Callable, Iterable
from typing import Protocol

import msgspec

from agents.kafka import clients
from agents.kafka.stored import Stored
from agents.proving import load
from agents.proving.oracle import Verdict
from bench.peers.board import Shown
from bench.peers.curves import Curve, latencies
from bench.peers.grounds import Ground, Post
from bench.peers.runs import Run

BEGIN_LOOK_SECONDS = 0.02
LOOK_SECONDS = 0.1
WARM_POSTS = 500
LEAST_SECONDS = 3.0
"""Of work between two kills, so that there is something to repeat and to recover."""


class NotMeasuredError(Exception):
    """Why a run has no figure; one line."""


class Worked(msgspec.Struct, frozen=True):
    """A backlog worked through, from the first post taken."""

    posts: int
    posts_per_s: float
    """To the last durable row."""
    folded_per_s: float
    """To the last row in memory."""
    cpu_us: float
    """CPU of the process a post, to the last durable row."""
    resident_mb: float
    """At the end."""
    difference: int
    """Sum over all cells of |rows - oracle|."""


class Steady(msgspec.Struct, frozen=True):
    """A steady stream, first without and then with kills."""

    posts_per_s: float
    p50_ms: float
    p99_ms: float
    """From a post's moment to its row, in memory."""
    core: float
    """Share of a core that the process takes meanwhile."""
    recover_s: list[float]
    """From kill -9 to the first post taken after the restart."""
    difference: int
    repeated: int
    """Records on the second Kafka topic that the kills repeated; -1 where there is none."""
    verdict: str


class Backlog(Protocol):
    """Posts that wait, and what the oracle says of them; a `Ground`."""

    posts: int
    records: int

    def judge(self, rows: list[Stored]) -> Verdict:
        """Compare every cell."""


def work_through(run: Run, ground: Backlog, limit: float) -> Worked:
    """Start the run and have it work through all posts. Raises `NotMeasuredError` after `limit` seconds, or if the
    process ends."""
    run.start()
    shown, folded_at, ended_at = _watched(run, ground.posts, ground.records, limit)
    cpu, resident = run.child.cpu_seconds(), run.child.rss_bytes()
    run.child.end()
    verdict = ground.judge(run.durable.rows())
    return Worked(
        posts=ground.posts,
        posts_per_s=ground.posts / (ended_at - shown.first_at),
        folded_per_s=ground.posts / (folded_at - shown.first_at),
        cpu_us=(cpu - shown.first_cpu) / ground.posts * 1e6,
        resident_mb=resident / 1e6,
        difference=verdict.difference,
    )


def _watched(run: Run, posts: int, records: int, limit: float) -> tuple[Shown, float, float]:
    """What was seen last, and when the last row was in memory and when it was durable."""
    deadline = time.monotonic() + limit
    folded_at = 0.0
    while True:
        shown = run.look()
        if not folded_at and shown.records >= records:
            folded_at = time.monotonic()
        if folded_at and shown.posts >= posts and run.durable.waiting() == 0:
            return shown, folded_at, time.monotonic()
        require_running(run)
        if time.monotonic() > deadline:
            raise NotMeasuredError(f"not done in {limit:.0f} s: {shown.posts} of {posts} posts taken")
        time.sleep(LOOK_SECONDS if shown.posts else BEGIN_LOOK_SECONDS)


def require_running(run: Run) -> None:
    """Raise `NotMeasuredError`, with the last line, if the process has ended."""
    if not run.child.running:
        raise NotMeasuredError(f"it ended: {' '.join(run.child.last_line().split())[:300]}")


def steady(run: Run, ground: Ground, rate: float, seconds: float, kills: int, limit: float) -> Steady:
    """Start the run, send `rate` posts/s for `seconds`, then kill it `kills` times while they go on coming. `limit`:
    seconds for each of: the start, the latencies, a recovery, the end. Raises `NotMeasuredError`."""
    run.start()
    posts = load.records(ground.settings, int(rate * (seconds + (kills + 2) * limit)) + WARM_POSTS, seed=2)
    first = [next(posts) for _ in range(WARM_POSTS)]
    measured = [next(posts) for _ in range(int(rate * seconds))]
    warm = ground.due(iter(first))[-1]
    due = ground.due(iter(measured))
    with Sender(ground) as sender:
        sender.send_at_once(first)
        wait(run, lambda: run.look().records >= warm, limit, "the first posts are not in rows")
        begun, cpu = sender.send_paced(measured, rate), run.child.cpu_seconds()
        late = latencies(due, rate, _curve(run, begun, warm, due[-1], seconds + limit))
        core = (run.child.cpu_seconds() - cpu) / (time.monotonic() - begun)
        sender.send_paced(posts, rate)
        recovered = [_killed(run, rate, limit) for _ in range(kills)]
        wait(run, lambda: run.look().posts >= rate, limit, "no progress after the last kill")
    wait(run, lambda: run.durable.waiting() == 0, limit, "records wait")
    run.child.end()
    verdict = ground.judge(run.durable.rows())
    passed = run.durable.passed_on()
    return Steady(
        posts_per_s=rate,
        p50_ms=round(late[len(late) // 2] * 1000),
        p99_ms=round(late[int(len(late) * 0.99)] * 1000),
        core=round(core, 2),
        recover_s=recovered,
        difference=verdict.difference,
        repeated=passed if passed < 0 else passed - ground.needed(),
        verdict=str(verdict),
    )


def _killed(run: Run, rate: float, limit: float) -> float:
    """Kill -9 after some work, start again at once; seconds until a post is taken."""
    wait(run, lambda: run.look().posts >= rate * LEAST_SECONDS, limit, "no progress before a kill")
    run.child.kill()
    killed = time.monotonic()
    run.start()
    wait(run, lambda: run.look().posts > 0, limit, "no progress after a kill")
    return round(time.monotonic() - killed, 2)


def wait(run: Run, reached: Callable[[], bool], limit: float, what: str) -> None:
    """Block until `reached` is true. Raises `NotMeasuredError` after `limit` seconds, or if the process ends."""
    deadline = time.monotonic() + limit
    while not reached():
        require_running(run)
        if time.monotonic() > deadline:
            raise NotMeasuredError(f"{what} after {limit:.0f} s")
        time.sleep(BEGIN_LOOK_SECONDS)


def _curve(run: Run, begun: float, before: int, records: int, bound: float) -> Curve:
    """What was folded when, seconds from `begun`, until all `records` are."""
    curve: Curve = []
    deadline = begun + bound
    while not curve or curve[-1][1] < records:
        folded, now = run.look().records - before, time.monotonic()
        if not curve or folded > curve[-1][1]:
            curve.append((now - begun, folded))
        require_running(run)
        if now > deadline:
            raise NotMeasuredError(f"{folded} of {records} records of the paced posts in rows after {bound:.0f} s")
        time.sleep(run.look_seconds)
    return curve


class Sender:
    """Sends posts when their moment has come, however late the contender is; a context manager that stops it."""

    def __init__(self, ground: Ground) -> None:
        self._producer = clients.producer(ground.settings, acks="all", linger_ms=1)
        self._topic = ground.topic
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> "Sender":
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
        self._producer.close()

    def send_at_once(self, posts: Iterable[Post]) -> None:
        """Block until Kafka has them."""
        for key, value in posts:
            self._producer.send(self._topic, value, key=key)
        self._producer.flush()

    def send_paced(self, posts: Iterable[Post], rate: float) -> float:
        """Send them one each 1/`rate` s, in a thread, after those before; when the first is due, on the monotonic
        clock."""
        if self._thread is not None:
            self._thread.join()
        begun = time.monotonic() + 0.2
        self._thread = threading.Thread(target=self._send, args=(posts, begun, rate), name="open loop")
        self._thread.start()
        return begun

    def _send(self, posts: Iterable[Post], begun: float, rate: float) -> None:
        for number, (key, value) in enumerate(posts):
            ahead = begun + number / rate - time.monotonic()
            if self._stopping.wait(max(ahead, 0)) if ahead > 0 else self._stopping.is_set():
                break
            self._producer.send(self._topic, value, key=key)
        self._producer.flush()
