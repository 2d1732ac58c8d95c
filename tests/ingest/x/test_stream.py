"""One `listen` is one connection, through the real tweepy, however it ends; and it says how."""

import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import pytest

from agents.ingest.library_logs import quiet
from agents.ingest.x import rule_plan
from agents.ingest.x.outcome import Outcome
from agents.ingest.x.rule_text import Rule
from agents.ingest.x.stream import XStream
from agents.ingest.x.supervisor import Policy, supervise
from agents.simulated.scenario import After, Disconnect, Refuse, Silence
from agents.simulated.thread import Running
from tests.running_ingest import TOKEN, shipped_rules, simulated
from tests.waiting import wait_until


@contextmanager
def stream_of(
    running: Running, lines: list[bytes], token: str = TOKEN, *, with_rules: bool = True
) -> Iterator[XStream]:
    stream = XStream(token, running.x.url, lines.append)
    try:
        if with_rules:
            rule_plan.sync(stream, shipped_rules())
        yield stream
    finally:
        stream.stop()
        stream.session.close()


@contextmanager
def listening(stream: XStream) -> Iterator[list[Outcome]]:
    """`listen` in a thread; the list gets what it returns."""
    ended: list[Outcome] = []
    thread = threading.Thread(target=lambda: ended.append(stream.listen()))
    thread.start()
    try:
        yield ended
    finally:
        stream.stop()
        thread.join(10)
        assert not thread.is_alive()


@pytest.mark.parametrize(("action", "kind"), [("end_stream", "clean_end"), ("reset_stream", "network")])
def test_a_connection_that_ends_is_not_taken_up_by_tweepy(action: str, kind: str) -> None:
    lines: list[bytes] = []
    with simulated(rate=500) as running, stream_of(running, lines) as stream, listening(stream) as ended:
        wait_until(lambda: len(lines) > 5, "lines arrive")
        running.call(getattr(running.x, action))
        wait_until(lambda: bool(ended), "listen returns", 5)
        assert ended[0].kind == kind
        assert ended[0].seconds > 0
        assert len(running.x.attempts) == 1


def test_clean_ends_in_a_row_make_no_storm() -> None:
    lines: list[bytes] = []
    with simulated(rate=100) as running, stream_of(running, lines) as stream:
        stopping = threading.Event()
        policy = Policy(time.monotonic, time.time)
        thread = threading.Thread(
            target=supervise, args=(stream.listen, policy, stopping.wait, stopping.is_set), daemon=True
        )
        thread.start()
        for number in range(1, 5):
            wait_until(lambda n=number: len(running.x.attempts) == n and running.x.connected, "connected")  # type: ignore[misc] # a default
            running.call(running.x.end_stream)
        wait_until(lambda: len(running.x.attempts) == 5, "the fifth connection")
        stopping.set()
        stream.stop()
        thread.join(10)
        began = [at for at, _ in running.x.attempts]
        gaps = [later - at for at, later in pairwise(began)]
        assert all(gap >= wait for gap, wait in zip(gaps, (0.2, 0.4, 0.8, 1.6), strict=True))


def test_a_wrong_token_is_said_to_be_refused() -> None:
    with simulated() as running, stream_of(running, [], "wrong", with_rules=False) as stream:
        assert stream.listen() == Outcome("unauthorised", 401)


def test_no_rules_are_said_to_be_a_409() -> None:
    with simulated() as running, stream_of(running, [], with_rules=False) as stream:
        assert stream.listen() == Outcome("no_rules", 409)


def test_a_second_connection_is_told_to_wait_and_the_first_goes_on() -> None:
    lines: list[bytes] = []
    with simulated(rate=500) as running, stream_of(running, lines) as stream, listening(stream) as ended:
        wait_until(lambda: len(lines) > 5, "lines arrive")
        with stream_of(running, [], with_rules=False) as second:
            # Connections are left in the window, so its reset has no say.
            assert second.listen() == Outcome("too_many_connections", 429)
        assert not ended


def test_nobody_there_is_a_network_error() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # not listening
        stream = XStream(TOKEN, f"http://127.0.0.1:{taken.getsockname()[1]}", lambda _: None)
        assert stream.listen() == Outcome("network")
        stream.session.close()


def test_an_x_that_accepts_and_says_nothing_is_stalled() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        stream = XStream(TOKEN, f"http://127.0.0.1:{deaf.getsockname()[1]}", lambda _: None, stall_seconds=0.2)
        assert stream.listen() == Outcome("stalled")
        stream.session.close()


def test_heartbeats_alone_keep_a_connection_and_their_absence_ends_it() -> None:
    steps = [Silence(after=After(seconds=1.5))]
    with simulated(count=0, heartbeat=0.1, steps=steps) as running:
        stream = XStream(TOKEN, running.x.url, lambda _: None, stall_seconds=1.0)
        rule_plan.sync(stream, [Rule("@mayoclinic", "a")])
        outcome = stream.listen()
        stream.session.close()
    assert outcome.kind == "stalled"
    assert outcome.seconds > 2
    assert stream.heartbeats > 1


def test_what_x_announces_in_the_stream_is_how_it_ended() -> None:
    lines: list[bytes] = []
    steps = [Disconnect(problem="ForceDisconnect", after=After(posts=3))]
    with simulated(rate=500, steps=steps) as running, stream_of(running, lines) as stream:
        assert stream.listen().kind == "operational_disconnect"
        assert b"ForceDisconnect" in lines[-1], "the line is handed on all the same"


def test_hanging_up_ends_one_connection_and_not_the_next() -> None:
    lines: list[bytes] = []

    def take(line: bytes) -> None:
        lines.append(line)
        stream.hang_up()

    with simulated(rate=500) as running:
        stream = XStream(TOKEN, running.x.url, take)
        rule_plan.sync(stream, shipped_rules())
        assert stream.listen().kind == "full"
        wait_until(lambda: not running.x.connected, "X sees it gone")
        assert stream.listen().kind == "full"
        assert len(lines) == 2
        stream.session.close()


def test_what_the_receiver_of_lines_raises_ends_listen_with_it() -> None:
    def refuse(_: bytes) -> None:
        raise ZeroDivisionError

    with simulated(rate=500) as running:
        stream = XStream(TOKEN, running.x.url, refuse)
        rule_plan.sync(stream, [Rule("@mayoclinic", "a")])
        with pytest.raises(ZeroDivisionError):
            stream.listen()
        stream.session.close()


def test_nothing_is_listened_to_after_a_stop() -> None:
    with simulated() as running, stream_of(running, []) as stream:
        stream.stop()
        assert stream.listen() == Outcome("stopped")
        assert running.x.attempts == []


def test_no_log_level_shows_the_token(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    quiet()
    with simulated() as running, stream_of(running, []) as stream:
        stream.get_rules()
    assert TOKEN not in caplog.text


@pytest.mark.parametrize("step", [Silence(), Refuse(answer="usage_cap")], ids=["in a silence", "in a wait"])
def test_a_stop_is_prompt_also_while_idle(step: Silence | Refuse) -> None:
    with simulated(count=0, heartbeat=60, steps=[step]) as running, stream_of(running, []) as stream:
        stopping = threading.Event()
        policy = Policy(time.monotonic, time.time)
        thread = threading.Thread(target=supervise, args=(stream.listen, policy, stopping.wait, stopping.is_set))
        thread.start()
        wait_until(lambda: running.x.scenario_over, "idle")
        began = time.monotonic()
        stopping.set()
        stream.stop()
        thread.join(20)
        assert time.monotonic() - began < 2
