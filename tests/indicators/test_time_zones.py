"""Hospitals whose time is known have it by their ZIP code."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from streams import directory
from streams.indicators.time_zones import TimeZones

ZONES = TimeZones.load()


@pytest.mark.parametrize(
    ("zip_code", "zone"),
    [
        ("55905", "America/Chicago"),  # Mayo Clinic, Rochester MN
        ("58122", "America/Chicago"),  # Sanford, Fargo ND
        ("97330", "America/Los_Angeles"),  # Good Samaritan, Corvallis OR
        ("85054", "America/Phoenix"),  # Mayo Clinic, Phoenix AZ: no daylight saving time
        ("86040", "America/Phoenix"),  # Page Hospital AZ, beside the Navajo Nation
        ("86045", "America/Denver"),  # Tuba City AZ, in it
        ("86503", "America/Denver"),  # Chinle AZ, in it
        ("86042", "America/Phoenix"),  # Hopi Health Care Center, Polacca AZ, surrounded by it
        ("79905", "America/Denver"),  # University Medical Center, El Paso TX
        ("77030", "America/Chicago"),  # Houston TX
        ("32504", "America/Chicago"),  # Pensacola FL
        ("32308", "America/New_York"),  # Tallahassee FL
        ("32456", "America/New_York"),  # Port St. Joe FL, in a county that is split
        ("46402", "America/Chicago"),  # Methodist, Gary IN
        ("47747", "America/Chicago"),  # Deaconess, Evansville IN
        ("46202", "America/New_York"),  # Indianapolis IN
        ("83712", "America/Denver"),  # St. Luke's, Boise ID
        ("83814", "America/Los_Angeles"),  # Kootenai, Coeur d'Alene ID
        ("83501", "America/Los_Angeles"),  # St. Joseph, Lewiston ID
        ("83522", "America/Los_Angeles"),  # St. Mary's, Cottonwood ID
        ("42240", "America/Chicago"),  # Hopkinsville KY
        ("42101", "America/Chicago"),  # Bowling Green KY
        ("40202", "America/New_York"),  # Louisville KY
        ("42503", "America/New_York"),  # Somerset KY
        ("37232", "America/Chicago"),  # Vanderbilt, Nashville TN
        ("37920", "America/New_York"),  # Knoxville TN
        ("37403", "America/New_York"),  # Erlanger, Chattanooga TN
        ("57701", "America/Denver"),  # Rapid City SD
        ("57105", "America/Chicago"),  # Sioux Falls SD
        ("57601", "America/Chicago"),  # Mobridge SD
        ("58601", "America/Denver"),  # Dickinson ND
        ("58501", "America/Chicago"),  # Bismarck ND
        ("69361", "America/Denver"),  # Scottsbluff NE
        ("69101", "America/Chicago"),  # North Platte NE
        ("67735", "America/Denver"),  # Goodland KS
        ("97914", "America/Denver"),  # Ontario OR
        ("49801", "America/Chicago"),  # Iron Mountain MI
        ("49855", "America/New_York"),  # Marquette MI
        ("99508", "America/Anchorage"),  # Anchorage AK
        ("96813", "Pacific/Honolulu"),  # Queen's, Honolulu HI
        ("00935", "America/Puerto_Rico"),  # San Juan PR
        ("00802", "America/Puerto_Rico"),  # St. Thomas VI
        ("96913", "Pacific/Guam"),  # Guam Memorial
        ("96799", "Pacific/Pago_Pago"),  # American Samoa
        ("10016", "America/New_York"),
        ("02114", "America/New_York"),
        ("80045", "America/Denver"),
    ],
)
def test_a_hospital_has_its_towns_time(zip_code: str, zone: str) -> None:
    assert ZONES.of(zip_code) == zone


@pytest.mark.parametrize("zip_code", ["", "5590", "559055", "K1A0B", "٥٥٩٠٥", "09180", "96205"])
def test_what_is_no_civil_zip_code_has_none(zip_code: str) -> None:
    assert ZONES.of(zip_code) is None


def test_every_hospital_that_ships_has_a_time_that_is_known() -> None:
    for hospital in directory.load().hospitals:
        zone = ZONES.of(hospital.zip)
        assert zone is not None, hospital.name
        assert datetime(2026, 7, 1, tzinfo=ZoneInfo(zone)).utcoffset() is not None
