"""The figures of one window.

Called by `hospital.py` with the window's cells and people. Knows no row.
"""

from streams.figures.about import Names
from streams.figures.shape import Authors, WindowFigures
from streams.figures.shares import people, share
from streams.indicators.small_cells import held_back, shown
from streams.tables.cells import Cells
from streams.vocabulary import INTENTS, NEARS, TIERS, Near


def window(cells: Cells, authors: tuple[int, int] | None, names: Names) -> WindowFigures:
    """`authors`: estimates of all and of local ones; None for a window of minutes, which has no tallies either."""
    posts, unknown = cells.get("posts", 0), cells.get("tier/unknown", 0)
    lines = {one: cells.get(f"s/topic/{one}", 0) for one in names.service_lines}
    health = {one: _by_near(cells, f"s/community/{{}}/{one}") for one in names.health_communities}
    small = [*lines.values(), *(count for by_near in health.values() for count in by_near.values())]
    with_tallies = authors is not None
    return WindowFigures(
        posts=posts,
        own=cells.get("own", 0),
        answers=cells.get("answers", 0),
        wants_answer=cells.get("wants", 0),
        authors=Authors(all=people(authors[0]), local=people(authors[1])) if authors is not None else None,
        tiers={tier: cells.get(f"tier/{tier}", 0) for tier in TIERS},
        local_share=share(cells.get("tier/local", 0), posts - unknown),
        located_share=share(posts - unknown, posts),
        intents={intent: cells.get(f"intent/{intent}", 0) for intent in INTENTS},
        topics={one: cells.get(f"topic/{one}", 0) for one in names.topics},
        service_lines={one: shown(count) for one, count in lines.items()} if with_tallies else None,
        communities={one: _by_near(cells, f"community/{{}}/{one}") for one in names.communities},
        health_communities={
            one: {near: shown(count) for near, count in by_near.items()} for one, by_near in health.items()
        }
        if with_tallies
        else None,
        held_back=held_back(small),
    )


def _by_near(cells: Cells, form: str) -> dict[Near, int]:
    return {near: cells.get(form.format(near), 0) for near in NEARS}
