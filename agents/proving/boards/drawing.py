"""How the preview draws a dashboard: Grafana's grid, numbers, bars and lines, by matplotlib.

Called by `preview` with answers that are already there. Knows units, thresholds and colours as the JSON has them; asks
nothing and knows no metric.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from agents.proving.boards.answers import Answer
from agents.proving.boards.drawn_tables import draw_map, draw_table
from agents.proving.boards.page import CYCLE, DPI, FAINT, HEADER, NAMED, ROW, Page, in_unit, reached, shortened
from deploy.grafana.board_file import Board, Panel

TITLE_INCHES, LEFT_INCHES, BOTTOM_INCHES = 0.36, 0.7, 0.32


def draw(saved: Board, answers: Mapping[int, Sequence[Answer]], hospital: str, file: Path, pixels: int) -> None:
    """The picture of one dashboard, so many `pixels` wide. `answers`: panel id -> its series."""
    page = Page(max(panel.y + panel.height for panel in saved.panels), pixels)
    chosen = f", hospital {hospital}" if "hospital" in saved.variable_queries else ""
    page.text(0.15, 0.12, saved.title, 17)
    page.text(
        0.15, 0.52, f"PREVIEW, not Grafana: its layout, drawn with answers of a real Prometheus{chosen}", 10, "#ff9830"
    )
    for panel in saved.panels:
        x, y = panel.x * page.column, (panel.y + HEADER) * ROW
        width, height = panel.width * page.column, panel.height * ROW
        if panel.kind == "row":
            page.text(x + 0.1, y + height / 2, panel.title, 12, va="center")
            continue
        x, y, width, height = x + 0.04, y + 0.04, width - 0.08, height - 0.08
        page.frame(x, y, width, height)
        page.text(x + 0.08, y + 0.08, shortened(panel.title, width), 9)
        found = [answer for answer in answers.get(panel.id, ()) if not math.isnan(answer.value)]
        inner = (x, y + TITLE_INCHES, width, height - TITLE_INCHES)
        if not found:
            words = panel.json["fieldConfig"]["defaults"]["noValue"]
            page.text(x + width / 2, y + height / 2, words, 12, FAINT, ha="center", va="center")
        else:
            _DRAW[panel.kind](page, panel, found, *inner)
    page.figure.savefig(file, dpi=DPI)


def _stat(page: Page, panel: Panel, found: list[Answer], x: float, y: float, width: float, height: float) -> None:
    many = len(found) > 1
    share = height / len(found)
    for number, answer in enumerate(found):
        middle = y + share * (number + 0.5)
        if panel.json["options"]["textMode"] == "name":
            page.text(x + 0.1, middle, shortened(answer.name, width * 0.7), 14, va="center", weight="bold")
            continue
        words = _words(panel, answer.value)
        size = min(30.0, share * 34, width * 60 / max(len(words), 3) * (0.6 if many else 1))
        if answer.name:
            page.text(x + 0.1, middle, answer.name, 9, FAINT, va="center")
        at, align = (x + width - 0.1, "right") if answer.name else (x + width / 2, "center")
        page.text(at, middle, words, size, _threshold(panel, answer.value), va="center", ha=align, weight="bold")


def _bars(page: Page, panel: Panel, found: list[Answer], x: float, y: float, width: float, height: float) -> None:
    longest = max(len(answer.name) for answer in found)
    names = min(width * 0.5, 0.15 + longest * 0.07)
    axes = page.axes(x + names, y, width - names - 0.6, height - 0.08)
    values = [answer.value for answer in found]
    colours = _colours(panel, found)
    places = range(len(found))
    axes.barh(places, values, color=colours, height=0.7)
    axes.set_yticks(places, [shortened(answer.name, names) for answer in found])
    axes.set_xticks([])
    axes.set_ylim(max(len(found), 4) - 0.5, -0.5)
    axes.set_xlim(0, max(*values, 1))
    for place, value, colour in zip(places, values, colours, strict=True):
        axes.annotate(
            _words(panel, value), (value, place), (4, 0), textcoords="offset points", va="center", color=colour, size=9
        )


def _lines(page: Page, panel: Panel, found: list[Answer], x: float, y: float, width: float, height: float) -> None:
    custom = panel.json["fieldConfig"]["defaults"]["custom"]
    legend = panel.json["options"]["legend"]["showLegend"]
    named = [any(value for _, value in answer.points) for answer in found]
    per_line = max(1, int(width / 1.9))
    below = BOTTOM_INCHES + (0.19 * math.ceil(sum(named) / per_line) + 0.1 if legend else 0)
    axes = page.axes(x + LEFT_INCHES, y, width - LEFT_INCHES - 0.12, height - below)
    start = min(answer.points[0][0] for answer in found)
    colours = _colours(panel, found)
    if custom.get("stacking", {}).get("mode") == "normal":
        times = sorted({at for answer in found for at, _ in answer.points})
        values = [dict(answer.points) for answer in found]
        axes.stackplot(
            [at - start for at in times],
            [[one.get(at, 0.0) for at in times] for one in values],
            colors=colours, alpha=0.6,
        )  # fmt: skip
    else:
        for answer, colour in zip(found, colours, strict=True):
            times, values_ = [at - start for at, _ in answer.points], [value for _, value in answer.points]
            if custom.get("drawStyle") == "bars":
                axes.bar(times, values_, color=colour, width=1.0, alpha=0.7)
            else:
                axes.plot(times, values_, color=colour, linewidth=1.3)
    _scale(axes, panel, found)
    axes.grid(color="#2c3235", linewidth=0.6)
    axes.yaxis.set_major_formatter(lambda value, _: _words(panel, value))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0f} s")
    axes.margins(x=0)
    if legend:
        shown = [(one, colour) for one, colour, has in zip(found, colours, named, strict=True) if has]
        axes.legend(
            [Rectangle((0, 0), 1, 1, color=colour) for _, colour in shown],
            [one.name for one, _ in shown],
            loc="upper left",
            bbox_to_anchor=(0, -BOTTOM_INCHES / (height - below)),
            ncols=per_line,
            frameon=False,
            fontsize=8,
            labelcolor=FAINT,
            borderaxespad=0,
            handlelength=0.8,
            columnspacing=1,
        )


def _scale(axes: Axes, panel: Panel, found: list[Answer]) -> None:
    defaults = panel.json["fieldConfig"]["defaults"]
    top = max(axes.get_ylim()[1], 1e-9)
    steps = defaults["thresholds"]["steps"]
    if len(steps) > 1 and (limit := steps[1]["value"]) <= top * 3:
        axes.axhline(limit, color=NAMED["red"], linestyle="--", linewidth=1)
        top = max(top, limit * 1.1)
    flat = max(value for answer in found for _, value in answer.points) == 0
    axes.set_ylim(0, defaults.get("max") or (1 if flat else top))


def _colours(panel: Panel, found: Sequence[Answer]) -> list[str]:
    fixed = {
        override["matcher"]["options"]: override["properties"][0]["value"]["fixedColor"]
        for override in panel.json["fieldConfig"]["overrides"]
        if override["matcher"]["id"] == "byName"
    }
    every = panel.json["fieldConfig"]["defaults"]["color"].get("fixedColor")
    return [
        NAMED.get(colour, colour) if (colour := fixed.get(answer.name, every)) else CYCLE[number % len(CYCLE)]
        for number, answer in enumerate(found)
    ]


def _threshold(panel: Panel, value: float) -> str:
    return reached(panel.json["fieldConfig"]["defaults"]["thresholds"]["steps"], value)


def _words(panel: Panel, value: float) -> str:
    """A number as the panel's unit and value mappings have it."""
    defaults = panel.json["fieldConfig"]["defaults"]
    for mapping in defaults.get("mappings", ()):
        if (shown := mapping["options"].get(f"{value:g}")) is not None:
            return str(shown["text"])
    return in_unit(defaults["unit"], value, defaults.get("decimals"))


_DRAW = {"stat": _stat, "bargauge": _bars, "timeseries": _lines, "table": draw_table, "geomap": draw_map}
