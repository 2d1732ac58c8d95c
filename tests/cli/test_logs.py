"""Log lines: a time that says its zone, for people and for a log collector."""

import json
import logging
import re
from collections.abc import Iterator

import pytest

from agents.cli import logs
from streams.settings import load


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_line_for_people_has_a_time_with_its_zone(capsys: pytest.CaptureFixture[str]) -> None:
    logs.begin(load({}))
    logging.getLogger("agents.test").info("ingest: %d posts", 3)
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO agents\.test: ingest: 3 posts\n", capsys.readouterr().err
    )


def test_by_setting_each_line_is_a_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    logs.begin(load({"EARSHOT_LOG_FORMAT": "json"}))
    try:
        raise ValueError("two\nlines")
    except ValueError:
        logging.getLogger("agents.test").exception('a "quoted" word')
    (line,) = capsys.readouterr().err.splitlines()
    found = json.loads(line)
    assert (found["level"], found["logger"], found["message"]) == ("error", "agents.test", 'a "quoted" word')
    assert found["time"].endswith("Z")
    assert "ValueError: two\nlines" in found["exception"]
