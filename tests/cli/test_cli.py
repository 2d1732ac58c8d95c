"""`earshot` says in one line what is wrong, and its exit code tells the kind."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from agents.cli import COMMANDS, main
from streams.settings import describe


def run(*words: str, **env: str) -> Result:
    return CliRunner().invoke(main, words, env={"KAFKA_BOOTSTRAP": "", **env})


def test_help_lists_every_command_and_imports_none() -> None:
    code = "import sys; from agents.cli import main; main(['--help'], standalone_mode=False); "
    code += "sys.exit(any(one.startswith(('agents.cli.', 'kafka')) for one in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert all(name in done.stdout for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_registered_command_has_help_and_lists_its_own_in_whole_sentences(name: str) -> None:
    shown = run(name, "--help")
    assert shown.exit_code == 0
    cut = [line for line in shown.stdout.partition("Commands:")[2].splitlines() if line.endswith("...")]
    assert not cut


def test_an_unknown_command_is_a_usage_error() -> None:
    assert run("no-such-command").exit_code == 2


def test_a_wrong_setting_is_one_line_with_its_name() -> None:
    result = run("settings", EARSHOT_CHUNK_RECORDS="many")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: EARSHOT_CHUNK_RECORDS=many is not allowed")
    assert result.stderr.count("\n") == 1


def test_settings_lists_every_setting_with_the_value_in_force() -> None:
    listed = json.loads(run("settings", "--json", EARSHOT_CHUNK_RECORDS="7").stdout)
    assert [one["env"] for one in listed] == [one.env for one in describe()]
    assert {one["env"]: one["value"] for one in listed}["EARSHOT_CHUNK_RECORDS"] == 7
    assert "EARSHOT_CHUNK_RECORDS = 7 records (default 1000)" in run("settings", EARSHOT_CHUNK_RECORDS="7").stdout


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


@pytest.mark.parametrize("words", [("topics", "apply"), ("kafka", "up")])
def test_a_broker_that_does_not_answer_is_one_line(words: tuple[str, ...]) -> None:
    result = run(*words, KAFKA_BOOTSTRAP="127.0.0.1:1")
    assert result.exit_code == 1
    assert "no Kafka broker answers at 127.0.0.1:1" in result.stderr
    assert result.stderr.count("\n") == 1


def test_kafka_status_without_one_is_no_error(tmp_path: Path) -> None:
    result = run("kafka", "status", "--json", EARSHOT_CACHE_DIR=str(tmp_path))
    assert result.exit_code == 0
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
        assert run("topics", "apply", **here).exit_code == 0
    finally:
        down = run("kafka", "down", **here)
    assert down.stdout == "stopped\n"
