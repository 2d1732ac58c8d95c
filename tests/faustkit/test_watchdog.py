"""The watchdog: a worker that hangs must not look healthy."""

import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from streams.faustkit import fatal, lease
from streams.faustkit.watchdog import Watchdog


@contextmanager
def watching(
    monkeypatch: pytest.MonkeyPatch, progress: Callable[[], int], waiting: Callable[[], int], *, beating: bool
) -> Iterator["queue.Queue[str]"]:
    """A watchdog with a short patience; what it ends the process for comes through the queue."""
    reasons: queue.Queue[str] = queue.Queue()
    monkeypatch.setattr(fatal, "end", lambda reason, *_: reasons.put(reason))
    watchdog = Watchdog(progress, waiting, timeout=0.4)
    if beating:
        watchdog.beat_at = lease.now() + 3600
    watchdog.start()
    try:
        yield reasons
    finally:
        watchdog.stop()
        watchdog.join(10)


def test_lag_without_progress_ends_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    with watching(monkeypatch, lambda: 7, lambda: 5, beating=True) as reasons:
        assert "no progress for 0 s with 5 records waiting" in reasons.get(timeout=10)


def test_a_stuck_loop_ends_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    with watching(monkeypatch, lambda: 7, lambda: 0, beating=False) as reasons:
        assert "event loop has not turned" in reasons.get(timeout=10)


def test_neither_an_idle_worker_nor_a_busy_one_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    moved = iter(range(1_000_000))
    with watching(monkeypatch, lambda: 7, lambda: 0, beating=True) as idle, pytest.raises(queue.Empty):
        idle.get(timeout=1.2)
    with watching(monkeypatch, lambda: next(moved), lambda: 5, beating=True) as busy, pytest.raises(queue.Empty):
        busy.get(timeout=1.2)
