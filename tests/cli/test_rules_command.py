"""`earshot rules`: what stands at X, what the directory wants, and making it so."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from agents.cli import main
from tests.running_ingest import TOKEN, shipped_rules, simulated

WANTED = shipped_rules()


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    file = tmp_path / "token"
    file.write_text(TOKEN)
    return file


def run(url: str, token_file: Path, *arguments: str, **more: str) -> Result:
    environ = {"EARSHOT_X_BASE_URL": url, "EARSHOT_X_TOKEN_FILE": str(token_file), **more}
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


def test_community_queries_and_the_plans_cap_are_in_the_plan(token_file: Path, tmp_path: Path) -> None:
    queries = tmp_path / "queries.yaml"
    queries.write_text("births: {keywords: [midwife]}\nfargo: {near: {hospital: '350070'}}\n")
    more = {"EARSHOT_COMMUNITY_QUERIES_FILE": str(queries), "EARSHOT_X_MAX_RULES": "25"}
    needed = len(WANTED) + 2
    with simulated() as running:
        told = run(running.x.url, token_file, "plan", **more).output.splitlines()
        assert [line.rpartition("characters, ")[2] for line in told[-3:-1]] == ["community births", "community fargo"]
        assert told[-1].endswith(f"then {needed} of 25 rules ({needed / 25:.1%} of the cap)")
        full = run(running.x.url, token_file, "apply", **more | {"EARSHOT_X_MAX_RULES": str(needed - 1)})
        assert (full.exit_code, running.x.changes) == (1, [])
        assert f"{needed} stream rules are needed, 2 of them for community queries" in full.output


def test_a_wrong_token_and_an_absent_x_are_one_line(token_file: Path) -> None:
    with simulated(token="another") as running:  # noqa: S106 - of the simulated X
        refused = run(running.x.url, token_file, "plan")
    gone = run(running.x.url, token_file, "apply")
    for done in (refused, gone):
        assert (done.exit_code, done.output.count("\n")) == (1, 1)
        assert TOKEN not in done.output
    assert "X refuses" in refused.output
    assert "cannot be reached" in gone.output
