"""A thread's failure reaches whoever checks; a stop waits no longer than it says."""

import threading
import time

import pytest

from agents.ingest.threads import StoppedError, WatchedThread
from streams.errors import UserError


def test_what_ends_the_work_is_raised_by_check() -> None:
    def work() -> None:
        raise UserError("the disk is gone")

    thread = WatchedThread("test", work, threading.Event())
    thread.check()
    thread.start()
    assert thread.stop()
    with pytest.raises(UserError, match="the disk is gone"):
        thread.check()


def test_being_stopped_amid_the_work_is_no_failure() -> None:
    stopping = threading.Event()

    def work() -> None:
        stopping.wait(60)
        raise StoppedError

    thread = WatchedThread("test", work, stopping)
    thread.start()
    assert thread.stop(10)
    thread.check()


def test_a_stop_does_not_wait_for_work_that_hangs() -> None:
    hanging = threading.Event()

    def work() -> None:
        hanging.wait(60)

    thread = WatchedThread("test", work, threading.Event())
    thread.start()
    began = time.monotonic()
    assert not thread.stop(0.05)
    assert time.monotonic() - began < 5
    hanging.set()
    assert thread.stop(10)


def test_what_was_never_started_has_ended() -> None:
    stopping = threading.Event()
    thread = WatchedThread("test", lambda: None, stopping)
    assert not thread.started
    assert thread.stop()
    assert stopping.is_set(), "others that share the event end, too"
