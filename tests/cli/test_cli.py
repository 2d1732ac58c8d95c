"""`earshot` says in one line what is wrong, and its exit code tells the kind."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from kafka.errors import TopicAuthorizationFailedError

from agents.cli import COMMANDS, main
from streams.settings import Settings, describe
from tests.commands import earshot


def run(*words: str, **env: str) -> Result:
    return CliRunner().invoke(main, words, env={"KAFKA_BOOTSTRAP": "", **env})


def test_help_lists_every_command_and_imports_none() -> None:
    code = "import sys; from agents.cli import main; main(['--help'], standalone_mode=False); "
    code += "ours = {one for one in sys.modules if one.startswith('agents.cli.')} - {'agents.cli.groups'}; "
    code += "sys.exit(bool(ours) or 'kafka' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert all(name in done.stdout for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_registered_command_has_help_and_lists_its_own_in_whole_sentences(name: str) -> None:
    shown = run(name, "--help")
    assert shown.exit_code == 0
    narrow = run(name, "-h", COLUMNS="50").stdout
    assert "..." not in narrow.partition("Commands:")[2]


@pytest.mark.parametrize(
    ("words", "meant"),
    [(["worke"], "worker"), (["Doctor"], "doctor"), (["topics", "aply"], "apply"), (["dead-letters"], "deadletters")],
)
def test_a_mistyped_command_is_a_usage_error_that_suggests(words: list[str], meant: str) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert f"Did you mean {meant}" in result.stderr


def test_a_command_that_looks_like_none_is_not_guessed() -> None:
    result = run("0000")
    assert (result.exit_code, "Did you mean" in result.stderr) == (2, False)


def test_of_several_wrong_settings_all_are_named_in_one_line() -> None:
    result = run("settings", EARSHOT_CHUNK_RECORDS="many", EARSHOT_PARTITION="3", EARSHOT_LOG_LEVEL="loud")
    assert result.exit_code == 1
    assert "EARSHOT_PARTITION is not a setting of Earshot, did you mean EARSHOT_PARTITIONS?" in result.stderr
    assert "EARSHOT_CHUNK_RECORDS=many" in result.stderr
    assert "EARSHOT_LOG_LEVEL=loud" in result.stderr
    assert result.stderr.count("\n") == 1


def test_words_are_taken_in_any_case_and_lists_in_any_order() -> None:
    given = {"EARSHOT_SOURCES": " Bluesky, X", "EARSHOT_LOG_LEVEL": "INFO", "EARSHOT_KAFKA_SASL_MECHANISM": "plain"}
    found = {one["env"]: one["value"] for one in json.loads(run("settings", "--json", **given).stdout)}
    assert found["EARSHOT_SOURCES"] == "bluesky,x"
    assert found["EARSHOT_LOG_LEVEL"] == "info"
    assert found["EARSHOT_KAFKA_SASL_MECHANISM"] == "PLAIN"
    assert run("settings", EARSHOT_SOURCES="x,x").exit_code == 1


def test_numbers_are_written_as_people_write_them() -> None:
    shown = run("settings").stdout
    assert "whole number from 1,048,576 to 1,099,511,627,776" in shown
    assert "e+" not in shown


def test_settings_marks_what_the_environment_sets() -> None:
    given = {"EARSHOT_PARTITIONS": "12", "EARSHOT_CHUNK_RECORDS": "7"}
    shown = run("settings", **given).stdout
    assert "* EARSHOT_PARTITIONS = 12 partitions\n" in shown, "set, though to the default"
    assert "  EARSHOT_WAL_SYNC = each\n" in shown
    only = run("settings", "--set", **given).stdout
    assert "EARSHOT_CHUNK_RECORDS = 7" in only
    assert "EARSHOT_WAL_SYNC" not in only


def test_a_wrong_setting_is_one_line_with_its_name() -> None:
    result = run("settings", EARSHOT_CHUNK_RECORDS="many")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: EARSHOT_CHUNK_RECORDS=many is not allowed")
    assert result.stderr.count("\n") == 1


def test_settings_lists_every_setting_with_the_value_in_force() -> None:
    listed = json.loads(run("settings", "--json", EARSHOT_CHUNK_RECORDS="7").stdout)
    assert [one["env"] for one in listed] == [one.env for one in describe()]
    assert {one["env"]: one["value"] for one in listed}["EARSHOT_CHUNK_RECORDS"] == 7
    assert "* EARSHOT_CHUNK_RECORDS = 7 records (default 1000)" in run("settings", EARSHOT_CHUNK_RECORDS="7").stdout


def test_ctrl_c_ends_a_command_with_130_and_no_traceback() -> None:
    """A command that only waits, registered for the test; it says when it has begun."""
    code = (
        "import sys, signal, click\n"
        "from agents.cli import COMMANDS, main\n"
        "@click.command()\n"
        "def wait():\n"
        "    signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a shell's background job ignores it
        "    print('begun', flush=True); signal.pause()\n"
        "COMMANDS['wait'] = ('__main__:wait', '')\n"
        "main(['wait'])\n"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as waiting:
        assert waiting.stdout is not None
        assert waiting.stdout.readline() == b"begun\n"
        waiting.send_signal(signal.SIGINT)
        _, errors = waiting.communicate(timeout=30)
    assert waiting.returncode == 130
    assert b"Traceback" not in errors


def test_without_a_broker_topics_says_how_to_get_one(tmp_path: Path) -> None:
    result = run("topics", "apply", EARSHOT_CACHE_DIR=str(tmp_path))
    assert result.exit_code == 1
    assert result.stderr == "Error: no Kafka: start the local one with `earshot kafka up`, or set KAFKA_BOOTSTRAP\n"


ASKS_KAFKA = [
    ("attention", "list"),
    ("attention", "where", "bsky:one"),
    ("compliance", "apply", os.devnull),
    ("deadletters", "list"),
    ("deadletters", "retry", "--all"),
    ("deadletters", "show", "key"),
    ("kafka", "up"),
    ("migrate", "--drop-old"),
    ("migrate", "--partitions", "3"),
    ("questions",),
    ("replay", os.devnull),
    ("topics", "apply"),
    ("topics", "describe"),
    ("verify",),
]


@pytest.fixture(scope="module")
def deaf() -> Iterator[str]:
    """Address of something that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize("words", ASKS_KAFKA, ids=" ".join)
