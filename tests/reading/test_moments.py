"""A time is read alike in its usual form, which has a short way of its own, and in any other."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.reading.moments import moment_of, seconds_of

FIRST, LAST = datetime(1970, 1, 1), datetime(2499, 12, 31)  # noqa: DTZ001 - hypothesis adds the zone


@given(st.datetimes(FIRST, LAST, timezones=st.just(UTC)))
def test_the_usual_form_is_the_moment_that_it_says(moment: datetime) -> None:
    written = f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z".rjust(24, "0")
    assert seconds_of(written) == int(moment.timestamp())
    read = moment_of(written)
    assert read is not None
    assert int(read.timestamp()) == int(moment.timestamp())


@given(st.from_regex(r"\A(19|20)\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-6]\d:[0-6]\d\.\d\d[0-9x]Z\Z"))
def test_what_looks_like_a_time_is_one_or_none(written: str) -> None:
    read = moment_of(written)
    assert seconds_of(written) == (max(-1, int(read.timestamp())) if read is not None else -1)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("2024-02-29T23:59:59.999Z", 1_709_251_199),
        ("2023-02-29T00:00:00.000Z", -1),
        ("2000-03-01T00:00:00.000Z", 951_868_800),
        ("1969-12-31T23:59:59.000Z", -1),
        ("2026-11-20T24:00:00.000Z", -1),
        ("2026-11-20T17:04:09+01:00", 1_795_190_649),
        ("2026-11-20T17:04:09", 1_795_194_249),
        ("Wed Oct 10 20:19:24 +0000 2018", 1_539_202_764),
        ("2026-11-20", -1),
        ("yesterday", -1),
        ("", -1),
        (None, -1),
    ],
)
def test_forms_and_edges(written: str | None, seconds: int) -> None:
    assert seconds_of(written) == seconds
