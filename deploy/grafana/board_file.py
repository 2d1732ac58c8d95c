"""A dashboard's JSON read back: its panels and every query it asks, with Grafana's variables filled in.

Called by `build.py`, `agents/proving/boards/` and the tests. Reads plain JSON, not the SDK's objects: what Grafana
gets is what is judged.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple


class Target(NamedTuple):
    """One query of a panel, as it stands."""

    ref: str
    expr: str
    legend: str
    instant: bool
    table: bool
    """Its series become rows; else lines or numbers with a legend."""


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


class Board(NamedTuple):
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


class Shown(NamedTuple):
    """One column of a table or a map."""

    title: str
    field: str
    """Name of a label, or `Value #A` of the query A (`Value` of a single query)."""


def columns(panel: Panel) -> tuple[Shown, ...]:
    """Columns of a table or a map from left to right, by its transformations."""
    (order,) = (one["options"] for one in panel.json["transformations"] if one["id"] == "organize")
    fields = sorted(order["indexByName"], key=order["indexByName"].get)
    return tuple(Shown(order["renameByName"][field], field) for field in fields)


def key(panel: Panel) -> str:
    """The label by which a table's queries are joined."""
    (join,) = (one["options"] for one in panel.json["transformations"] if one["id"] == "joinByField")
    return str(join["byField"])


def read(text: str) -> Board:
    """A dashboard from its JSON."""
    plain = json.loads(text)
    return Board(plain["title"], tuple(_panels(plain["panels"])), plain)


def _panels(found: list[Any]) -> Iterator[Panel]:
    for one in found:
        grid = one["gridPos"]
        targets = tuple(
            Target(
                target["refId"],
                target["expr"],
                target["legendFormat"],
                target.get("instant", False),
                target.get("format") == "table",
            )
            for target in one.get("targets", ())
        )
        yield Panel(
            one["id"], one["type"], one["title"], grid["x"], grid["y"], grid["w"], grid["h"], targets, one
        )  # fmt: skip
        yield from _panels(one.get("panels", ()))


def fill(expr: str, rate_interval: int, span: int, hospital: str) -> str:
    """The expression with Grafana's variables in it; `rate_interval` and `span` (the shown time) in seconds."""
    values = {"$__rate_interval": f"{rate_interval}s", "$__range": f"{span}s", "$hospital": hospital, "$price": "0.005"}
    for name, value in values.items():
        expr = expr.replace(name, value)
    return expr
