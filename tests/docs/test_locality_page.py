"""docs/locality.md is what the rules and the directory say, and the numbers that it vouches for hold."""

import re

import pytest

from deploy.calibration.agreement import measure
from deploy.calibration.build import PAGE
from deploy.calibration.page import PICTURES, page, picture
from deploy.calibration.picture import draw
from streams import directory
from streams.reading.places.locality import HOLDS
from tests.places_around import HOSPITALS, MARKETS, NAMES, REACHES


def test_the_page_is_what_the_rules_say() -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert written == page(directory.load(), NAMES, MARKETS, REACHES), "run `make calibration`"


def test_every_picture_of_the_page_is_there_and_small() -> None:
    shown = re.findall(r"\]\(([^)]+\.png)\)", PAGE.read_text(encoding="utf-8"))
    assert shown == [picture(hospital) for hospital in PICTURES]
    for name in shown:
        content = PAGE.with_name(name).read_bytes()
        assert content.startswith(b"\x89PNG")
        assert len(content) < 200_000


def test_a_picture_can_be_drawn(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("maps") / "one.png"
    draw(HOSPITALS["380014"], REACHES.of(HOSPITALS["380014"]), NAMES, path)
    assert path.read_bytes().startswith(b"\x89PNG")


def test_no_rule_is_said_to_hold_more_often_than_it_was_found_to() -> None:
    found = {(one.rule, one.precision): one.per_cent for one in measure(NAMES, REACHES, HOSPITALS.values())}
    for kind, per_cent in found.items():
        assert HOLDS.get(kind, 100) - 1 <= per_cent <= HOLDS.get(kind, 100) + 5, kind
    measured = {kind for kind in HOLDS if kind[0] not in ("psa", "ssa")}
    assert measured <= set(found)
