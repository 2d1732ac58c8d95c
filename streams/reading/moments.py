"""Reads the time of a post as its source writes it.

Called by the sources (`x.py`, `bluesky.py`), by ingest's replay and by X's compliance events. Knows no clock.
"""

from datetime import UTC, datetime
from typing import Final

from mypy_extensions import i64

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAY_LENGTH: Final = 10
"""Of `2026-11-20`: a day alone is no time."""
_LONG_MONTHS: Final = 0b1010110101010
"""Bit m: month m has 31 days."""
_FIRST_YEAR: Final = 1970
_ZERO: Final = 48
_NINE: Final = 57


def moment_of(written: str) -> datetime | None:
    """A time in one of the three forms that files of posts have: ISO 8601, with an offset or without (UTC), and X's old
    one (`Wed Oct 10 20:19:24 +0000 2018`). None for anything else."""
    try:
        read = datetime.fromisoformat(written)
    except ValueError:
        return _old_form(written)
    if read.tzinfo is not None:
        return read
    # This machine's clock has another offset.
    return read.replace(tzinfo=UTC) if len(written) > _DAY_LENGTH else None


def _old_form(written: str) -> datetime | None:
    # Not by strptime, which reads months in this machine's language.
    try:
        _, month, day, clock, offset, year = written.split()
        return datetime.fromisoformat(f"{year}-{_MONTHS.index(month) + 1:02}-{day:0>2}T{clock}{offset}")
    except ValueError:
        return None


def seconds_of(written: str | None) -> int:
    """A time as `moment_of` reads it, in seconds since the epoch; -1 if missing, unreadable or earlier."""
    if not written:
        return -1
    usual = _usual_seconds(written)
    if usual >= 0:
        return usual
    read = moment_of(written)
    return max(-1, int(read.timestamp())) if read is not None else -1


def _usual_seconds(written: str) -> int:
    """The same for `2026-11-20T17:04:09.000Z`, which X's API and most of Bluesky's programs write, in a fraction of the
    time; -1 for any other form, and for what is no time."""
    if len(written) != 24 or written[10] != "T" or written[23] != "Z":
        return -1
    if written[4] != "-" or written[7] != "-" or written[13] != ":" or written[16] != ":" or written[19] != ".":
        return -1
    year, month, day = _number(written, 0, 4), _number(written, 5, 7), _number(written, 8, 10)
    hour, minute, second = _number(written, 11, 13), _number(written, 14, 16), _number(written, 17, 19)
    if year < _FIRST_YEAR or not (1 <= month <= 12 and 1 <= day <= _days_in(year, month)):
        return -1
    if not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60) or _number(written, 20, 23) < 0:
        return -1
    # Years that begin in March have their leap day at the end, and months of 31 30 31 30 31 days, twice and a half.
    if month > 2:
        month -= 3
    else:
        month += 9
        year -= 1
    days = year * 365 + year // 4 - year // 100 + year // 400 + (153 * month + 2) // 5 + day - 719_469
    return ((days * 24 + hour) * 60 + minute) * 60 + second


def _days_in(year: i64, month: i64) -> i64:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 + (_LONG_MONTHS >> month & 1)


def _number(written: str, start: i64, end: i64) -> i64:
    """The decimal number at these places; -1 if a sign there is no digit."""
    number: i64 = 0
    for place in range(start, end):
        sign: i64 = ord(written[place])
        if not _ZERO <= sign <= _NINE:
            return -1
        number = number * 10 + sign - _ZERO
    return number
