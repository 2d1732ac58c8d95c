"""Answers take their share of the time and no more."""

import pytest

from agents.worker.api.budget import Budget


def test_what_is_used_beyond_what_was_saved_is_waited_for() -> None:
    now = [0.0]
    budget = Budget(share=0.1, most=1.0, clock=lambda: now[0])
    assert budget.wait() == 0.0
    budget.use(1.5)
    assert budget.wait() == pytest.approx(5.0)
    now[0] = 6.0
    assert budget.wait() == 0.0
    now[0] = 1000.0
    assert budget.wait() == 0.0
    budget.use(1.1)
    assert budget.wait() == pytest.approx(1.0), "no more than a second is saved"


def test_over_a_long_time_the_share_is_kept() -> None:
    now, used = 0.0, 0.0
    budget = Budget(share=0.03, most=1.0, clock=lambda: now)
    while now < 1000:
        now += (wait := budget.wait())
        if not wait:
            budget.use(0.02)
            used += 0.02
            now += 0.02
    assert 29 < used < 33
