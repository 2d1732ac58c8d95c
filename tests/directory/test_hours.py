"""Business hours as they are written: what is read, and what is refused."""

from pathlib import Path

import pytest

from streams import directory
from streams.directory.hours import DEFAULT, parse
from streams.errors import UserError
from streams.settings import SettingsError, load
from tests.directory_folders import HOSPITALS, folder, run


@pytest.mark.parametrize(
    "text",
    ["", "Mon-Fri", "8-17", "Mon-Fry 8-17", "Mon 17-8", "Mon 8-8", "Mon 8-25", "Mon 8:60-9", "Mon 8-12, Mon 11-13"],
)
def test_hours_that_cannot_be_are_refused(text: str) -> None:
    with pytest.raises(UserError, match="business hours"):
        parse(text)


def test_several_parts_and_days_over_the_weekend_are_read() -> None:
    week = parse("Mon-Thu 8:30-17, Fri 8:30-12, Fri 13-15, Sat-Sun 10-24")
    assert week[0] == ((510, 1020),)
    assert week[4] == ((510, 720), (780, 900))
    assert week[6] == ((600, 1440),)


@pytest.mark.parametrize("text", [DEFAULT, "mon-thu 8:30-17, Fri 8:30-12", "Sat-Mon 0-24"])
def test_the_setting_takes_what_is_read(text: str) -> None:
    parse(load({"EARSHOT_BUSINESS_HOURS": text}).business_hours)


@pytest.mark.parametrize("text", ["", "9 to 5", "Mon-Fri", "Mon-Fry 8-17;"])
def test_the_setting_refuses_what_has_another_form(text: str) -> None:
    with pytest.raises(SettingsError, match="EARSHOT_BUSINESS_HOURS"):
        load({"EARSHOT_BUSINESS_HOURS": text})


def with_hours(path: Path, hours: str) -> Path:
    first, *rest = HOSPITALS.splitlines()
    return folder(path, hospitals="\n".join([f"{first},hours", *(f'{row},"{hours}"' for row in rest)]))


def test_a_hospital_may_have_hours_of_its_own(tmp_path: Path) -> None:
    made = with_hours(tmp_path, "Mon-Thu 8:30-17, Fri 8:30-12")
    assert {one.hours for one in directory.load(str(made)).hospitals} == {"Mon-Thu 8:30-17, Fri 8:30-12"}
    shown = run("show", "350070", EARSHOT_DIRECTORY_FOLDER=str(made)).output
    assert "office hours: Mon-Thu 8:30-17, Fri 8:30-12" in shown


def test_hours_that_cannot_be_are_told_with_their_line(tmp_path: Path) -> None:
    found = run("check", with_hours(tmp_path, "Mon 17-8"))
    assert found.exit_code == 1
    assert "hospitals.csv, line 2: business hours 'Mon 17-8'" in found.output


def test_a_hospital_without_a_time_zone_is_warned_of(tmp_path: Path) -> None:
    found = run("check", folder(tmp_path, hospitals=HOSPITALS.replace("58104", "09012")))
    assert "350070: ZIP 09012 has no time zone: no answer times in business hours" in found.output
