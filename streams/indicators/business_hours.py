"""How much of the time between two instants a hospital's office was open, in its own time zone.

Owns the arithmetic of opening hours (`streams/directory/hours.py` reads them). Called once for each answer. Knows no
holiday. Daylight saving time is right because each day's opening and closing are asked of the zone by themselves.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from streams.directory.hours import Hours
from streams.errors import UserError

DAY_MS = 86_400_000
REMEMBERED_DAYS = 4_096
"""Days whose hours are kept, 11 years: the oldest asked are forgotten all at once beyond that."""


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
