"""A scenario file is read strictly, its steps come in order and at their time, and each does what it is called."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest
import requests

from agents.simulated import scenario
from agents.simulated.answers import REFUSAL_NAMES, REFUSALS
from agents.simulated.scenario import (
    After,
    AnyStep,
    BadLine,
    Burst,
    Disconnect,
    DropSlowReader,
    End,
    Partial,
    Refuse,
    Reset,
    Shuffle,
    Silence,
    Twice,
)
from agents.simulated.script import Script
from agents.simulated.server import STREAM_PATH
from streams.errors import UserError
from tests.running_ingest import TOKEN
from tests.simulated.test_simulated_x import Client, served
from tests.waiting import wait_until

EXPECT = "expect: {ends: {}, connects: 1}"


@contextmanager
def playing(*steps: AnyStep, **options: object) -> Iterator[Client]:
    with served(steps=steps, **{"rate": 1000, "count": 10**6, **options}) as (client, _):
        client.add("@mayoclinic", "@innovishealth")
        yield client


def read(client: Client, most: int) -> list[bytes]:
    """So many lines of one connection, fewer if it ends."""
    with client.stream() as lines:
        return [line for _, line in zip(range(most), lines, strict=False)]


def ids(lines: list[bytes]) -> list[str]:
    return [json.loads(line)["data"]["id"] for line in lines]


# -- files -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Expected `object`"),
        (f"about: x\nsteps: []\n{EXPECT}", "length >= 1"),
        (f"about: x\nsteps: [{{do: explode}}]\n{EXPECT}", "explode"),
        (f"about: x\nsteps: [{{do: end, afterwards: 3}}]\n{EXPECT}", "afterwards"),
        (f"about: x\nsteps: [{{do: refuse, answer: rudely}}]\n{EXPECT}", "rudely"),
        (f"about: x\nsteps: [{{do: end, times: 0}}]\n{EXPECT}", ">= 1"),
        ("about: x\nsteps: [{do: end}]\nexpect: {ends: {sulked: 1}, connects: 1}", "sulked"),
        ("about: [x", "expected ',' or ']'"),
    ],
)
def test_a_file_that_is_no_scenario_is_refused_with_what_is_wrong(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    with pytest.raises(UserError) as refused:
        scenario.load(str(file))
    assert str(file) in str(refused.value)
    assert words in str(refused.value)


def test_a_file_of_ones_own_is_read_and_one_that_is_not_there_named(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(f"about: x\nsteps: [{{do: silence}}]\n{EXPECT}")
    assert scenario.load(str(file)).steps == (Silence(),)
    with pytest.raises(UserError, match="No such file"):
        scenario.load(str(tmp_path / "other.yaml"))
    with pytest.raises(UserError, match="no scenario 'other': one of bad_day, "):
        scenario.load("other")


def test_the_shipped_files_use_every_step_and_every_refusal() -> None:
    steps = [step for name in scenario.names() for step in scenario.load(name).steps]
    assert {type(step) for step in steps} == set(AnyStep.__args__)
    assert {step.answer for step in steps if isinstance(step, Refuse)} == set(REFUSAL_NAMES)


# -- their time --------------------------------------------------------------------------------------------------------


def test_steps_come_in_order_and_each_counts_from_the_one_before() -> None:
    now = [100.0]
    script = Script((End(after=After(posts=2), times=2), Partial(after=After(connects=1, seconds=5))), lambda: now[0])
    for _ in range(2):
        script.posted()
        assert not script.due
        script.posted()
        assert isinstance(script.take(), End)
    now[0] += 5
    assert not script.due
    script.connected()
    assert script.due
    assert isinstance(script.take(), Partial)
    assert script.over
    assert not script.due


def test_a_refusal_waits_for_a_request_and_other_steps_for_a_connection() -> None:
    script = Script((Refuse(answer="calm"), End(), Refuse(answer="forbidden")), lambda: 0.0)
    assert not script.due
    assert script.refusal() == Refuse(answer="calm")
    assert script.refusal() is None
    assert script.due
    script.take()
    assert not script.due
    assert script.refusal() == Refuse(answer="forbidden")
    assert script.over


# -- what they do ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", REFUSAL_NAMES)
def test_a_refusal_has_xs_status_and_shape_and_the_next_request_is_taken(name: str) -> None:
    with playing(Refuse(answer=name)) as client:  # type: ignore[arg-type] # a name
        answer = client.get(STREAM_PATH)
        assert answer.status_code == answer.json()["status"] == REFUSALS[name].status  # type: ignore[index] # a name
        assert answer.json().keys() >= {"title", "detail", "type"}
        assert not {"x-rate-limit-reset", "retry-after"} & {header.lower() for header in answer.headers}
        assert len(read(client, 3)) == 3


def test_a_refusal_tells_the_times_that_the_scenario_says() -> None:
    with playing(Refuse(answer="rate_limited", reset_in=300, retry_after=7), clock=lambda: 1000.5) as client:
        headers = client.get(STREAM_PATH).headers
    assert (headers["x-rate-limit-reset"], headers["x-rate-limit-remaining"], headers["retry-after"]) == (
        "1300", "0", "7"
    )  # fmt: skip


def test_an_end_comes_after_so_many_posts_and_every_line_is_whole() -> None:
    with playing(End(after=After(posts=7), times=2)) as client:
        assert [len(ids(read(client, 100))) for _ in range(2)] == [7, 7]
        assert len(read(client, 20)) == 20


def test_a_partial_last_line_is_the_last_and_no_json() -> None:
    with playing(Partial(after=After(posts=5))) as client:
        *whole, last = read(client, 100)
    assert len(ids(whole)) == 5
    with pytest.raises(json.JSONDecodeError):
        json.loads(last)


def test_a_reset_breaks_the_answer() -> None:
    with playing(Reset(after=After(posts=5))) as client:
        with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError)):
            read(client, 100)
        assert len(read(client, 20)) == 20


def test_silence_has_no_heartbeat_and_lasts_until_the_listener_goes() -> None:
    with playing(Silence(after=After(posts=3)), heartbeat=0.1) as client:
        with requests.get(
            client.x.url + STREAM_PATH, headers={"Authorization": f"Bearer {TOKEN}"}, stream=True, timeout=(5, 0.6)
        ) as answer:
            lines = answer.iter_lines(chunk_size=None)
            assert len(ids([next(lines) for _ in range(3)])) == 3
            with pytest.raises(requests.ConnectionError, match="timed out"):
                next(lines)
        assert len(read(client, 3)) == 3


@pytest.mark.parametrize("problem", ["SlowReader", "UsageCapExceeded", "TooManyConnections"])
def test_a_disconnect_is_announced_by_the_last_line(problem: str) -> None:
    with playing(Disconnect(problem=problem, after=After(posts=3))) as client:  # type: ignore[arg-type] # a name
        *posts, last = read(client, 100)
    assert len(ids(posts)) == 3
    (error,) = json.loads(last)["errors"]
    assert problem in (error["title"], error.get("disconnect_type"), error.get("connection_issue"))


def test_a_bad_line_stands_amid_the_good_ones() -> None:
    with playing(BadLine(kind="null", after=After(posts=3))) as client:
        lines = read(client, 6)
        assert lines[3] == b"null"
        assert len(ids([*lines[:3], *lines[4:]])) == 5
        assert client.x.bad == {"null": 1}


def test_twice_is_the_next_posts_each_two_times() -> None:
    with playing(Twice(posts=4, after=After(posts=2)), seed=3) as client:
        found = ids(read(client, 14))
    assert found[2:10:2] == found[3:10:2]
    assert [count for count in Counter(found).values() if count > 1] == [2] * 4


def test_shuffled_posts_come_last_first_and_none_is_lost() -> None:
    with playing(Shuffle(posts=6, after=After(posts=2)), seed=3) as client:
        found = ids(read(client, 12))
    assert found[2:8] == sorted(found[2:8], reverse=True)
    assert found[:2] + found[2:8][::-1] + found[8:] == sorted(found)


def test_a_burst_is_so_much_faster_for_so_long_in_the_posts_own_time_too() -> None:
    with playing(Burst(factor=10, seconds=0.5), rate=100) as client, client.stream() as lines:
        next(lines)
        wait_until(lambda: client.x.scenario_over, "the burst is over")
        written = [int(one) >> 22 for one in ids([next(lines) for _ in range(client.x.delivered.total() + 50)])]
    gaps = [later - earlier for earlier, later in pairwise(written) if later > earlier]
    assert min(gaps) == 1
    assert Counter(gaps).most_common(1)[0][0] == 1
    assert max(gaps[-20:]) >= 10


def test_a_listener_that_stops_reading_is_told_so_and_dropped() -> None:
    with playing(DropSlowReader(seconds=0.2), rate=20_000, bad_every=5) as client:
        with client.stream() as lines:
            assert next(lines)
            wait_until(lambda: client.x.scenario_over, "X has had enough")
            *_, last = lines
        assert json.loads(last)["errors"][0]["disconnect_type"] == "SlowReader"
        assert len(read(client, 3)) == 3


# -- the command -------------------------------------------------------------------------------------------------------


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "agents.cli", "simulate-x", *arguments],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_the_command_lists_every_scenario_by_name_for_people_and_as_json() -> None:
    said = run("scenarios")
    assert said.returncode == 0
    assert [line for line in said.stdout.splitlines() if not line.startswith(" ")] == scenario.names()
    listed = json.loads(run("scenarios", "--json").stdout)
    assert [one["name"] for one in listed] == scenario.names()
    assert all(one["about"] and one["steps"] and one["expect"]["connects"] for one in listed)


def test_a_scenario_that_is_not_there_is_one_line_with_those_that_are() -> None:
    said = run("--scenario", "calamity")
    assert (said.returncode, said.stdout, said.stderr.count("\n")) == (1, "", 1)
    assert "'calamity'" in said.stderr
    assert "bad_day" in said.stderr


def test_the_command_plays_the_scenario_that_is_named() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "agents.cli", "simulate-x", "--scenario", "forbidden"],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        headers = {"Authorization": "Bearer any"}
        assert requests.get(url + STREAM_PATH, headers=headers, timeout=10).status_code == 403
        assert requests.get(url + STREAM_PATH, headers=headers, timeout=10).status_code == 409
    finally:
        process.terminate()
        process.communicate(timeout=20)
