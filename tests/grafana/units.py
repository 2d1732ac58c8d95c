"""What unit a query's numbers have, by the units that metrics declare, and the panels that say another.

Called by `rules.py`. Seconds, bytes and things are told apart, and their quotients; posts and people are both things.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import promql_parser as promql
import yaml

from deploy.grafana.board_file import Board, Panel, columns, fill
from deploy.prometheus_tool import CONFIG
from streams.metrics.registry import METRICS


class Unit(NamedTuple):
    """Exponents: a rate of things is `Unit(seconds=-1, things=1)`."""

    seconds: int = 0
    bytes: int = 0
    things: int = 0

    def times(self, other: "Unit", sign: int = 1) -> "Unit":
        """The unit of a product, or with -1 of a quotient."""
        return Unit(*(one + sign * two for one, two in zip(self, other, strict=True)))


NUMBER = None
"""Of a literal, or of a metric that is 1 or 0: it takes any unit."""
Found = Unit | None
SECONDS, BYTES, THINGS, SHARE = Unit(seconds=1), Unit(bytes=1), Unit(things=1), Unit()
SHOWN: dict[Found, set[str]] = {
    SECONDS: {"s"},
    Unit(seconds=1, things=-1): {"s"},
    BYTES: {"bytes"},
    THINGS: {"locale", "none"},
    SHARE: {"percentunit"},
    NUMBER: {"locale", "none"},
}
"""What Grafana may call it. `locale` has separators, `none` has not."""
ALIKE = {"locale", "none"}
OWN_WORDS = {
    "CPU, in cores": "none",  # seconds a second
    "Lost for good": "locale",  # each number's name says its unit
    "Now": "none",  # of any goal
    "Target": "none",
    "Answered": "percentunit",  # a goal in per cent, by 100
    "Answered within": "percentunit",
}
"""Panels and columns whose unit no query tells -> it."""
_SAME = {
    "abs", "avg_over_time", "increase", "label_replace", "last_over_time", "max_over_time", "min_over_time", "scalar",
    "sort", "sort_desc", "sqrt",
}  # fmt: skip
"""Functions whose numbers have the unit of what they are given. The root of a count is its deviation: a count."""
_RATES = {"rate", "irate"}
_FIXED: dict[str, Found] = {"time": SECONDS, "vector": NUMBER, "changes": THINGS}
_COMPARISONS = {">", "<", ">=", "<=", "==", "!=", "and", "unless"}


def _declared() -> dict[str, Found]:
    named: dict[str, Found] = {"seconds": SECONDS, "bytes": BYTES, "1": NUMBER, "the goal's unit": NUMBER}
    found: dict[str, Found] = {"ALERTS_FOR_STATE": SECONDS}
    for metric in METRICS:
        unit = named.get(metric.unit, THINGS)
        found |= {metric.name: unit, f"{metric.name}_sum": unit}
        found |= {f"{metric.name}_bucket": THINGS, f"{metric.name}_count": THINGS}
    return found


def _recorded() -> dict[str, str]:
    files = sorted((CONFIG.parent / "rules").glob("*.yml"))
    groups = (group for file in files for group in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"])
    return {rule["record"]: rule["expr"] for group in groups for rule in group["rules"] if "record" in rule}


_DECLARED, _RECORDED = _declared(), _recorded()


class MixedUnitsError(ValueError):
    """Two units are added or compared as if they were one."""


def unit_of(expr: str) -> Found:
    """The unit of an expression's numbers. Raises `MixedUnitsError`."""
    return _of(promql.parse(fill(expr, rate_interval=60, span=3600, hospital="010033")))


def _of(node: Any) -> Found:
    return _KINDS[type(node).__name__](node)


def _selector(node: Any) -> Found:
    if node.name in _RECORDED:
        return unit_of(_RECORDED[node.name])
    return _DECLARED.get(node.name, THINGS)  # Prometheus' own: things


def _aggregate(node: Any) -> Found:
    return THINGS if str(node.op).startswith("count") else _of(node.expr)


def _call(node: Any) -> Found:
    name = node.func.name
    if name in _FIXED:
        return _FIXED[name]
    if name == "histogram_quantile":
        return _DECLARED[_bucket(node.args[1])]
    inner = _of(node.args[0])
    if name in _RATES:
        return inner.times(SECONDS, -1) if inner is not None else NUMBER
    if name not in _SAME:
        raise MixedUnitsError(f"what unit does {name} give?")
    return inner


def _bucket(node: Any) -> str:
    """The histogram below a quantile."""
    names: list[str] = []

    def visit(one: Any) -> bool:
        if isinstance(one, promql.VectorSelector):
            names.append(str(one.name).removesuffix("_bucket"))
        return True

    promql.walk(node, visit)
    return names[0]


def _binary(node: Any) -> Found:
    left, right, sign = _of(node.lhs), _of(node.rhs), str(node.op)
    if sign in _COMPARISONS:
        return left
    if sign == "*":
        if any(isinstance(one, promql.NumberLiteral) and one.val == 0 for one in (node.lhs, node.rhs)):
            return NUMBER
        return left.times(right) if left is not None and right is not None else left or right
    if sign == "/":
        return (left or SHARE).times(right, -1) if right is not None else left
    if left is not None and right is not None and left != right:
        raise MixedUnitsError(f"{left} {sign} {right}")
    return left if left is not None else right


_KINDS: dict[str, Callable[[Any], Found]] = {
    "VectorSelector": _selector,
    "MatrixSelector": lambda node: _selector(node.vector_selector),
    "SubqueryExpr": lambda node: _of(node.expr),
    "ParenExpr": lambda node: _of(node.expr),
    "UnaryExpr": lambda node: _of(node.expr),
    "NumberLiteral": lambda _: NUMBER,
    "AggregateExpr": _aggregate,
    "Call": _call,
    "BinaryExpr": _binary,
}


def unfit(saved: Board) -> Iterator[str]:
    """Panels and columns whose unit is not that of their numbers."""
    for panel in saved.panels:
        if panel.kind == "row":
            continue
        for title, unit, expr in _numbers(panel):
            try:
                fitting = {OWN_WORDS[title]} if title in OWN_WORDS else _fitting(expr)
            except ValueError as error:  # mixed units, or no PromQL
                yield f"{panel.title}: {error} in {expr}"
                continue
            if unit not in fitting:
                yield f"{panel.title}: {title} is in {unit}, its numbers in {' or '.join(sorted(fitting))}"


def _numbers(panel: Panel) -> Iterator[tuple[str, str, str]]:
    """(title, unit, expression) of everything that shows a number."""
    usual = panel.json["fieldConfig"]["defaults"]["unit"]
    if panel.kind not in ("table", "geomap"):
        yield from ((panel.title, usual, target.expr) for target in panel.targets)
        return
    own = {
        override["matcher"]["options"]: one["value"]
        for override in panel.json["fieldConfig"]["overrides"]
        for one in override["properties"]
        if one["id"] == "unit"
    }
    asked = {f"Value #{target.ref}" if len(panel.targets) > 1 else "Value": target.expr for target in panel.targets}
    for column in columns(panel):
        if column.field in asked:
            yield column.title, own.get(column.title, usual), asked[column.field]


def _fitting(expr: str) -> set[str]:
    found = unit_of(expr)
    if "$price" in expr:
        return {"currencyUSD"}
    if found == Unit(seconds=-1, things=1):
        return {"suffix: /h"} if "3600 *" in expr else {"suffix: /s"}
    return SHOWN.get(found, set())
