"""Bluesky's source against a scripted Jetstream: what ends a connection, what follows, where the next one begins."""

import asyncio
import contextlib
import itertools
import threading
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from aiohttp import web

from agents.ingest.bluesky.cursor import AHEAD_US, REWIND_US, Cursor
from agents.ingest.bluesky.outcome import CONSEQUENCES, Outcome
from agents.ingest.bluesky.source import BlueskySource
from agents.ingest.bluesky.stream import JetstreamStream
from agents.ingest.outcome import HEALTHY, Waits
from agents.ingest.records import Record
from agents.ingest.wal.wal import Wal
from agents.simulated.jetstream import SimulatedJetstream, account, deletion, post
from streams.reading.bluesky import post_id, uri_of
from streams.vocabulary import LINE_KINDS, StreamEnd
from tests.scripted_bluesky import (
    FARGO,
    FARGO_HANDLE,
    OTHER,
    SOMEONE,
    Scripted,
    directory_folder,
    jetstream,
    source,
)
from tests.waiting import wait_until

NOISE = post(OTHER, "3noise", "good morning")


@pytest.fixture
def server() -> Iterator[Scripted]:
    with jetstream() as found:
        yield found


def ours(rkey: str) -> dict[str, object]:
    return post(SOMEONE, rkey, f"@{FARGO_HANDLE} hello", mentions={FARGO: f"@{FARGO_HANDLE}"})


def identity_of(rkey: str) -> str:
    return post_id(uri_of(SOMEONE, rkey))


def stream_of(server: Scripted) -> JetstreamStream:
    return JetstreamStream(server.server.url, lambda _: None, 1_000_000)


def outcomes(found: BlueskySource) -> dict[str, float]:
    return {kind: count for (_, kind), count in found.reading()["source_stream_outcomes_total"].items() if count}


def heard(found: BlueskySource, kind: str, count: int) -> None:
    """Wait until so many events of a kind were read. What came before them is in the wal; the last may not be yet."""
    wait_until(lambda: found.intake.lines["bluesky", kind] >= count, f"{count} {kind}")


def test_posts_of_ours_go_into_the_wal_and_what_it_says_of_itself_follows(server: Scripted, tmp_path: Path) -> None:
    with source(server.server.url, tmp_path) as (found, taken):
        for name in ("source_last_line_timestamp_seconds", "source_delivery_lag_seconds"):
            assert found.reading()[name] == {}
        assert not found.healthy
        wait_until(lambda: server.server.connected, "connected")
        assert server.server.attempts[0].cursor == 0, "the first start begins with what is written from then on"
        server.write(NOISE, ours("3a"), NOISE, ours("3b"), deletion(SOMEONE, "3a"))
        server.do(server.server.garble("{", b"\x00\x01"))
        heard(found, "dead", 2)
        assert taken.ids() == [
            ("bluesky", identity_of("3a")), ("bluesky", identity_of("3b")), ("withdrawal", identity_of("3a")),
        ]  # fmt: skip
        reading = found.reading()
        came = {"post": 2, "withdrawal": 1, "other": 2, "dead": 2}
        assert reading["source_lines_total"] == {("bluesky", kind): came.get(kind, 0) for kind in LINE_KINDS}
        assert reading["source_stream_connected"] == {("bluesky",): True}
        assert reading["bluesky_remembered_posts"] == {(): 1}
        assert reading["bluesky_gap_seconds_total"] == {(): 0}
        assert 0 <= reading["source_delivery_lag_seconds"]["bluesky",] < 20
        assert 0 <= reading["bluesky_cursor_lag_seconds"][()] < 20
        assert found.healthy
        assert found.report() == "Bluesky: 7 events, 2 posts, 1 withdrawals, 2 dead letters"
        found.check()
    assert outcomes(found) == {"stopped": 1}


