"""The right to write: a session timeout from the last answered heartbeat, no longer."""

import pytest

from streams.faustkit import fatal, lease
from streams.faustkit.lease import Lease


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(lease, "now", lambda: now[0])
    return now


@pytest.mark.usefixtures("clock")
def test_a_lease_that_was_never_renewed_is_not_valid() -> None:
    assert not Lease(10).valid


def test_a_lease_lasts_a_session_timeout_from_the_question_not_the_answer(clock: list[float]) -> None:
    held = Lease(10)
    clock[0] = 103.0
    held.renew(100.0)
    clock[0] = 109.9
    assert held.valid
    clock[0] = 110.0
    assert not held.valid


def test_an_older_answer_does_not_shorten_it(clock: list[float]) -> None:
    held = Lease(10)
    held.renew(105.0)
    held.renew(100.0)
    clock[0] = 114.0
    assert held.valid


@pytest.mark.usefixtures("clock")
def test_writing_without_a_lease_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def end(reason: str, _: int = 0) -> None:
        raise SystemExit(reason)

    monkeypatch.setattr(fatal, "end", end)
    with pytest.raises(SystemExit, match="no heartbeat for a session timeout"):
        Lease(10).require()
