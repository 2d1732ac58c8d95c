"""Connections follow each other as X asks: never in a storm, never for ever apart, and not at all with a bad token."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.ingest.outcome import Outcome
from agents.ingest.supervisor import BUDGET, HEALTHY, WINDOW, Policy, supervise
from streams.errors import UserError

EPOCH = 1_790_000_000.0

OUTCOME = st.builds(
    Outcome,
    st.sampled_from(["closed", "network", "refused"]),
    seconds=st.sampled_from([0.0, 0.0, 0.5, 70.0]),
    reset_at=st.none() | st.integers(int(EPOCH) - 10_000, int(EPOCH) + 10_000),
    retry_after=st.none() | st.integers(0, 100_000),
    status=st.sampled_from([0, 404, 409, 429, 500, 503]),
)


class World:
    """A clock that only waiting moves, and attempts that end as scripted."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []
        self.began: list[tuple[float, Outcome]] = []

    def policy(self) -> Policy:
        return Policy(lambda: self.now, lambda: EPOCH + self.now)

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        self.now += seconds
        return False

    def run(self, outcomes: list[Outcome]) -> list[float]:
        """Play them; the waits between."""
        script = iter([*outcomes, Outcome("stopped")])

        def attempt() -> Outcome:
            outcome = next(script)
            self.began.append((self.now, outcome))
            self.now += outcome.seconds
            return outcome

        supervise(attempt, self.policy(), self.wait, lambda: False)
        return [round(one, 3) for one in self.waits]


@pytest.mark.parametrize(
    ("outcome", "waits"),
    [
        (Outcome("closed", seconds=1), [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 16, 16]),
        (Outcome("network"), [0.25, 0.5, 0.75, 1, 1.25]),
        (Outcome("refused", status=503), [5, 10, 20, 40, 80, 160, 320, 320]),
        (Outcome("refused", status=429), [60, 120, 240, 320, 320]),
        (Outcome("refused", status=409), [0.2, 0.4, 0.8]),
        (Outcome("refused", status=429, retry_after=7), [7, 7, 7]),
        (Outcome("refused", status=429, reset_at=int(EPOCH) + 100), [101, 0.4, 0.8]),
        (Outcome("refused", status=429, reset_at=int(EPOCH) + 10**6), [WINDOW]),
    ],
    ids=str,
)
def test_each_end_has_its_own_backoff(outcome: Outcome, waits: list[float]) -> None:
    assert World().run([outcome] * len(waits)) == waits


def test_network_errors_wait_sixteen_seconds_at_most() -> None:
    assert max(World().run([Outcome("network")] * 200)) == 16


def test_a_healthy_connection_makes_the_next_end_the_first_again() -> None:
    short, long = Outcome("closed", seconds=1), Outcome("closed", seconds=HEALTHY)
    assert World().run([short, short, short, long, short]) == [0.2, 0.4, 0.8, 0.2, 0.4]


def test_clean_ends_in_a_row_stay_within_the_budget() -> None:
    world = World()
    world.run([Outcome("closed", seconds=0.01)] * 500)
    assert_within_budget(world)


@given(st.lists(OUTCOME, max_size=150))
def test_whatever_comes_the_budget_holds_and_no_wait_exceeds_the_window(outcomes: list[Outcome]) -> None:
    world = World()
    waits = world.run(outcomes)
    assert all(0.2 <= one <= WINDOW for one in waits)
    assert_within_budget(world)


def assert_within_budget(world: World) -> None:
    """At most `BUDGET` attempts that reached X begin within any window."""
    reached = [at for at, outcome in world.began if outcome.kind != "network" or outcome.seconds]
    for first, later in zip(reached, itertools.islice(reached, BUDGET, None), strict=False):
        assert later - first >= WINDOW - 1e-6


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_token_is_fatal_and_names_the_setting(status: int) -> None:
    with pytest.raises(UserError, match=r"EARSHOT_X_TOKEN_FILE"):
        World().run([Outcome("refused", status=status)])


def test_a_stop_during_a_wait_ends_it() -> None:
    attempts = []

    def attempt() -> Outcome:
        attempts.append(1)
        return Outcome("closed")

    supervise(attempt, World().policy(), lambda _: True, lambda: False)
    assert len(attempts) == 1


def test_nothing_is_attempted_after_a_stop() -> None:
    def attempt() -> Outcome:
        raise AssertionError

    supervise(attempt, World().policy(), lambda _: False, lambda: True)