def test_a_restart_goes_on_where_the_wal_is_and_loses_nothing(server: Scripted, tmp_path: Path) -> None:
    with source(server.server.url, tmp_path) as (found, taken):
        wait_until(lambda: server.server.connected, "connected")
        long_ago = time.time_ns() // 1000 - 3600 * 1_000_000
        server.write(ours("3a"), at_us=long_ago)
        at_us = server.write(NOISE)
        heard(found, "other", 1)
        before = taken.ids()
    server.write(*(ours(f"3while{number}") for number in range(50)), account(SOMEONE, active=False, status="deleted"))
    with source(server.server.url, tmp_path) as (found, taken):
        wait_until(lambda: sum(kind == "withdrawal" for kind, _ in taken.ids()) == 51, "all are withdrawn")
        after = taken.ids()
    assert server.server.attempts[1].cursor == at_us - REWIND_US
    assert before == [("bluesky", identity_of("3a"))]
    posts = [identity for kind, identity in after if kind == "bluesky"]
    assert posts == [identity_of("3a"), *(identity_of(f"3while{number}") for number in range(50))]
    withdrawn = {identity for kind, identity in after if kind == "withdrawal"}
    assert withdrawn == set(posts), "that of before the restart, too"


def test_a_broken_connection_is_taken_up_again_from_the_cursor(server: Scripted, tmp_path: Path) -> None:
    script = server.server
    with source(script.url, tmp_path) as (found, taken):
        for number, break_off in enumerate((script.end, script.reset)):
            wait_until(lambda: script.connected, "connected")
            server.write(ours(f"3before{number}"))
            wait_until(partial(taken.holds, "bluesky", identity_of(f"3before{number}")), "it came")
            server.do(break_off())
            wait_until(lambda: not script.connected, "it is broken off")
            server.write(ours(f"3while{number}"))
        wait_until(partial(taken.holds, "bluesky", identity_of("3while1")), "the last one came")
        expected = {identity_of(f"3{when}{number}") for when in ("before", "while") for number in range(2)}
        assert {identity for _, identity in taken.ids()} == expected
    assert outcomes(found) == {"clean_end": 1, "network": 1, "stopped": 1}
    assert [attempt.status for attempt in script.attempts] == [101] * 3


def test_silence_is_a_stall_and_what_was_held_back_comes_afterwards(server: Scripted, tmp_path: Path) -> None:
    with source(server.server.url, tmp_path, stall_seconds=0.5) as (found, taken):
        wait_until(lambda: server.server.connected, "connected")
        server.write(NOISE)
        heard(found, "other", 1)
        server.do(server.server.stall())
        server.write(ours("3a"))
        wait_until(lambda: outcomes(found).get("stalled") == 1, "it is seen")
        server.do(server.server.stall(on=False))
        wait_until(partial(taken.holds, "bluesky", identity_of("3a")), "it came")


@pytest.mark.parametrize(
    ("statuses", "ends"),
    [([503, 500], {"server_error": 2}), ([429], {"rate_limited": 1}), ([403, 200], {"bad_request": 2})],
)
def test_a_refusal_says_what_it_is(server: Scripted, statuses: list[int], ends: dict[str, int]) -> None:
    server.do(server.server.refuse(*statuses))
    found = [asyncio.run(stream_of(server).listen(0)) for _ in statuses]
    assert Counter(outcome.kind for outcome in found) == ends
    assert [outcome.status for outcome in found] == statuses


def test_what_is_no_websocket_is_told_from_a_broken_one(server: Scripted) -> None:
    async def connected() -> Outcome:
        listening = asyncio.create_task(stream_of(server).listen(0))
        await asyncio.to_thread(wait_until, lambda: server.server.connected, "connected")
        asyncio.run_coroutine_threadsafe(server.server.babble(), server.loop)
        return await listening

    assert asyncio.run(connected()).kind == "bad_frames"


def test_nobody_there_is_a_broken_way() -> None:
    stream = JetstreamStream("ws://127.0.0.1:9", lambda _: None, 1000)
    assert asyncio.run(stream.listen(0)) == Outcome("network")


