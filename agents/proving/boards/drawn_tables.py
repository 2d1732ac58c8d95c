"""How the preview draws tables and maps: Grafana's joins and columns, by matplotlib.

Called by `drawing.py` with answers that are already there. Reads the transformations that the JSON has, so a column
that Grafana would leave out is left out here. Knows no metric.
"""

import json
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from agents.proving.boards.answers import Answer
from agents.proving.boards.page import DPI, FAINT, INK, NAMED, Page, in_unit, reached
from deploy.grafana.board_file import Panel, Shown, columns, key
from deploy.grafana.build import REGIONS

LINE = 36 / DPI
"""Inches of a table's row: Grafana's 36 pixels."""
LETTER = 0.079
"""Inches of a letter of a cell, about."""
WEST, EAST, SOUTH, NORTH = -125.0, -66.0, 24.0, 50.0
"""What the map shows."""


class Rules(NamedTuple):
    """How a column looks."""

    width: float
    """Pixels."""
    unit: str
    decimals: int | None
    steps: list[dict[str, Any]]
    words: dict[str, dict[str, str]]


def rows_of(panel: Panel, found: Sequence[Answer]) -> list[dict[str, Any]]:
    """Rows as Grafana joins them: field -> value."""
    by = key(panel)
    joined: dict[str, dict[str, Any]] = {}
    for number, answer in enumerate(found):
        at = answer.labels.get(by, "") if len(panel.targets) > 1 else str(number)
        row = joined.setdefault(at, {})
        row.update(answer.labels)
        row["Value" if len(panel.targets) == 1 else f"Value #{answer.ref}"] = answer.value
    rows = list(joined.values())
    fields = {one.title: one.field for one in columns(panel)}
    for sort in panel.json["options"].get("sortBy", ()):
        field = fields[sort["displayName"]]
        rows.sort(key=lambda row: (field in row, row.get(field, 0)), reverse=sort["desc"])
    return rows


def _rules(panel: Panel, column: Shown) -> Rules:
    chosen = {
        one["id"]: one["value"]
        for override in panel.json["fieldConfig"]["overrides"]
        if override["matcher"]["options"] == column.title
        for one in override["properties"]
    }
    words = chosen["mappings"][0]["options"] if "mappings" in chosen else {}
    steps = chosen.get("thresholds", {}).get("steps", [])
    return Rules(chosen.get("custom.width", 150), chosen.get("unit", ""), chosen.get("decimals"), steps, words)


def draw_table(page: Page, panel: Panel, found: list[Answer], x: float, y: float, width: float, height: float) -> None:
    """The rows that fit, and how many more there are."""
    shown = columns(panel)
    rules = [_rules(panel, column) for column in shown]
    wanted = sum(rule.width for rule in rules) / 80
    stretch = max(1.0, width / wanted)  # Grafana scrolls a table that is too wide; here it is cut off
    rows = rows_of(panel, found)
    fits = int(height / LINE) - 1
    left = x + 0.08
    for column, rule in zip(shown, rules, strict=True):
        wide = rule.width / 80 * stretch
        if left + wide > x + width + 0.1:
            page.text(x + width - 0.1, y, "→", 11, NAMED["red"], ha="right")
            break
        right = bool(rule.unit)
        at, align = (left + wide - 0.12, "right") if right else (left, "left")
        page.text(at, y + 0.05, _cut(column.title, wide), 9.5, NAMED["blue"], ha=align, weight="bold")
        for place, row in enumerate(rows[:fits]):
            words, colour = _cell(rule, row.get(column.field))
            page.text(at, y + LINE * (place + 1) + 0.05, _cut(words, wide), 10, colour, ha=align)
        left += wide
    if len(rows) > fits:
        page.text(x + width - 0.1, y + height - 0.2, f"{len(rows) - fits} more: scroll", 8, FAINT, ha="right")


def _cut(words: str, inches: float) -> str:
    most = max(2, int((inches - 0.1) / LETTER))
    return words if len(words) <= most else words[: most - 1] + "…"


def _cell(rule: Rules, value: Any) -> tuple[str, str]:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "", INK
    if isinstance(value, str):
        mapped = rule.words.get(value)
        return (value, INK) if mapped is None else (mapped["text"], NAMED.get(mapped.get("color", ""), INK))
    return in_unit(rule.unit, value, rule.decimals), reached(rule.steps, value) if rule.steps else INK


def draw_map(page: Page, panel: Panel, found: list[Answer], x: float, y: float, width: float, height: float) -> None:
    """Marks at their places, without a background."""
    places = {one["key"]: (one["longitude"], one["latitude"]) for one in json.loads(REGIONS.read_text("utf-8"))}
    axes = page.axes(x + 0.1, y, width - 0.2, height - 0.1)
    every = [(one["longitude"], one["latitude"]) for one in json.loads(REGIONS.read_text("utf-8"))]
    axes.scatter([at[0] for at in every], [at[1] for at in every], s=3, color="#3a3f47")
    rows = [row for row in rows_of(panel, found) if row.get("region") in places]
    most = max((row.get("Value #A", 0) for row in rows), default=1) or 1
    steps = panel.json["fieldConfig"]["defaults"]["thresholds"]["steps"]
    for row in rows:
        shade = row.get("Value #B", math.nan)
        colour = FAINT if math.isnan(shade) else reached(steps, shade)
        at = places[row["region"]]
        axes.scatter([at[0]], [at[1]], s=30 + 600 * row.get("Value #A", 0) / most, color=colour, alpha=0.7)
    axes.set_xlim(WEST, EAST)
    axes.set_ylim(SOUTH, NORTH)
    axes.set_xticks([])
    axes.set_yticks([])
