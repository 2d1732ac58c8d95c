"""Connections follow each other as X asks: never in a storm, never for ever apart, and not at all with a bad token."""

import itertools
import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.ingest.outcome import HEALTHY
from agents.ingest.x.outcome import CONSEQUENCES, Outcome
from agents.ingest.x.supervisor import BUDGET, WINDOW, Policy, supervise
from streams.errors import UserError
from streams.vocabulary import STREAM_ENDS

EPOCH = 1_790_000_000.0

FATAL = [kind for kind, one in CONSEQUENCES.items() if one.fix]
OUTCOME = st.builds(
    Outcome,
    st.sampled_from([kind for kind in CONSEQUENCES if kind not in {*FATAL, "stopped"}]),
    seconds=st.sampled_from([0.0, 0.0, 0.5, 70.0]),
    reset_at=st.none() | st.integers(int(EPOCH) - 10_000, int(EPOCH) + 10_000),
    retry_after=st.none() | st.integers(0, 100_000),
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
        (Outcome("clean_end", seconds=1), [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 16, 16]),
        (Outcome("network"), [0.25, 0.5, 0.75, 1, 1.25]),
        (Outcome("stalled", seconds=21), [0.25, 0.5, 0.75]),
        (Outcome("slow_reader", seconds=9), [0.5, 1, 2, 4, 8, 16, 32, 60, 60]),
        (Outcome("operational_disconnect", seconds=9), [0.5, 1, 2, 4, 8, 16, 32, 60, 60]),
        (Outcome("server_error", 503), [5, 10, 20, 40, 80, 160, 320, 320]),
        (Outcome("server_error", 503, retry_after=9), [9, 9, 9]),
        (Outcome("bad_request", 404), [5, 10, 20, 40, 80, 160, 320, 320]),
        (Outcome("rate_limited", 429), [60, 120, 240, 320, 320]),
        (Outcome("rate_limited", 429, retry_after=7), [7, 7, 7]),
        (Outcome("rate_limited", 429, retry_after=0), [0.2, 0.4, 0.8]),
        (Outcome("rate_limited", 429, reset_at=int(EPOCH) + 100), [101, 0.4, 0.8]),
        (Outcome("rate_limited", 429, reset_at=int(EPOCH) + 10**6), [WINDOW]),
        (Outcome("too_many_connections", 429), [15, 30, 60, 120, 240, 320, 320]),
        (Outcome("usage_cap", 429), [900, 900, 900]),
        (Outcome("no_rules", 409), [0.2, 0.4, 0.8]),
        (Outcome("full", seconds=9), [0.2, 0.4, 0.8]),
    ],
    ids=str,
)
def test_each_end_has_its_own_backoff(outcome: Outcome, waits: list[float]) -> None:
    assert World().run([outcome] * len(waits)) == waits


def test_network_errors_wait_sixteen_seconds_at_most() -> None:
    assert max(World().run([Outcome("network")] * 200)) == 16


def test_a_healthy_connection_makes_the_next_end_the_first_again() -> None:
    short, long = Outcome("clean_end", seconds=1), Outcome("clean_end", seconds=HEALTHY)
    assert World().run([short, short, short, long, short]) == [0.2, 0.4, 0.8, 0.2, 0.4]


def test_any_connection_makes_the_next_refusal_the_first_again_and_a_short_one_no_broken_one() -> None:
    down, broken, dropped = Outcome("server_error", 503), Outcome("network", seconds=1), Outcome("network")
    assert World().run([down, down, dropped, down]) == [5, 10, 0.25, 20]
    assert World().run([down, down, broken, down, broken]) == [5, 10, 0.25, 5, 0.5]


def test_two_kinds_of_end_in_turn_do_not_make_each_other_the_first_again() -> None:
    clean, broken = Outcome("clean_end", seconds=1), Outcome("network", seconds=1)
    assert World().run([clean, broken] * 3) == [0.2, 0.25, 0.4, 0.5, 0.8, 0.75]


def test_clean_ends_in_a_row_stay_within_the_budget() -> None:
    world = World()
    world.run([Outcome("clean_end", seconds=0.01)] * 500)
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


@pytest.mark.parametrize("outcome", [Outcome("unauthorised", 401), Outcome("forbidden", 403)], ids=str)
def test_a_refused_token_is_fatal_and_names_the_setting(outcome: Outcome) -> None:
    with pytest.raises(UserError, match=rf"HTTP {outcome.status}.*EARSHOT_X_TOKEN_FILE"):
        World().run([outcome])


def test_every_end_has_its_consequence_and_only_what_needs_somebody_is_an_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert list(CONSEQUENCES) == [kind for kind in STREAM_ENDS if kind != "bad_frames"], "X has no websocket"
    caplog.set_level(logging.INFO)
    World().run([Outcome("clean_end"), Outcome("server_error", 503), Outcome("usage_cap", 429)])
    assert [record.levelname for record in caplog.records] == ["INFO", "WARNING", "ERROR"]


def test_the_runbook_says_what_to_do_about_every_end() -> None:
    runbook = (Path(__file__).parents[3] / "docs/runbook.md").read_text(encoding="utf-8")
    chapter = runbook.split("\n## StreamDisconnected\n")[1].split("\n## ")[0]
    assert [kind for kind in CONSEQUENCES if f"`{kind}`" not in chapter] == []


def test_a_stop_during_a_wait_ends_it() -> None:
    attempts = []

    def attempt() -> Outcome:
        attempts.append(1)
        return Outcome("clean_end")

    supervise(attempt, World().policy(), lambda _: True, lambda: False)
    assert len(attempts) == 1


def test_nothing_is_attempted_after_a_stop() -> None:
    def attempt() -> Outcome:
        raise AssertionError

    supervise(attempt, World().policy(), lambda _: False, lambda: True)
