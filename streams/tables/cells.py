"""Cells: what one record counts, by name. A row is cells and numbers; a window is a sum of cells.

Called by the hospital tables. Owns the names, which travel in the changelog and so are never renamed: `posts`, `own`,
`answers`, `wants`, `tier/local`, `intent/question`, `topic/wait_times`, `community/away/nurses`; `s/` stands before
what comes from a tally. Marginals only: no cell crosses topic with intent, or either with nearness. Knows no row and no
time.
"""

from collections.abc import Mapping

from streams.records import Mention, Tally
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


def asks(mention: Mention) -> bool:
    """Whether an inbound post waits for an answer of the hospital that it speaks to."""
    return mention.addressed and mention.relation != "author" and mention.intent in WANTS_ANSWER


def cells_of(record: Mention | Tally) -> list[str]:
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
