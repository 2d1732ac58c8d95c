"""The rows of one partition of `mentions`: what is held of them, as objects and as bytes, and which changed.

Called by `hospitals.py`, which owns what a record does to them. Knows no record and no changelog.
"""

from streams.tables import first_rows
from streams.tables.periods import SLOTS_A_DAY
from streams.tables.question_kinds import Kinds
from streams.tables.question_rows import QuestionRows
from streams.tables.rolling import Rolling
from streams.tables.rows import NEVER, Day, Head, PackedDay, decode_day, kept_day, version_of

Key = tuple[str, int]
"""Hospital id and its row: a day since the epoch, or -1 for the head."""
HEAD = -1


def name_of(key: Key) -> bytes:
    """A row's key in the changelog."""
    hospital, day = key
    return f"{hospital}/head".encode() if day == HEAD else f"{hospital}/d{day}".encode()


class PartitionRows:
    """What stands in one partition of `mentions`."""

    def __init__(self, kinds: Kinds) -> None:
        self.heads: dict[str, Head] = {}
        self.days: dict[str, dict[int, bytes]] = {}
        """Hospital -> day -> what is kept of it (`rows.kept_day`): four weeks of 250 busy hospitals take 40 MB so,
        200 as objects."""
        self.matured: set[Key] = set()
        """Days in which questions ended. For any other a record need not look into its day."""
        self.open_days: dict[Key, Day] = {}
        """Days that changed since they were last written."""
        self.changed: set[Key] = set()
        self.restored: dict[str, bytes] = {}
        """Hospital -> newest copy of its head; decoded when the recovery is complete."""
        self.stale: set[Key] = set()
        """Rows whose newest copy is not the last that stands in the changelog."""
        self.first_rows = first_rows.FirstRows()
        self.questions = QuestionRows(kinds)
        self.superseded: dict[str, set[int]] = {}
        """Hours that a restored head counts again although their day has them: the day is ahead of the head."""
        self.rolling: dict[str, Rolling] = {}
        self._looked_at: tuple[bytes, PackedDay] | None = None
        """The last day that was looked at: windows go through a day hour by hour."""
        self.newest_at = 0
        self.swept = 0
        self.tombstones: list[bytes] = []
        self.recoveries = 0

    def keep(self, hospital: str, day: int, value: bytes) -> None:
        """Keep a day's row."""
        kept, matured = kept_day(value)
        self.days.setdefault(hospital, {})[day] = kept
        if matured:
            self.matured.add((hospital, day))
        else:
            self.matured.discard((hospital, day))

    def ended(self, hospital: str, slot: int) -> int:
        """Version of the question row of a slot that ended in its day; `NEVER`: none did."""
        key = hospital, slot // SLOTS_A_DAY
        if key not in self.matured and key not in self.open_days:
            return NEVER
        day = self.look(hospital, key[1])
        return day.matured.get(slot % SLOTS_A_DAY, NEVER) if day is not None else NEVER

    def look(self, hospital: str, day: int) -> Day | PackedDay | None:
        """A day's row, to be read only."""
        if (found := self.open_days.get((hospital, day))) is not None:
            return found
        if (packed := self.days.get(hospital, {}).get(day)) is None:
            return None
        if self._looked_at is None or self._looked_at[0] is not packed:
            self._looked_at = packed, PackedDay(packed)
        return self._looked_at[1]

    def day(self, hospital: str, day: int) -> Day | None:
        """A day's row, not to be changed."""
        found = self.open_days.get((hospital, day))
        if found is None and (packed := self.days.get(hospital, {}).get(day)) is not None:
            return decode_day(packed)
        return found

    def day_to_change(self, hospital: str, day: int) -> Day:
        """A day's row, made if need be."""
        found = self.open_days.get((hospital, day))
        if found is None:
            found = self.open_days[hospital, day] = self.day(hospital, day) or Day()
        return found

    def head_version(self, hospital: str) -> int:
        """Version of the head held; -2 when there is none."""
        head = self.heads.get(hospital)
        return head.version if head is not None else -2

    def day_version(self, hospital: str, day: int) -> int:
        """Version of the day held; -2 when there is none."""
        if (found := self.open_days.get((hospital, day))) is not None:
            return found.version
        packed = self.days.get(hospital, {}).get(day)
        return version_of(packed) if packed is not None else -2

    def is_newer(self, hospital: str, day: int, version: int, known: int) -> bool:
        """Whether a copy from the changelog is newer than the one known; notes an older one that stands behind it."""
        if version < known:
            self.stale.add((hospital, day))
        else:
            self.stale.discard((hospital, day))
        return version > known

    def change(self, hospital: str, day: int = HEAD) -> None:
        """Have a row written at the next checkpoint."""
        self.changed.add((hospital, day))
