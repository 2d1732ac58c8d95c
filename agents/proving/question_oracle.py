"""The oracle's part of questions and answers: counted anew from the posts, and read off the changelog's rows.

Called by `oracle.py` and `goal_oracle.py`. Plain Python that shares no code with the tables: it knows the rows' wire
form and the definitions of docs/indicators.md. Answer times in business hours are not compared: they depend on each
hospital's zone and hours.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from streams.records import Mention

Cell = tuple[str, str, str, str]
"""As in `oracle.py`."""

_EDGES = (
    ("1m", 1), ("5m", 5), ("15m", 15), ("30m", 30), ("1h", 60), ("2h", 120), ("4h", 240), ("8h", 480), ("12h", 720),
    ("24h", 1440), ("48h", 2880), ("72h", 4320),
)  # fmt: skip
_WAITS = 72 * 3600


class Asked(NamedTuple):
    """One question and its first answer."""

    hour: int
    """By its id, since the epoch."""
    written: int
    """Its own time, seconds since the epoch."""
    intent: str
    near: str
    seconds: int | None
    """To the first answer; None: there is none in time."""
    gone: bool
    """It was taken back."""


class Questions:
    """What the posts say, in any order."""

    def __init__(self) -> None:
        self._asked: dict[tuple[str, str], tuple[int, int, str, str]] = {}
        """Hospital and post -> hour by its id, own time, intent, nearness."""
        self._answers: dict[tuple[str, str], int] = {}
        self._gone: set[str] = set()

    def add(self, record: Mention) -> None:
        """A post tied to a hospital."""
        if record.written < 0 or record.asked < 0:
            return
        if record.relation == "author":
            if record.reply_to:
                key = record.hospital, record.reply_to
                self._answers[key] = min(record.written, self._answers.get(key, record.written))
        elif record.addressed and record.intent in ("question", "request", "complaint", "crisis"):
            near = record.tier if record.tier in ("local", "unknown") else "away"
            self._asked[record.hospital, record.post] = record.asked // 3600, record.written, record.intent, near

    def withdraw(self, post: str) -> None:
        """A post that stands on `posts` was taken back."""
        self._gone.add(post)

    def by_hospital(self) -> dict[str, list[Asked]]:
        """Each hospital's questions."""
        found: dict[str, list[Asked]] = {}
        for (hospital, post), (hour, written, intent, near) in self._asked.items():
            answered = self._answers.get((hospital, post))
            taken = None if answered is None or answered - written > _WAITS else max(0, answered - written)
            found.setdefault(hospital, []).append(Asked(hour, written, intent, near, taken, post in self._gone))
        return found

    def cells(self) -> Counter[Cell]:
        """Questions by hour: asked, and answered within which edge; by intent, by nearness."""
        cells: Counter[Cell] = Counter()
        for (hospital, post), (hour, written, intent, near) in self._asked.items():
            answered = self._answers.get((hospital, post))
            for name in _names(written, intent, near, answered, post in self._gone):
                cells[hospital, f"h{hour}", name, ""] += 1
        return cells


def _names(written: int, intent: str, near: str, answered: int | None, gone: bool) -> Iterator[str]:
    in_time = answered is not None and answered - written <= _WAITS
    if gone and not in_time:
        return
    for kind in ("q", f"q/intent/{intent}", f"q/near/{near}"):
        yield f"{kind}/asked"
        if answered is not None and in_time:
            minutes = max(0, answered - written) / 60
            yield f"{kind}/within/{next(name for name, edge in _EDGES if minutes <= edge)}"


def stored_questions(rows: Mapping[tuple[int, bytes], list[Any]]) -> Counter[Cell]:
    """The same, as the changelog has it: of each key its newest row. A row that ended in its day is the day's."""
    cells: Counter[Cell] = Counter()
    ended: dict[tuple[str, int], int] = {}
    for (_, key), row in rows.items():
        hospital, _, day = key.decode().partition("/d")
        if day:
            names, cohorts, matured = row[5], row[9], row[10]
            ended |= {(hospital, int(day) * 8640 + slot): version for slot, version in matured.items()}
            for hour, packed in cohorts.items():
                for index, count in zip(packed[::2], packed[1::2], strict=True):
                    if not names[index].startswith("q/business/"):
                        cells[hospital, f"h{int(day) * 24 + hour}", names[index], ""] += count
    for (_, key), row in rows.items():
        hospital, _, name = key.decode().partition("/q")
        slot = name.partition(".")[0]
        if not slot or row[1] <= ended.get((hospital, int(slot)), -2):
            continue
        _, _, _, _, questions, answers, gone, uncounted = row
        for post, (written, intent, tier, _) in questions.items():
            near = tier if tier in ("local", "unknown") else "away"
            for name in _names(written, intent, near, answers.get(post), post in gone):
                cells[hospital, f"h{int(slot) // 360}", name, ""] += 1
        if uncounted:
            cells[hospital, f"h{int(slot) // 360}", "q/uncounted", ""] += uncounted
    return cells
