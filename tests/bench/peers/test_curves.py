"""What the bench makes of two curves, written and folded."""

import pytest

from bench.peers.curves import latencies


def test_each_record_waits_from_its_posts_moment_to_the_look_that_saw_it() -> None:
    # Posts at 0, 1 and 2 s, with one, no and two records.
    folded = [(0.5, 0), (0.6, 1), (2.1, 2), (9.0, 3)]
    assert latencies([1, 1, 3], 1.0, folded) == pytest.approx([0.1, 0.6, 7.0])


def test_who_stalls_makes_all_wait() -> None:
    due = list(range(1, 101))
    late = latencies(due, 100.0, [(2.0, 100)])
    assert (late[0], late[-1]) == pytest.approx((1.01, 2.0))
