"""Whatever a source sends is taken for what it is; and a fault in that would be seen."""

import json

import pytest
from click.testing import CliRunner

from agents.cli import main
from agents.ingest.records import Record
from agents.ingest.x.intake import Intake
from agents.proving.fuzz import trials
from streams.settings import load

LINES = 8000


def test_no_line_raises_or_vanishes() -> None:
    result = CliRunner().invoke(main, ["fuzz", "--lines", str(LINES), "--json"])
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["broken"] == 0
    assert sum(sum(one.values()) for one in told["became"].values()) == LINES
    for source, seen in told["became"].items():
        assert seen["posts"] > LINES / 20, f"enough of {source}'s lines are still posts"
        assert seen["dead-letters"] > LINES / 20, f"enough of {source}'s lines are not"


def test_the_same_seed_spoils_the_same_lines() -> None:
    assert [list(one.lines) for one in trials(load({}), 200, 5)] == [
        list(one.lines) for one in trials(load({}), 200, 5)
    ]


def raises(_: Intake, line: bytes) -> Record | None:
    raise KeyError(line[:1])


def changes(intake: Intake, line: bytes) -> Record | None:
    return _take(intake, line.replace(b"1", b"2"))


_take = Intake.take


@pytest.mark.parametrize("fault", [raises, changes])
def test_a_fault_of_ingest_is_seen(fault: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Intake, "take", fault)
    result = CliRunner().invoke(main, ["fuzz", "--lines", "400"])
    assert result.exit_code == 1
    assert "broken: 0 of" not in result.output


def test_a_line_that_vanishes_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Intake, "take", lambda *_: None)
    assert CliRunner().invoke(main, ["fuzz", "--lines", "40"]).exit_code == 1
