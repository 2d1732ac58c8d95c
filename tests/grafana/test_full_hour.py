"""What a live pipeline answers belongs to one hour."""

import pytest

from tests.grafana.full_hour import within_an_hour


@pytest.mark.parametrize(
    ("begins", "took", "asked_at"),
    [(3000.0, 5.0, 3000.0), (3598.0, 5.0, 3663.0), (3604.0, 20.0, 3664.0)],
    ids=["within an hour", "the hour turns meanwhile", "the hour has just turned"],
)
def test_it_is_asked_again_until_no_hour_turned(begins: float, took: float, asked_at: float) -> None:
    now = [begins]

    def ask() -> float:
        now[0] += took
        return now[0]

    assert within_an_hour(ask, lambda: now[0]) == (asked_at, asked_at + took)
