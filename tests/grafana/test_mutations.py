"""No name, label, value of a label or unit on a panel can change without a rule that finds it."""

import re
from collections.abc import Iterator

import promql_parser as promql
import pytest

from deploy.grafana.board_file import Panel, Target, columns, read
from deploy.grafana.build import DASHBOARDS, FOLDER
from tests.grafana.rules import CLOSED, filled, wrong_in
from tests.grafana.units import ALIKE, OWN_WORDS, SHOWN, unfit

SAVED = {name: read((FOLDER / name).read_text(encoding="utf-8")) for name in DASHBOARDS}
UNITS = {"s", "bytes", "locale", "percentunit", "suffix: /s", "suffix: /h", "currencyUSD"}
by_board = pytest.mark.parametrize("name", DASHBOARDS)


def words(expr: str) -> Iterator[tuple[str, str]]:
    """What may be wrong in an expression: (kind, word), each once."""
    found: set[tuple[str, str]] = set()

    def visit(node: promql.Expr) -> bool:
        if isinstance(node, promql.VectorSelector):
            found.add(("name", str(node.name)))
            for one in node.matchers.matchers:
                found.add(("label", one.name))
                if CLOSED.get((str(node.name), one.name)):
                    found.update(("value", value) for value in one.value.split("|"))
        elif isinstance(node, promql.AggregateExpr) and node.modifier is not None:
            found.update(("label", label) for label in node.modifier.labels)
        elif isinstance(node, promql.BinaryExpr) and node.modifier is not None:
            matching = node.modifier.matching.labels if node.modifier.matching is not None else ()
            found.update(("label", label) for label in (*matching, *(node.modifier.group_labels or ())))
        return True

    promql.walk(promql.parse(filled(expr)), visit)
    yield from sorted(found)


def changed(text: str, word: str) -> Iterator[str]:
    """The text with one more letter at each place of a word."""
    for place in re.finditer(rf"(?<![\w:$]){re.escape(word)}(?![\w:])", text):
        yield f"{text[: place.end()]}x{text[place.end() :]}"


def mutants(target: Target) -> Iterator[tuple[str, str, str]]:
    """(what changed, expression, legend)."""
    for kind, word in words(target.expr):
        for expr in changed(target.expr, word):
            yield f"{kind} {word}", expr, target.legend
    for label in re.findall(r"{{(\w+)}}", target.legend):
        for legend in changed(target.legend, label):
            yield f"label {label} of the legend", target.expr, legend


@by_board
def test_a_changed_name_label_or_value_is_found(name: str) -> None:
    tried, missed = 0, []
    for panel, target in SAVED[name].queries():
        for what, expr, legend in mutants(target):
            tried += 1
            if not list(wrong_in(expr, legend)):
                missed.append(f"{panel.title}: {what} in {expr} {legend}")
    assert tried > 50
    assert missed == []


def titled(panel: Panel) -> Iterator[str]:
    """What has a unit: the panel, or each column that shows a number."""
    if panel.kind in ("table", "geomap"):
        yield from (one.title for one in columns(panel) if one.field.startswith("Value"))
    elif panel.kind != "row":
        yield panel.title


@by_board
def test_another_unit_is_found(name: str) -> None:
    board, missed = SAVED[name], []
    for panel in board.panels:
        for title in titled(panel):
            for unit in UNITS:
                fields = {**panel.json["fieldConfig"]}
                mine = next((unit_of(one) for one in fields["overrides"] if one["matcher"]["options"] == title), "")
                mine = mine or fields["defaults"]["unit"]
                if unit == mine or {unit, mine} <= ALIKE:
                    continue
                fields["defaults"] = {**fields["defaults"], "unit": unit}
                fields["overrides"] = [with_unit(one, title, unit) for one in fields["overrides"]]
                other = panel._replace(json={**panel.json, "fieldConfig": fields})
                if not any(f"{title} is in {unit}" in line for line in unfit(board._replace(panels=(other,)))):
                    missed.append(f"{panel.title}: {title} in {unit}, not {mine}")
    assert missed == []
    assert set(OWN_WORDS.values()) | {"suffix: /h", "suffix: /s", "currencyUSD"} <= UNITS | ALIKE
    assert {unit for units in SHOWN.values() for unit in units} <= UNITS | ALIKE


def unit_of(override: dict[str, object]) -> str:
    """The unit that an override sets; empty if it sets none."""
    properties = override["properties"]
    assert isinstance(properties, list)
    return next((str(one["value"]) for one in properties if one["id"] == "unit"), "")


def with_unit(override: dict[str, object], title: str, unit: str) -> dict[str, object]:
    """An override with another unit, where it is of that column and sets one."""
    properties, matcher = override["properties"], override["matcher"]
    assert isinstance(properties, list)
    assert isinstance(matcher, dict)
    if matcher["options"] != title:
        return override
    changed = [{**one, "value": unit} if one["id"] == "unit" else one for one in properties]
    return {**override, "properties": changed}
