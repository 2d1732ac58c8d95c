"""What Prometheus answers to a board's queries, as Grafana would get it.

Called by `preview.py` and the tests, which stand in for Grafana. Knows no drawing.
"""

import re
from typing import NamedTuple

from agents.proving.prometheus import RunningPrometheus, Series
from deploy.grafana.board_file import Target


class Answer(NamedTuple):
    """One series as a panel names it."""

    name: str
    points: list[tuple[float, float]]
    labels: dict[str, str]
    ref: str
    """Of the query."""

    @property
    def value(self) -> float:
        """The last value."""
        return self.points[-1][1]


def ask(prometheus: RunningPrometheus, target: Target, expr: str, span: int, step: int) -> list[Series]:
    """What Grafana would get for a query whose expression is filled in: now, or over the last `span` seconds."""
    if target.instant:
        return prometheus.query(expr)
    now = prometheus.query("time()")[0].value
    return prometheus.query_range(expr, now - span, now, step)


def answer(target: Target, series: Series) -> Answer:
    """A series as an answer to a panel's query."""
    return Answer(name_of(target, series), series.points, series.labels, target.ref)


def name_of(target: Target, series: Series) -> str:
    """What Grafana's legend would say."""
    return re.sub(r"{{(\w+)}}", lambda found: series.labels.get(found[1], ""), target.legend)


def busiest(prometheus: RunningPrometheus) -> str:
    """Id of the hospital with most posts: the one with something in every panel."""
    return prometheus.query("topk(1, max by (hospital) (conversation_posts_total))")[0].labels["hospital"]
