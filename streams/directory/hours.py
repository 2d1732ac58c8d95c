"""When a hospital's office is open, as a setting and the directory write it.

Owns the form and its checks. Called by `files.py` for a hospital's own hours, and by `agents/worker/knowledge.py` for
those of the setting. Knows no time zone: `streams/indicators/business_hours.py` does.
"""

import re
from itertools import pairwise

from streams.errors import UserError

DEFAULT = "Mon-Fri 8-17"
"""An office's, also the setting's default. 8 to 17 is what is asked for here; social media tools assume 9 to 17."""

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
