"""The reference pages are what the declarations say, and `earshot metrics` says the same."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from agents.cli import main
from deploy.reference import pages
from streams.metrics.registry import METRICS

DOCS = Path(__file__).parents[2] / "docs"


def metrics(*words: str) -> Result:
    return CliRunner().invoke(main, ["metrics", *words])


@pytest.mark.parametrize("page", pages.PAGES)
def test_regenerating_changes_nothing(page: str) -> None:
    assert (DOCS / page).read_text(encoding="utf-8") == pages.PAGES[page](), "run `make docs`"


def test_the_command_lists_every_metric() -> None:
    assert [one["name"] for one in json.loads(metrics("--json").stdout)] == [one.name for one in METRICS]
    plain = metrics().stdout
    assert all(f"{one.name} (" in plain and one.act in plain for one in METRICS)
    assert "{where: ingest, tagger; reason: not_json, " in plain
    assert "{hospital: ids of the hospital directory; topic: ids of the taxonomy}" in plain
    assert metrics("--markdown").stdout == pages.metrics()


def test_one_form_at_a_time() -> None:
    assert metrics("--json", "--markdown").exit_code == 2
