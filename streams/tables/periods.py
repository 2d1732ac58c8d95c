"""Buckets of time and the windows made of them. All of it is UTC and pure: the time comes in as an argument.

Called by the hospital tables and whatever reads a window. A bucket is named by its number since the epoch. A window is
a whole number of buckets: the one that the moment lies in, and those before it. So `24h` at 14:20 is what was written
from 15:00 of the day before.
"""

from typing import NamedTuple

from streams.vocabulary import LONGEST_WINDOW_DAYS, Span

FIVE_SECONDS = 300
HOUR_SECONDS = 3600
FIVES_AN_HOUR = HOUR_SECONDS // FIVE_SECONDS
HOURS_A_DAY = 24
SLOT_SECONDS = 10
"""Of a question row: short, so that a checkpoint writes again only what a few seconds asked, however many ask."""
SLOTS_AN_HOUR = HOUR_SECONDS // SLOT_SECONDS
SLOTS_A_DAY = SLOTS_AN_HOUR * HOURS_A_DAY
HOUR_MS = 1000 * HOUR_SECONDS

KEEP_HOURS = LONGEST_WINDOW_DAYS * HOURS_A_DAY
OPEN_HOURS = 2
"""Full hours before the present one whose 5-minute buckets are kept: the last hour and a grace of one. A post that
comes later than that is counted in its hour, and so in every window but `1h`."""
EXPIRE_DAYS = LONGEST_WINDOW_DAYS + 2
"""A day goes so many days after it: no post can still be replayed into it by then. `posts` is kept 24 h (its segments
an hour more), and `reading` gives no hour to a post that is older than 28 days when Kafka takes it."""


class Window(NamedTuple):
    """One window."""

    span: Span
    seconds: int
    bucket_seconds: int

    def last(self, now: float) -> int:
        """The newest bucket of it at a moment (seconds since the epoch)."""
        return int(now // self.bucket_seconds)

    def first(self, now: float) -> int:
        """The oldest bucket of it."""
        return self.last(now) - self.seconds // self.bucket_seconds + 1


WINDOWS: dict[Span, Window] = {
    "1h": Window("1h", HOUR_SECONDS, FIVE_SECONDS),
    "24h": Window("24h", 24 * HOUR_SECONDS, HOUR_SECONDS),
    "7d": Window("7d", 7 * 24 * HOUR_SECONDS, HOUR_SECONDS),
    "28d": Window("28d", KEEP_HOURS * HOUR_SECONDS, HOUR_SECONDS),
}
