"""The windows that a running worker shows on /metrics, beside the oracle's count.

Called by `oracle.py` with what was scraped while no posts came. Knows the metrics' names and labels from outside.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from agents.proving.recount import SPANS, Recount, Span

_PAUSE = 5.0
"""Seconds: a worker slides the windows of hours up to so much after the full hour."""


class Scraped(NamedTuple):
    """What workers showed at a moment."""

    at: float
    """Seconds since the epoch."""
    samples: Mapping[tuple[str, frozenset[tuple[str, str]]], float]
    """(name, labels) -> value."""


def difference(recount: Recount, scraped: Scraped) -> int:
    """Sum of |shown - oracle| over all windows shown. One hospital's window that was not yet slid at `scraped.at` is
    right, too, if it is so a moment before. Windows that a worker does not show are not compared."""
    total = 0.0
    for hospital in recount.hospitals:
        for span in SPANS:
            shown = dict(_shown(scraped, hospital, span))
            if shown:
                total += min(
                    sum(
                        abs(value - shown[name])
                        for name, value in _wanted(recount, hospital, span, at)
                        if name in shown
                    )
                    for at in (scraped.at, scraped.at - _PAUSE)
                )
    return round(total)


_Name = tuple[str, ...]
"""Metric and the values of its labels besides hospital and window."""


def _shown(scraped: Scraped, hospital: str, span: Span) -> Iterator[tuple[_Name, float]]:
    def one(name: str, **labels: str) -> Iterator[tuple[_Name, float]]:
        place = (f"conversation_window_{name}", frozenset({"hospital": hospital, "window": span, **labels}.items()))
        if place in scraped.samples:
            yield (name, *labels.values()), scraped.samples[place]

    for name in ("posts", "own_posts", "wants_answer_posts", "local_posts"):
        yield from one(name)
    for near in ("all", "local"):
        yield from one("authors", near=near)
    for near in ("local", "away", "unknown"):
        yield from one("interest_posts", near=near, interest="open")


def _wanted(recount: Recount, hospital: str, span: Span, at: float) -> Iterator[tuple[_Name, int]]:
    cells = recount.window(hospital, span, at)
    yield ("posts",), cells["posts"]
    yield ("own_posts",), cells["own"]
    yield ("wants_answer_posts",), cells["wants"]
    yield ("local_posts",), cells["tier/local"]
    if span != "1h":
        everyone, local = recount.people(hospital, span, at)
        yield ("authors", "all"), everyone
        yield ("authors", "local"), local
    for near in ("local", "away", "unknown"):
        yield ("interest_posts", near, "open"), cells[f"community/{near}/*"]
