"""docs/sizing.md: its table is the computed one, and its commands exist."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from agents.cli import COMMANDS
from bench.__main__ import EVERY
from bench.sizing import main, need, table
from streams.settings import describe

PAGE = (Path(__file__).parents[2] / "docs" / "sizing.md").read_text(encoding="utf-8")


def test_its_table_is_the_computed_one() -> None:
    assert "\n".join(table()) in PAGE


def test_the_commands_that_measure_exist() -> None:
    cases = re.findall(r"python -m bench --case ([a-z-]+)", PAGE)
    assert cases
    assert set(cases) <= set(EVERY)
    commands = re.findall(r"`earshot ([a-z-]+)", PAGE)
    assert "soak" in commands
    assert set(commands) <= COMMANDS.keys()


@pytest.mark.parametrize("words", re.findall(r"`(--rate [^`]+)`", PAGE))
def test_the_options_of_your_own_load_work(words: str) -> None:
    done = CliRunner().invoke(main, words.split())
    assert done.exit_code == 0
    assert done.output.splitlines()[-1].startswith("| 120 | 250 |")


def test_the_settings_that_it_names_exist() -> None:
    assert set(re.findall(r"EARSHOT_[A-Z_]+", PAGE)) <= {one.env for one in describe()}


def test_more_of_anything_needs_more() -> None:
    one = need(50, 42, 10)
    assert need(100, 42, 10) > one
    assert all(more > less for more, less in zip(need(100, 42, 10), one, strict=True))
    assert need(50, 250, 10).memory > one.memory
    assert need(50, 42, 20).memory > one.memory
