"""Cells: what one record counts, by name. A row is cells and numbers; a window is a sum of cells.

Called by the hospital tables. Owns the names, which travel in the changelog and so are never renamed: `posts`, `own`,
`answers`, `wants`, `tier/local`, `intent/question`, `topic/wait_times`, `community/away/nurses`; `s/` stands before
what comes from a tally. Marginals only: no cell crosses topic with intent, or either with nearness. Knows no row and no
time.

Most records raise the same cells as one before them. So they are counted by the set of their cells first, one addition
a record instead of six, and cell by cell when somebody reads: `count_set`, then `enter`.
"""

from collections.abc import Mapping

from streams.records import ReadMention, Tally
from streams.vocabulary import TIERS, WANTS_ANSWER, Near, Tier

Cells = Mapping[str, int]
"""Cell -> count."""

ANY = "*"
"""In place of a community: at least one."""
SERVICE_LINES = "s/"
"""Stands before the cells of tallies: service lines and communities of a disease."""

_TIER = {tier: f"tier/{tier}" for tier in TIERS}
_TALLY_TIER = {tier: f"{SERVICE_LINES}tier/{tier}" for tier in TIERS}


def near_of(tier: Tier) -> Near:
    """The coarser word for a tier."""
    return tier if tier in ("local", "unknown") else "away"


def asks(mention: ReadMention) -> bool:
    """Whether an inbound post waits for an answer of the hospital that it speaks to."""
    return mention.addressed and mention.relation != "author" and mention.intent in WANTS_ANSWER


def cells_of(record: ReadMention | Tally) -> list[str]:
    """The cells that a record raises by one."""
    if isinstance(record, Tally):
        return _of_tally(record)
    if record.relation == "author":
        return ["own", "answers"] if record.reply_to else ["own"]
    cells = ["posts", _TIER[record.tier], f"intent/{record.intent}"]
    if asks(record):
        cells.append("wants")
    for topic in record.topics:
        cells.append(f"topic/{topic}")
    if record.communities:
        near = near_of(record.tier)
        cells.append(f"community/{near}/{ANY}")
        for community in record.communities:
            cells.append(f"community/{near}/{community}")
    return cells


def _of_tally(tally: Tally) -> list[str]:
    cells = ["s/posts", _TALLY_TIER[tally.tier]]
    cells += [f"s/topic/{topic}" for topic in tally.topics]
    if tally.communities:
        near = near_of(tally.tier)
        cells.append(f"s/community/{near}/{ANY}")
        cells += [f"s/community/{near}/{community}" for community in tally.communities]
    return cells


def add(sums: dict[str, int], cells: Cells, times: int = 1) -> None:
    """Add `cells` to `sums`, `times` each (-1: take them away); what comes to zero is dropped."""
    for cell, count in cells.items():
        now = sums.get(cell, 0) + times * count
        if now:
            sums[cell] = now
        else:
            sums.pop(cell, None)


class CellSet:
    """The cells of records that raise the same ones."""

    __slots__ = ("asks", "cells", "kind")

    def __init__(self, cells: list[str], asks: bool, kind: int) -> None:
        self.cells = cells
        self.asks = asks
        """Whether such a mention waits for an answer."""
        self.kind = kind
        """Its number in `question_kinds.py` if so, else -1."""


class Times:
    """How often, since it was entered last."""

    __slots__ = ("number",)

    def __init__(self) -> None:
        self.number = 1


Counts = dict[CellSet, Times]
"""What was counted and is not entered yet. In the order in which sets came first, so cells are entered in the order in
which they would have been raised one by one: a row's bytes are the same."""


def count_set(counts: Counts, cells: CellSet) -> bool:
    """Count one record; whether it is the first with these cells."""
    found = counts.get(cells)
    if found is None:
        counts[cells] = Times()
        return True
    found.number += 1
    return False


def count_in(buckets: dict[int, Counts], bucket: int, cells: CellSet) -> None:
    """Count one record in a bucket."""
    counts = buckets.get(bucket)
    if counts is None:
        counts = buckets[bucket] = {}
    count_set(counts, cells)


def enter(sums: dict[str, int], counts: Counts) -> None:
    """Raise `sums` by what was counted. Leaves `counts` to the caller to clear."""
    for cells, times in counts.items():
        number = times.number
        for cell in cells.cells:
            sums[cell] = sums.get(cell, 0) + number


def enter_all(sums: dict[int, dict[str, int]], buckets: dict[int, Counts]) -> None:
    """Raise the sums of each bucket by what was counted in it, and clear that."""
    for bucket, counts in buckets.items():
        held = sums.get(bucket)
        if held is None:
            held = sums[bucket] = {}
        enter(held, counts)
    buckets.clear()
