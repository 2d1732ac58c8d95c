"""`earshot rules`: what stands at X, what the directory wants, and making it so."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from agents.cli import main
from agents.ingest.x import rules
from streams import directory
from tests.ingest.listening import TOKEN, simulated

WANTED = rules.wanted(directory.load())


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    file = tmp_path / "token"
    file.write_text(TOKEN)
    return file


def run(url: str, token_file: Path, *arguments: str) -> Result:
    environ = {"EARSHOT_X_BASE_URL": url, "EARSHOT_X_TOKEN_FILE": str(token_file)}
    return CliRunner().invoke(main, ["rules", *arguments], env=environ)


def test_a_plan_changes_nothing_and_applying_it_leaves_nothing_to_do(token_file: Path) -> None:
    with simulated() as running:
        planned = json.loads(run(running.x.url, token_file, "plan", "--json").output)
        assert (len(planned["add"]), planned["keep"], planned["delete"]) == (len(WANTED), [], [])
        assert not running.x.rules
        applied = run(running.x.url, token_file, "apply")
        assert applied.exit_code == 0, applied.output
        assert len(running.x.rules) == len(WANTED)
        again = json.loads(run(running.x.url, token_file, "plan", "--json").output)
        assert (again["add"], len(again["keep"]), again["used"], again["cap"]) == ([], len(WANTED), len(WANTED), 1000)
        told = run(running.x.url, token_file, "plan").output
        assert told.endswith(f"then {len(WANTED)} of 1000 rules ({len(WANTED) / 1000:.1%} of the cap)\n")


def test_a_wrong_token_and_an_absent_x_are_one_line(token_file: Path) -> None:
    with simulated(token="another") as running:  # noqa: S106 - of the simulated X
        refused = run(running.x.url, token_file, "plan")
    gone = run(running.x.url, token_file, "apply")
    for done in (refused, gone):
        assert (done.exit_code, done.output.count("\n")) == (1, 1)
        assert TOKEN not in done.output
    assert "X refuses" in refused.output
    assert "cannot be reached" in gone.output
