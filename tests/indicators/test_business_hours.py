"""Business hours are those of the wall clock where the hospital is, nights, weekends and clock changes included."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.directory.hours import DEFAULT, parse
from streams.errors import UserError
from streams.indicators.business_hours import REMEMBERED_DAYS, BusinessHours

ZONES = ("America/Chicago", "America/Phoenix", "America/New_York", "Pacific/Honolulu", "Pacific/Guam", "America/Adak")
HOUR = 3_600_000
INSTANTS = st.integers(1_136_073_600_000, 2_051_222_400_000)
"""2006 to 2034."""


def at(zone: str, text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


@pytest.mark.parametrize(
    ("zone", "hours", "asked", "answered", "expected"),
    [
        ("America/Chicago", DEFAULT, "2026-11-24T09:00", "2026-11-24T09:30", 0.5),
        ("America/Chicago", DEFAULT, "2026-11-24T16:30", "2026-11-25T08:15", 0.75),  # over a night
        ("America/Chicago", DEFAULT, "2026-11-24T20:00", "2026-11-25T06:00", 0.0),  # within one
        ("America/Chicago", DEFAULT, "2026-11-20T16:00", "2026-11-23T09:00", 2.0),  # over a weekend
        ("America/Chicago", DEFAULT, "2026-11-21T10:00", "2026-11-22T18:00", 0.0),  # within one
        ("America/Chicago", DEFAULT, "2026-11-23T08:00", "2026-11-26T08:00", 27.0),  # 72 h
        ("America/Chicago", DEFAULT, "2026-11-20T12:00", "2026-12-01T12:00", 63.0),  # eleven days
        ("America/Chicago", DEFAULT, "2026-03-06T16:00", "2026-03-09T09:00", 2.0),  # over the change in spring
        ("America/Chicago", DEFAULT, "2026-10-30T16:00", "2026-11-02T09:00", 2.0),  # and in autumn
        ("America/Chicago", "Mon-Sun 0-24", "2026-03-08T00:00", "2026-03-09T00:00", 23.0),
        ("America/Chicago", "Mon-Sun 0-24", "2026-11-01T00:00", "2026-11-02T00:00", 25.0),
        ("America/Phoenix", "Mon-Sun 0-24", "2026-11-01T00:00", "2026-11-02T00:00", 24.0),
        ("America/Chicago", "Sun 2:30-5", "2026-03-08T00:00", "2026-03-08T06:00", 1.5),  # 2:30 is skipped: 3:30
        ("America/Chicago", "Mon-Fri 8-12, Mon-Fri 13-17", "2026-11-24T11:00", "2026-11-24T14:00", 2.0),
        ("America/Chicago", "Sat-Mon 10-12", "2026-11-20T00:00", "2026-11-25T00:00", 6.0),
        ("Pacific/Guam", DEFAULT, "2026-11-24T07:00", "2026-11-24T18:00", 9.0),  # over midnight UTC
        ("Pacific/Honolulu", DEFAULT, "2026-11-24T07:00", "2026-11-24T18:00", 9.0),
        ("America/Chicago", DEFAULT, "2026-11-24T10:00", "2026-11-24T09:00", 0.0),  # answered before it was asked
    ],
)
def test_hours_of_the_wall_clock(zone: str, hours: str, asked: str, answered: str, expected: float) -> None:
    found = BusinessHours(zone, parse(hours)).open_ms(at(zone, asked), at(zone, answered))
    assert found / HOUR == expected


SHARED = {zone: BusinessHours(zone, parse("Mon-Fri 8-17, Sat 0-24")) for zone in ZONES}


@given(st.sampled_from(ZONES), INSTANTS, st.integers(0, 20 * 24 * HOUR), st.integers(0, 20 * 24 * HOUR))
def test_they_add_up_and_never_exceed_the_time_that_passed(zone: str, start: int, one: int, other: int) -> None:
    hours = SHARED[zone]
    middle, end = start + one, start + one + other
    whole = hours.open_ms(start, end)
    assert whole == hours.open_ms(start, middle) + hours.open_ms(middle, end)
    assert 0 <= whole <= end - start
    assert whole == BusinessHours(zone, parse("Mon-Fri 8-17, Sat 0-24")).open_ms(start, end)


@given(st.sampled_from(ZONES), INSTANTS, st.integers(0, 30 * 24 * HOUR))
def test_always_open_is_the_time_that_passed(zone: str, start: int, length: int) -> None:
    assert BusinessHours(zone, parse("Mon-Sun 0-24")).open_ms(start, start + length) == length


def test_what_is_remembered_is_bounded() -> None:
    hours = BusinessHours("America/Chicago", parse(DEFAULT))
    start = at("America/Chicago", "2000-01-03T00:00")
    hours.open_ms(start, start + 2 * REMEMBERED_DAYS * 24 * HOUR)
    assert 0 < hours.remembered <= REMEMBERED_DAYS


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd"])
def test_a_zone_that_is_not_known_is_refused(zone: str) -> None:
    with pytest.raises(UserError, match="time zone"):
        BusinessHours(zone, parse(DEFAULT))
