"""A dashboard's JSON read back: its panels and every query it asks, with Grafana's variables filled in.

Used by the tests and the preview, which stand in for Grafana. Reads plain JSON, not the SDK's objects: what Grafana
gets is what is judged.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from deploy.prometheus_tool import RunningPrometheus, Series


class Target(NamedTuple):
    """One query of a panel, as it stands."""

    ref: str
    expr: str
    legend: str
    instant: bool


class Panel(NamedTuple):
    """One panel, rows included. Grid in columns and Grafana's rows."""

    id: int
    kind: str
    title: str
    x: int
    y: int
    width: int
    height: int
    targets: tuple[Target, ...]
    json: Mapping[str, Any]


class Answer(NamedTuple):
    """One series as a panel names it."""

    name: str
    points: list[tuple[float, float]]

    @property
    def value(self) -> float:
        """The last value."""
        return self.points[-1][1]


class Saved(NamedTuple):
    """One dashboard."""

    title: str
    panels: tuple[Panel, ...]
    """Those inside collapsed rows, too."""
    json: Mapping[str, Any]

    @property
    def variable_queries(self) -> dict[str, str]:
        """Name of a variable -> the PromQL of its `query_result`. Raises `ValueError` for another kind of query."""
        found = {}
        for variable in self.json["templating"]["list"]:
            if variable["type"] == "query":
                inner = re.fullmatch(r"query_result\((.*)\)", variable["query"])
                if inner is None:
                    raise ValueError(f"{self.title}: the query of {variable['name']} is not a query_result")
                found[variable["name"]] = inner[1]
        return found

    @property
    def annotation_queries(self) -> tuple[str, ...]:
        """PromQL of the annotations."""
        return tuple(one["expr"] for one in self.json["annotations"]["list"])

    def queries(self) -> Iterator[tuple[Panel, Target]]:
        """Every query of every panel."""
        for panel in self.panels:
            for target in panel.targets:
                yield panel, target


def read(text: str) -> Saved:
    """A dashboard from its JSON."""
    plain = json.loads(text)
    return Saved(plain["title"], tuple(_panels(plain["panels"])), plain)


def _panels(found: list[Any]) -> Iterator[Panel]:
    for one in found:
        grid = one["gridPos"]
        targets = tuple(
            Target(target["refId"], target["expr"], target["legendFormat"], target.get("instant", False))
            for target in one.get("targets", ())
        )
        yield Panel(
            one["id"], one["type"], one["title"], grid["x"], grid["y"], grid["w"], grid["h"], targets, one
        )  # fmt: skip
        yield from _panels(one.get("panels", ()))


def fill(expr: str, rate_interval: int, span: int, hospital: str) -> str:
    """The expression with Grafana's variables in it; `rate_interval` and `span` (the shown time) in seconds."""
    values = {"$__rate_interval": f"{rate_interval}s", "$__range": f"{span}s", "$hospital": hospital}
    for name, value in values.items():
        expr = expr.replace(name, value)
    return expr


def ask(prometheus: RunningPrometheus, target: Target, expr: str, span: int, step: int) -> list[Series]:
    """What Grafana would get for a query whose expression is filled in: now, or over the last `span` seconds."""
    if target.instant:
        return prometheus.query(expr)
    now = prometheus.query("time()")[0].value
    return prometheus.query_range(expr, now - span, now, step)


def name_of(target: Target, series: Series) -> str:
    """What Grafana's legend would say."""
    return re.sub(r"{{(\w+)}}", lambda found: series.labels.get(found[1], ""), target.legend)


def busiest(prometheus: RunningPrometheus) -> str:
    """Id of the hospital with most posts: the one with something in every panel."""
    return prometheus.query("topk(1, max by (hospital) (conversation_posts_total))")[0].labels["hospital"]
