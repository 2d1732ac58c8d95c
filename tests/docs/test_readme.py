"""The README and the docs tell the truth: their commands run, the rooms they name exist."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from agents.cli import main
from streams.settings import Settings
from tests.commands import earshot

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


DIRECTORY = (ROOT / "docs" / "directory.md").read_text()


def commands(text: str = README) -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```", text, flags=re.M | re.S)
    return [line.split("  #")[0].split(" #")[0].strip() for block in blocks for line in block.splitlines() if line]


def test_the_readme_has_commands() -> None:
    assert "make demo" in commands()
    assert "make test" in commands()


@pytest.mark.parametrize("command", [one for one in commands() if one.startswith("make ")])
def test_a_make_target_in_the_readme_exists(command: str) -> None:
    done = subprocess.run([*shlex.split(command), "-n"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.kafka
@pytest.mark.parametrize("command", [one for one in commands() if one.startswith(".venv/bin/earshot ")])
def test_an_earshot_command_in_the_readme_runs(command: str, pipeline_settings: Settings) -> None:
    words = shlex.split(command)[1:]
    result = earshot(pipeline_settings, *words)
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("command", commands(DIRECTORY))
def test_a_command_about_the_directory_runs(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, shlex.split(command)[1:])
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("path", re.findall(r"`((?:streams|agents|deploy|docs|tests|bench)/[\w./]*)`", README))
def test_a_path_in_the_readme_exists(path: str) -> None:
    assert (ROOT / path).exists()


def tree() -> list[str]:
    """The folders that the README's tree names, as paths: two spaces of indent for each level."""
    block = README[README.index("```\nstreams/") :].split("```")[1].strip()
    above: list[str] = []
    found = []
    for line in block.splitlines():
        level = (len(line) - len(line.lstrip())) // 2
        above = [*above[:level], line.split()[0]]
        found.append("".join(above))
    return found


def test_the_tree_names_every_room_and_no_other() -> None:
    openings = [path for top in ("streams", "agents", "deploy") for path in (ROOT / top).rglob("__init__.py")]
    rooms = {f"{path.parent.relative_to(ROOT)}/" for path in openings if path.parent.parent != ROOT}
    inner = {"agents/ingest/x/compliance/", "agents/proving/boards/"}
    """Named with the room they are in."""
    assert rooms - inner <= set(tree())
    assert [folder for folder in tree() if not (ROOT / folder).is_dir()] == []