def test_reconnects_are_bounded_however_the_connections_end(server: Scripted, tmp_path: Path) -> None:
    server.do(server.server.end_each_after(1))
    with source(server.server.url, tmp_path) as _:
        wait_until(lambda: server.server.connected, "connected")
        server.write(*[NOISE] * 1000)
        wait_until(lambda: len(server.server.attempts) >= 3, "two ends")
        times = [attempt.at for attempt in server.server.attempts]
        assert times[1] - times[0] >= CONSEQUENCES["clean_end"].first
        assert times[2] - times[1] >= 2 * CONSEQUENCES["clean_end"].first


def test_no_mixture_of_ends_makes_a_storm() -> None:
    for kinds in itertools.product(set(CONSEQUENCES) - {"stopped"}, repeat=2):
        waits = Waits()
        mixed = itertools.islice(itertools.cycle(kinds), 40)
        waited = sum(waits.after(Outcome(kind, seconds=HEALTHY / 2)) for kind in mixed)
        assert waited > 9 * 60, f"40 attempts, {kinds} by turns"


def test_a_connection_that_stood_makes_the_next_end_the_first_again() -> None:
    waits = Waits()
    assert [waits.after(Outcome("network")) for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert waits.after(Outcome("network", seconds=HEALTHY)) == 1
    assert waits.after(Outcome("network")) == 2


@pytest.mark.parametrize("kind", CONSEQUENCES)
def test_every_end_has_a_consequence(kind: StreamEnd) -> None:
    assert str(Outcome(kind, 503)) == f"{kind} (HTTP 503): {CONSEQUENCES[kind].meaning}"


def test_what_bluesky_no_longer_has_is_counted_as_a_gap(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    hour_us = 3600 * 1_000_000
    with jetstream(lambda: SimulatedJetstream(keep_us=hour_us)) as server:
        began = time.time_ns() // 1000 - 3 * hour_us
        with source(server.server.url, tmp_path) as (found, _):
            wait_until(lambda: server.server.connected, "connected")
            server.write(NOISE, at_us=began)
            heard(found, "other", 1)
        server.write(ours("3lost"), at_us=began + hour_us)
        server.write(ours("3kept"), at_us=began + 3 * hour_us)
        with source(server.server.url, tmp_path) as (found, taken):

            def gap() -> float:
                return found.reading()["bluesky_gap_seconds_total"][()]

            # The gap is counted after the post is in the wal, and the post is counted before.
            wait_until(gap, "the gap is counted")
            assert taken.ids() == [("bluesky", identity_of("3kept"))]
            assert gap() == pytest.approx(3 * 3600 - 10, abs=20)
    assert "were not sent again" in caplog.text


def test_a_full_wal_ends_the_connection_and_room_brings_it_back(server: Scripted, tmp_path: Path) -> None:
    with source(server.server.url, tmp_path) as (found, taken):
        wal = taken.wal
        wait_until(lambda: server.server.connected, "connected")
        wal.max_bytes = 1  # each record is too much
        server.write(ours("3a"), ours("3b"))
        wait_until(lambda: outcomes(found).get("full") == 1, "hung up")
        wait_until(lambda: not server.server.connected, "gone")
        wal.max_bytes = 2**30
        wait_until(lambda: len(taken.ids()) == 1, "taken")
        wal.acknowledge(1)
        wait_until(partial(taken.holds, "bluesky", identity_of("3b")), "the next came")


def test_an_edit_of_the_directory_is_followed_without_a_new_connection(server: Scripted, tmp_path: Path) -> None:
    with source(server.server.url, tmp_path) as (found, taken):
        wait_until(lambda: server.server.connected, "connected")
        directory_folder(tmp_path / "directory", f"240010,bluesky,{OTHER},official,,")
        server.write(NOISE)

        def ours_now() -> bool:
            server.write(NOISE)
            return taken.holds("bluesky", post_id(uri_of(OTHER, "3noise")))

        wait_until(ours_now, "its posts are ours")
        assert found.stream.connects == 1


@pytest.mark.parametrize("connected", [True, False])
def test_a_stop_is_prompt_whatever_it_does(tmp_path: Path, connected: bool) -> None:
    with jetstream() as server:
        if not connected:
            server.do(server.server.refuse(*[503] * 9))
        with source(server.server.url, tmp_path) as (found, _):
            wait_until(lambda: bool(server.server.attempts), "it tries")
            wait_until(lambda: server.server.connected == connected, "it is connected, or waits")
            began = time.monotonic()
            found.stop()
            assert time.monotonic() - began < 2
        assert not [one for one in threading.enumerate() if one.name == "earshot-bluesky"]


def test_a_cursor_never_goes_back_nor_to_a_time_that_cannot_be(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    now = time.time_ns() // 1000
    cursor = Cursor(tmp_path / "cursor")
    assert cursor.start_us == 0
    for at_us in (now, 1, now - 1, now + 2 * AHEAD_US, -5):
        cursor.move(at_us)
    cursor.save()
    assert Cursor(tmp_path / "cursor").start_us == now - REWIND_US
    (tmp_path / "cursor").write_bytes(b"17 5\n")
    assert Cursor(tmp_path / "cursor").start_us == 0
    assert "is damaged" in caplog.text


def test_the_runbook_says_what_to_do_about_every_end() -> None:
    runbook = (Path(__file__).parents[3] / "docs/runbook.md").read_text(encoding="utf-8")
    chapter = runbook.split("\n## SourceDisconnected\n")[1].split("\n## ")[0]
    assert [kind for kind in CONSEQUENCES if f"`{kind}`" not in chapter] == []


def test_a_delay_is_shown_only_once_an_event_is_in_the_wal(
    server: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proof takes a short delay as the end of a replay, so none may be shown before the first event was measured."""
    shown = []

    def append(wal: Wal, record: Record) -> int:
        shown.append(dict(found.reading()["source_delivery_lag_seconds"]))
        return appended(wal, record)

    appended = Wal.append
    monkeypatch.setattr(Wal, "append", append)
    with source(server.server.url, tmp_path) as (found, taken):
        wait_until(lambda: server.server.connected, "connected")
        server.write(ours("3a"))
        wait_until(partial(taken.holds, "bluesky", identity_of("3a")), "it came")
        wait_until(lambda: found.reading()["source_delivery_lag_seconds"], "the delay is shown")
    assert shown == [{}]


async def pinging(request: web.Request) -> web.WebSocketResponse:
    """A Jetstream that pings and sends nothing."""
    socket = web.WebSocketResponse(autoping=False)
    await socket.prepare(request)
    with contextlib.suppress(ConnectionError):
        while not socket.closed:
            await socket.ping()
            request.app[PINGS].append(1)
            await asyncio.sleep(0.05)
    return socket


PINGS = web.AppKey("pings", list)


def test_pings_without_an_event_are_a_stall() -> None:
    async def listened() -> tuple[Outcome, int]:
        app = web.Application()
        app[PINGS] = []
        app.router.add_get("/subscribe", pinging)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            stream = JetstreamStream(f"ws://127.0.0.1:{runner.addresses[0][1]}", lambda _: None, 1_000_000, 0.5)
            async with asyncio.timeout(10):
                return await stream.listen(0), len(app[PINGS])
        finally:
            await runner.cleanup()

    outcome, pings = asyncio.run(listened())
    assert outcome.kind == "stalled"
    assert outcome.seconds < 5
    assert pings > 2


def test_how_long_a_silence_is_a_stall_is_a_setting(server: Scripted, tmp_path: Path) -> None:
    environ = {"EARSHOT_BLUESKY_STALL_SECONDS": "5"}
    with source(server.server.url, tmp_path, environ) as (found, _):
        wait_until(lambda: bool(found.stream.connects), "it is connected")
        server.do(server.server.stall())
        wait_until(lambda: outcomes(found).get("stalled") == 1, "it is seen, long before the 20 s of a public one")
