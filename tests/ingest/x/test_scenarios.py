"""Every scenario of the simulated X, through the real tweepy and the real supervisor: it ends as its file says, with no
storm and no silent stop.

The clock of the waits, of X's limits and of the scenarios runs `SPEED` times as fast: a quarter of an hour of X's is a
second and a half.
"""

import itertools
import threading
import time
from collections import Counter

import pytest

from agents.ingest.x import rule_plan
from agents.ingest.x.intake import Intake
from agents.ingest.x.outcome import CONSEQUENCES, Outcome
from agents.ingest.x.stream import XStream
from agents.ingest.x.supervisor import BUDGET, WINDOW, Policy, supervise
from agents.simulated import scenario
from agents.simulated.scenario import Scenario
from streams.errors import UserError
from tests.running_ingest import TOKEN, shipped_rules, simulated
from tests.waiting import wait_until

SPEED = 600.0
STALL_SECONDS = 1.5
"""Real ones, in the place of 21; heartbeats come every 0.2 s."""
PAUSE_AFTER = 40
"""Lines, before a listener that is to be slow stops reading."""
WANTED = shipped_rules()


class FastTime:
    """A clock that runs fast, from now on."""

    def __init__(self) -> None:
        self._began, self._epoch = time.monotonic(), time.time()

    def clock(self) -> float:
        return (time.monotonic() - self._began) * SPEED

    def wall_clock(self) -> float:
        return self._epoch + self.clock()


class Listener:
    """What ingest does with X, without Kafka: rules, connections, intake, in a thread."""

    def __init__(self, url: str, fast: FastTime, dropped: threading.Event) -> None:
        self.ends: Counter[str] = Counter()
        self.begun: list[float] = []
        self.error: Exception | None = None
        self.intake = Intake(1_000_000)
        self.stream = XStream(TOKEN, url, self._emit, STALL_SECONDS, fast.clock)
        self._fast = fast
        self._dropped = dropped
        self._synced = False
        self._stopping = threading.Event()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def stop(self) -> float:
        """Stop it; the seconds that took."""
        began = time.monotonic()
        self._stopping.set()
        self.stream.stop()
        self.thread.join(20)
        assert not self.thread.is_alive()
        self.stream.session.close()
        return time.monotonic() - began

    def _run(self) -> None:
        policy = Policy(self._fast.clock, self._fast.wall_clock)
        try:
            supervise(
                self._attempt, policy, lambda seconds: self._stopping.wait(seconds / SPEED), self._stopping.is_set
            )
        except Exception as error:
            self.error = error

    def _attempt(self) -> Outcome:
        self.begun.append(self._fast.clock())
        if not self._synced:
            rule_plan.sync(self.stream, WANTED)
        outcome = self.stream.listen()
        self.ends[outcome.kind] += 1
        self._synced = outcome.kind != "no_rules"
        return outcome

    def _emit(self, line: bytes) -> None:
        self.intake.take(line)
        if self.intake.lines == PAUSE_AFTER:
            self._dropped.wait(20)


@pytest.mark.parametrize("name", scenario.names())
def test_each_scenario_ends_as_its_file_says(name: str) -> None:
    found = scenario.load(name)
    fast, dropped = FastTime(), threading.Event()
    if found.expect.reader == "quick":
        dropped.set()
    with simulated(rate=1000, count=10**6, heartbeat=0.2, steps=found.steps, clock=fast.wall_clock) as running:
        listener = Listener(running.x.url, fast, dropped)
        try:
            wait_until(lambda: running.x.scenario_over or not listener.thread.is_alive(), "it is played", 60)
            dropped.set()
            attempts = reach(found, listener)
        finally:
            dropped.set()
            took = listener.stop()
        assert len(running.x.attempts) == attempts <= found.expect.connects
    stopped = {"stopped": 1} if found.expect.state == "connected" else {}
    assert listener.ends == dict(found.expect.ends) | stopped
    assert listener.begun[-1] - listener.begun[0] >= found.expect.seconds
    assert took < 2
    assert no_storm(listener.begun)


def reach(found: Scenario, listener: Listener) -> int:
    """Wait for the state that the file names; how many attempts it took."""
    if found.expect.state != "connected":
        wait_until(lambda: not listener.thread.is_alive(), "ingest is over")
        assert isinstance(listener.error, UserError)
        assert CONSEQUENCES[found.expect.state].meaning in str(listener.error)
        assert "EARSHOT_X_TOKEN_FILE" in str(listener.error)
        return len(listener.begun)
    ended = sum(found.expect.ends.values())
    wait_until(lambda: listener.ends.total() >= ended and listener.stream.connected, "connected after the last of it")
    posts = listener.intake.posts
    wait_until(lambda: listener.intake.posts > posts, "posts arrive")
    assert listener.error is None
    return len(listener.begun)


def no_storm(begun: list[float]) -> bool:
    """Whether at most `BUDGET` attempts began in any window."""
    return all(
        later - first >= WINDOW for first, later in zip(begun, itertools.islice(begun, BUDGET, None), strict=False)
    )


def test_the_scenarios_lead_to_every_end_but_those_of_our_own() -> None:
    reached = {end for name in scenario.names() for end in scenario.load(name).expect.ends}
    assert set(CONSEQUENCES) - reached == {"stopped", "full"}
