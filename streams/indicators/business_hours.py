"""How much of the time between two instants a hospital's office was open, in its own time zone.

Owns opening hours and their arithmetic. Called once for each answer. Knows no holiday. Daylight saving time is right
because each day's opening and closing are asked of the zone by themselves.
"""

import re
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from streams.errors import UserError

DEFAULT = "Mon-Fri 8-17"
"""An office's. 8 to 17 is what is asked for here; social media tools assume 9 to 17."""

DAY_MS = 86_400_000
REMEMBERED_DAYS = 4_096
"""Days whose hours are kept, 11 years: the oldest asked are forgotten all at once beyond that."""

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_PART = re.compile(
    r"\s*([a-z]{3})(?:\s*-\s*([a-z]{3}))?\s+(\d{1,2})(?::(\d{2}))?\s*-\s*(\d{1,2})(?::(\d{2}))?\s*", re.IGNORECASE
)

Hours = tuple[tuple[tuple[int, int], ...], ...]
"""For each weekday, Monday first: (opens, closes) in minutes after midnight, in order, apart from one another."""


def parse(text: str) -> Hours:
    """Hours of a setting, as `Mon-Fri 8-17` or `Mon-Thu 8:30-17, Fri 8:30-12, Sun-Mon 20-24`. A day may have several.

    Raises `UserError` for what is not read, for hours that end before they begin, and for a day's that overlap.
    """
    week: list[list[tuple[int, int]]] = [[] for _ in _DAYS]
    for part in text.split(","):
        found = _PART.fullmatch(part)
        first, last = (found[1].lower(), (found[2] or found[1]).lower()) if found else ("", "")
        if not found or first not in _DAYS or last not in _DAYS:
            raise UserError(f"business hours {text!r}: write them as `{DEFAULT}` or `Mon-Fri 8:30-17, Sat 9-12`")
        opens, closes = (int(found[at]) * 60 + int(found[at + 1] or 0) for at in (3, 5))
        if not opens < closes <= 24 * 60 or max(found[4] or "", found[6] or "") >= "60":
            raise UserError(f"business hours {text!r}: {part.strip()!r} must begin before it ends, by 24:00")
        day, end = _DAYS.index(first), _DAYS.index(last)
        for step in range((end - day) % 7 + 1):
            week[(day + step) % 7].append((opens, closes))
    for spans in week:
        spans.sort()
        if any(earlier[1] > later[0] for earlier, later in pairwise(spans)):
            raise UserError(f"business hours {text!r}: two of one day overlap")
    return tuple(tuple(spans) for spans in week)


class BusinessHours:
    """Opening hours in one time zone. Remembers the days it was asked about; its answers depend on its arguments only.

    One serves all hospitals of a zone that have the same hours.
    """

    def __init__(self, zone: str, hours: Hours) -> None:
        """`zone`: IANA name. Raises `UserError` for one that is not known."""
        try:
            self._zone = ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise UserError(f"time zone {zone!r} is not known: use a name such as America/Chicago") from error
        self._hours = hours
        self._days: dict[int, tuple[int, tuple[tuple[int, int], ...]]] = {}

    @property
    def remembered(self) -> int:
        """Days remembered, `REMEMBERED_DAYS` at most."""
        return len(self._days)

    def open_ms(self, start: int, end: int) -> int:
        """Milliseconds that were open from `start` to `end` (both ms since the epoch); 0 if `end` is not later."""
        if end <= start:
            return 0
        days = self._days
        total, first, last = 0, start // DAY_MS, end // DAY_MS
        for day in range(first, last + 1):
            whole, spans = days.get(day) or self._day(day)
            if first < day < last:
                total += whole
                continue
            for opens, closes in spans:
                begun = opens if opens > start else start
                ended = closes if closes < end else end
                if ended > begun:
                    total += ended - begun
        return total

    def _day(self, day: int) -> tuple[int, tuple[tuple[int, int], ...]]:
        """Milliseconds open in a UTC day (days since the epoch), and from when to when; remembered from now on."""
        # A UTC day has parts of two local days, or of three where clocks changed.
        begin = day * DAY_MS
        end = begin + DAY_MS
        middle = date(1970, 1, 1) + timedelta(days=day)
        spans = []
        for local in (middle - timedelta(days=1), middle, middle + timedelta(days=1)):
            for opens, closes in self._hours[local.weekday()]:
                clipped = max(begin, self._instant(local, opens)), min(end, self._instant(local, closes))
                if clipped[0] < clipped[1]:
                    spans.append(clipped)
        if len(self._days) >= REMEMBERED_DAYS:
            self._days.clear()
        found = self._days[day] = sum(closes - opens for opens, closes in spans), tuple(spans)
        return found

    def _instant(self, local: date, minute: int) -> int:
        """Of a local day's minute, ms since the epoch. A time that clocks skip is as far after the change."""
        midnight = datetime(local.year, local.month, local.day, tzinfo=self._zone)
        # Wall-clock arithmetic: 24:00 is the next day's midnight, and the offset is that of the result.
        wall = midnight + timedelta(minutes=minute)
        return int(wall.astimezone(UTC).timestamp() * 1000)
