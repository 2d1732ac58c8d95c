"""What the tables count of one record of `mentions`, read out of it once.

Called by `hospitals.py` for every record; `rows.py` and `question_rows.py` count what stands here. From compiled code
each look at a field of a record takes 25 ns, so all are taken at once; and what a record raises is looked up by the
fields that decide it. Knows no row.
"""

from msgspec.structs import astuple

from streams.records import ReadMention, Tally
from streams.tables.cells import CellSet, asks, cells_of
from streams.tables.periods import FIVE_SECONDS, FIVES_AN_HOUR, SLOT_SECONDS
from streams.tables.question_kinds import Kinds

_MOST = 20_000
"""Sets of cells that are kept, some 15 MB; 40,000 simulated posts have 700. Then they are made anew: posts with every
mix of topics must not fill the memory."""


class Counted:
    """One mention or tally."""

    __slots__ = (
        "answers", "at", "cells", "five", "hospital", "hour", "is_tally", "offset", "partition", "person", "post",
        "slot", "written",
    )  # fmt: skip

    def __init__(
        self, hospital: str, partition: int, offset: int, at: int, hour: int, cells: CellSet, is_tally: bool
    ) -> None:
        self.hospital = hospital
        self.partition = partition
        """Where the post stands on `posts`, as is `offset`."""
        self.offset = offset
        self.at = at
        self.hour = hour
        self.cells = cells
        self.is_tally = is_tally
        self.five = -1
        """The 5-minute bucket of a mention that has an hour."""
        self.person = -1
        """The author as rows keep one; -1: none."""
        self.slot = -1
        """The 10-second slot of the question row that it belongs to; -1 for one that neither asks nor answers."""
        self.post = ""
        """With a slot: the question's id."""
        self.answers = False
        """With a slot: whether it answers the question; else it is the question."""
        self.written = -1


class Counting:
    """Reads records. One for all partitions of a worker."""

    def __init__(self, kinds: Kinds) -> None:
        """`kinds`: of all questions of the worker."""
        self._kinds = kinds
        self._sets: dict[object, CellSet] = {}
        """What decides the cells of a record -> these."""

    def of(self, record: ReadMention | Tally) -> Counted:
        """What is counted of a record."""
        if isinstance(record, Tally):
            key = (record.tier, record.topics, record.communities)
            cells = self._sets.get(key)
            if cells is None:
                cells = self._keep(key, record)
            return Counted(record.hospital, record.partition, record.offset, record.at, record.hour, cells, True)
        return self._mention(record)

    def _mention(self, mention: ReadMention) -> Counted:
        # The order of `ReadMention`, which only grows at its end.
        fields = astuple(mention)
        hour: int = fields[4]
        relation: str = fields[5]
        tier: str = fields[6]
        reply_to: str = fields[15]
        written: int = fields[18]
        asked: int = fields[20]
        own = relation == "author"
        key: object = bool(reply_to) if own else (tier, fields[12], fields[13], fields[11], fields[17])
        cells = self._sets.get(key)
        if cells is None:
            cells = self._keep(key, mention)
        found = Counted(fields[0], fields[1], fields[2], fields[3], hour, cells, False)
        found.five = five_of(written, hour)
        found.person = person_of(fields[19], tier)
        if asked >= 0 and written >= 0:
            if cells.asks:
                found.post = fields[14]
                found.slot = asked // SLOT_SECONDS
            elif own and reply_to:
                found.post = reply_to
                found.answers = True
                found.slot = asked // SLOT_SECONDS
        found.written = written
        return found

    def _keep(self, key: object, record: ReadMention | Tally) -> CellSet:
        waits = isinstance(record, ReadMention) and asks(record)
        kind = -1
        if isinstance(record, ReadMention) and waits:
            kind = self._kinds.number(record.intent, record.tier, record.topics)
        if len(self._sets) >= _MOST:
            self._sets.clear()
        made = self._sets[key] = CellSet(cells_of(record), waits, kind)
        return made


def five_of(written: int, hour: int) -> int:
    """The 5-minute bucket of a mention; of one written before there were any, its hour's first."""
    return written // FIVE_SECONDS if written >= 0 else hour * FIVES_AN_HOUR


def person_of(person: int, tier: str) -> int:
    """An author as rows keep one: an entry of `sketch.py` times 2, plus 1 for a local one; -1: none."""
    return person << 1 | (tier == "local") if person >= 0 else -1
