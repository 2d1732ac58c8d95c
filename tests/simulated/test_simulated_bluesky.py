"""The simulated Bluesky: what is written there, to whom, and the command that runs it."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from agents.ingest.bluesky.intake import Intake
from agents.ingest.bluesky.memory import Memory
from agents.ingest.bluesky.stream import JetstreamStream
from agents.ingest.rules.watch import RuleWatch
from agents.simulated.bluesky import BlueskyWriter, copy_with_accounts, keep_writing, made_up
from agents.simulated.jetstream import SimulatedJetstream, identity
from streams import directory
from streams.errors import UserError
from streams.reading.bluesky import uri_of
from streams.settings import load

AT_MS = 1_795_000_000_000
MOST_BYTES = 1_000_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("made") / "directory"
    copy_with_accounts("", made)
    return made


def written(folder: Path, posts: int, seed: int = 7) -> list[dict[str, Any]]:
    writer = BlueskyWriter(seed, directory.load(str(folder)))
    return [event for number in range(posts) for event in writer.write(AT_MS + 50 * number)]


def commits(events: list[dict[str, Any]], operation: str) -> list[dict[str, Any]]:
    return [one for one in events if one["kind"] == "commit" and one["commit"]["operation"] == operation]


def test_every_hospital_that_can_be_addressed_on_x_has_a_made_up_account(folder: Path) -> None:
    shipped, made = directory.load(), directory.load(str(folder))
    assert [one.accounts["x"] for one in made.hospitals] == [one.accounts["x"] for one in shipped.hospitals]
    for one in made.hospitals:
        assert {handle.handle for handle in one.accounts["bluesky"]} == set(
            made_up(one.accounts["x"][0].handle) if one.accounts["x"] else ()
        )


def test_an_account_that_a_hospital_has_is_not_made_up(folder: Path, tmp_path: Path) -> None:
    assert copy_with_accounts(str(folder), tmp_path / "again") == 0
    assert (
        directory.load(str(tmp_path / "again")).accounts["bluesky"] == directory.load(str(folder)).accounts["bluesky"]
    )


def test_the_same_seed_writes_the_same(folder: Path) -> None:
    assert written(folder, 300) == written(folder, 300)
    assert written(folder, 300) != written(folder, 300, seed=8)


def test_most_posts_are_to_or_about_hospitals_and_some_are_taken_back(folder: Path, tmp_path: Path) -> None:
    settings = load(directory_folder=str(folder))
    intake = Intake(MOST_BYTES, RuleWatch(settings).wanted, Memory(tmp_path / "bluesky.db"))
    events = written(folder, 2000)
    records = [record for number, one in enumerate(events) for record in intake.take(_frame(one, number))]
    lines = {kind: count for (_, kind), count in intake.lines.items()}
    assert lines["post"] > 1700
    assert 20 < lines["withdrawal"] < 120
    assert lines["other"] > 50
    assert lines["dead"] == 0
    assert len(records) >= lines["post"] + lines["withdrawal"], "an account that goes takes several posts back"


async def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


def _frame(event: dict[str, Any], number: int) -> bytes:
    return json.dumps({**event, "time_us": number + 1}).encode()


def test_answers_are_to_posts_that_were_written(folder: Path) -> None:
    posts = commits(written(folder, 1000), "create")
    uris = {uri_of(one["did"], one["commit"]["rkey"]) for one in posts}
    answered = [parent["parent"]["uri"] for one in posts if (parent := one["commit"]["record"].get("reply"))]
    assert len(answered) > 100
    assert set(answered) <= uris
    assert len(uris) == len(posts)


def test_what_is_deleted_was_written_and_nothing_twice(folder: Path) -> None:
    events = written(folder, 2000)
    posts = Counter((one["did"], one["commit"]["rkey"]) for one in commits(events, "create"))
    deleted = Counter((one["did"], one["commit"]["rkey"]) for one in commits(events, "delete"))
    assert deleted
    assert deleted <= posts


def test_who_went_comes_back_before_the_next_post_and_no_hospital_goes(folder: Path) -> None:
    gone: set[str] = set()
    ever: set[str] = set()
    for event in written(folder, 4000):
        if event["kind"] == "account":
            (gone.discard if event["account"]["active"] else gone.add)(event["did"])
            ever |= gone
        elif event["kind"] == "commit" and event["commit"]["operation"] == "create":
            assert event["did"] not in gone
    assert ever
    assert not ever & set(directory.load(str(folder)).accounts["bluesky"])


def test_mentions_are_where_the_text_shows_them(folder: Path) -> None:
    mentions = 0
    for one in commits(written(folder, 500), "create"):
        record = one["commit"]["record"]
        for facet in record.get("facets", ()):
            shown = record["text"].encode()[facet["index"]["byteStart"] : facet["index"]["byteEnd"]].decode()
            assert shown.startswith("@")
            assert shown.endswith(".bsky.example")
            mentions += 1
    assert mentions > 300


def test_a_directory_without_accounts_is_one_line() -> None:
    with pytest.raises(UserError, match="simulate-bluesky directory FOLDER"):
        BlueskyWriter(7, directory.load())


def test_so_many_posts_as_asked_come_and_then_something_else_still_does(folder: Path) -> None:
    async def heard() -> list[dict[str, Any]]:
        frames: list[bytes] = []
        async with SimulatedJetstream() as server:
            stream = JetstreamStream(server.url, frames.append, MOST_BYTES)
            writer = BlueskyWriter(7, directory.load(str(folder)))
            tasks = [
                asyncio.create_task(work)
                for work in (stream.listen(0), keep_writing(server, writer, 1000, 50, idle_seconds=0.05))
            ]
            await until(lambda: sum(b'"create"' in frame for frame in frames) == 50)
            before = len(frames)
            await until(lambda: len(frames) > before + 10)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return [json.loads(frame) for frame in frames]

    assert len(commits(asyncio.run(heard()), "create")) == 50


def test_what_is_older_than_it_keeps_is_forgotten_and_a_listener_goes_on() -> None:
    second = 1_000_000

    async def numbers() -> list[str]:
        frames: list[bytes] = []
        async with SimulatedJetstream(keep_us=10 * second) as server:
            for number in range(100):
                await server.write(identity(f"did:plc:{number}", "a.example"), at_us=(1 + number) * second)
            stream = JetstreamStream(server.url, frames.append, MOST_BYTES)
            task = asyncio.create_task(stream.listen(second))
            for number in range(100, 110):
                await until(lambda: len(frames) == number - 89)  # noqa: B023 - it is awaited here
                await server.write(identity(f"did:plc:{number}", "a.example"), at_us=(1 + number) * second)
            await until(lambda: len(frames) == 21)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        return [json.loads(frame)["did"].rpartition(":")[2] for frame in frames]

    assert asyncio.run(numbers()) == [str(number) for number in range(89, 110)]


# -- the command ------------------------------------------------------------------------------------------------------


@contextmanager
def command(folder: str, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-m", "agents.cli", "simulate-bluesky", *arguments],
        env={**os.environ, "EARSHOT_DIRECTORY_FOLDER": folder},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_prints_its_address_writes_and_ends_at_once_when_told(folder: Path, number: signal.Signals) -> None:
    async def listen(url: str) -> None:
        enough = asyncio.Event()
        frames: list[bytes] = []

        def take(frame: bytes) -> None:
            frames.append(frame)
            if len(frames) >= 20:
                enough.set()

        task = asyncio.create_task(JetstreamStream(url, take, MOST_BYTES).listen(0))
        await asyncio.wait_for(enough.wait(), 10)
        process.send_signal(number)
        await asyncio.wait_for(task, 10)

    with command(str(folder), "--rate", "500") as process:
        assert process.stdout is not None
        asyncio.run(listen(process.stdout.readline().strip()))
        output, errors = process.communicate(timeout=10)
    assert (process.returncode, output, errors) == (0, "", "")


def test_a_copy_of_the_directory_is_written_where_it_is_told(tmp_path: Path) -> None:
    with command("", "directory", str(tmp_path / "new")) as process:
        output, errors = process.communicate(timeout=20)
    hospitals = len(directory.load(str(tmp_path / "new")).accounts["bluesky"]) // 2
    assert (process.returncode, errors) == (0, "")
    assert output == f"{tmp_path / 'new'}: {hospitals} hospitals with a made-up account\n"


def test_a_port_that_is_taken_is_one_line(folder: Path) -> None:
    with command(str(folder)) as first:
        assert first.stdout is not None
        port = first.stdout.readline().strip().rpartition(":")[2]
        with command(str(folder), "--port", port) as second:
            output, errors = second.communicate(timeout=20)
    assert (second.returncode, output, errors.count("\n")) == (1, "", 1)
    assert "give another --port" in errors