def test_a_broker_that_does_not_answer_is_one_line_in_time(words: tuple[str, ...], deaf: str) -> None:
    started = time.monotonic()
    result = run(*words, KAFKA_BOOTSTRAP=deaf)
    assert time.monotonic() - started < 4, "with Python's start, under 5 s"
    assert result.exit_code == 1
    assert f"no Kafka broker answers at {deaf}" in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.kafka
@pytest.mark.parametrize("words", ASKS_KAFKA, ids=" ".join)
def test_missing_kafka_topics_are_one_line_that_names_the_command(
    words: tuple[str, ...], empty_settings: Settings
) -> None:
    if words[0] in ("topics", "kafka"):
        return
    result = earshot(empty_settings, *words)
    assert result.exit_code == 1
    assert "run `earshot topics apply`" in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.kafka
def test_an_error_of_a_kafka_library_that_nobody_expected_is_one_line(
    pipeline_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise TopicAuthorizationFailedError("not\nallowed")

    monkeypatch.setattr("agents.cli.attention.waiting", refused)
    result = earshot(pipeline_settings, "attention", "list")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: Kafka refuses or went away (")
    assert result.stderr.count("\n") == 1


def test_kafka_status_says_by_its_exit_code_whether_one_runs(tmp_path: Path) -> None:
    result = run("kafka", "status", "--json", EARSHOT_CACHE_DIR=str(tmp_path))
    assert result.exit_code == 1
    assert json.loads(result.stdout)["running"] is False
    assert run("kafka", "status", EARSHOT_CACHE_DIR=str(tmp_path)).stdout.startswith("not running")
    assert run("kafka", "down", EARSHOT_CACHE_DIR=str(tmp_path)).stdout == "not running\n"


@pytest.mark.kafka
def test_a_broker_given_by_setting_is_used_and_left_alone(kafka: str, tmp_path: Path) -> None:
    given = {"KAFKA_BOOTSTRAP": kafka, "EARSHOT_CACHE_DIR": str(tmp_path)}
    up, down, status = (run("kafka", word, **given) for word in ("up", "down", "status"))
    assert (up.exit_code, down.exit_code, status.exit_code) == (0, 0, 0)
    assert f"using the broker at {kafka}" in up.stdout
    assert "was not started here" in down.stdout
    assert status.stdout == f"answers: {kafka} (set by KAFKA_BOOTSTRAP)\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.kafka
def test_the_local_kafka_goes_up_and_down_by_command(tmp_path: Path, jars: Path) -> None:
    (tmp_path / "kafka").mkdir()
    (tmp_path / "kafka" / "jars").symlink_to(jars)
    here = {"EARSHOT_CACHE_DIR": str(tmp_path)}
    try:
        up = run("kafka", "up", **here)
        assert up.exit_code == 0, up.stderr
        address = up.stdout.strip()
        assert json.loads(run("kafka", "status", "--json", **here).stdout)["bootstrap"] == address
        assert run("kafka", "status", **here).exit_code == 0
        assert run("topics", "apply", **here).exit_code == 0
        posts = tmp_path / "posts.jsonl"
        posts.write_text('{"data": {"id": "1795168800000000000", "text": "hello", "author_id": "1"}}\n')
        replayed = run("replay", str(posts), **here)
        assert (replayed.exit_code, "1 posts" in replayed.stdout) == (0, True), replayed.stderr
    finally:
        down = run("kafka", "down", **here)
    assert down.stdout == "stopped\n"
