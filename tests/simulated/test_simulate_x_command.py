"""`earshot simulate-x` as a process: its address first, and gone when told."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from agents.simulated.server import RULES_PATH

TOKEN = "a-token"  # noqa: S105 - of the simulated X


@contextmanager
def command(*arguments: str) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-m", "agents.cli", "simulate-x", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_prints_its_address_and_ends_at_once_when_told(number: signal.Signals, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(TOKEN + "\n")
    with command("--rate", "500", "--token-file", str(token)) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        headers = {"Authorization": f"Bearer {TOKEN}"}
        assert requests.get(url + RULES_PATH, headers=headers, timeout=10).status_code == 200
        requests.post(url + RULES_PATH, headers=headers, json={"add": [{"value": "@mayoclinic"}]}, timeout=10)
        with requests.get(url + RULES_PATH[: -len("/rules")], headers=headers, stream=True, timeout=10) as answer:
            assert next(answer.iter_lines())
            began = time.monotonic()
            process.send_signal(number)
            output, errors = process.communicate(timeout=10)
            assert time.monotonic() - began < 5, "a bound against waiting for the listener"
    assert (process.returncode, output, errors) == (0, "", "")


def test_it_writes_a_past_to_a_file_that_can_be_replayed_before_it_listens(tmp_path: Path) -> None:
    capture = tmp_path / "past.jsonl.zst"
    with command("--history", "6h", "--history-file", str(capture)) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("http://")
        done = subprocess.run(
            [sys.executable, "-m", "agents.cli", "replay", "--to", "nowhere", "--json", str(capture)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    summary = json.loads(done.stdout)
    assert summary["posts"] == summary["lines"] > 200
    assert summary["dead_letters"] == {}
    assert not summary["cut_off"]
    assert len(summary["hospitals"]) > 20


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--history", "29d"], "28 days at most"),
        (["--history", "0d"], "must be days or hours"),
        (["--history", "soon"], "must be days or hours"),
        (["--history-file", "there"], "--history-file needs --history"),
        (["--history", "1h", "--history-file", "/dev/null/there"], "cannot be written: Not a directory"),
    ],
)
def test_a_past_that_cannot_be_written_is_refused(arguments: list[str], words: str) -> None:
    with command(*arguments) as process:
        output, errors = process.communicate(timeout=60)
    assert process.returncode != 0
    assert output == ""
    assert words in errors
    assert "Traceback" not in errors


def test_a_token_file_that_is_missing_or_empty_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    for name, words in (("missing", "No such file"), ("empty", "must hold a bearer token")):
        with command("--token-file", str(tmp_path / name)) as process:
            output, errors = process.communicate(timeout=20)
        assert (process.returncode, output) == (1, "")
        assert words in errors
        assert errors.count("\n") == 1
