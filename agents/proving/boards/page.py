"""A picture of a dashboard before anything is on it: its ground, its text, and how numbers and colours look.

Called by `drawing.py` and `drawn_tables.py`. Places are inches from the top left. Knows no panel.
"""

import textwrap
from collections.abc import Iterable
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from deploy.grafana.panels import COLUMNS

PAGE, FRAME, INK, FAINT = "#111217", "#1f2228", "#d8d9da", "#8e8e8e"
"""Grafana's dark theme, roughly."""
NAMED = {"green": "#73bf69", "red": "#f2495c", "blue": "#5794f2", "orange": "#ff9830", "purple": "#b877d9"}
CYCLE = ("#7eb26d", "#eab839", "#6ed0e0", "#ef843c", "#e24d42", "#5195ce", "#ba43a9", "#9179c9", "#a7c796", "#cca300")
DPI = 80
ROW = 38 / DPI
"""Inches of one grid row: Grafana's 30 pixels and the gap of 8."""
HEADER = 2
"""Grid rows above the first, for the title."""


class Page:
    """The figure, placed in inches from the top left."""

    def __init__(self, rows: int, pixels: int) -> None:
        self.width, self.height = pixels / DPI, (rows + HEADER) * ROW
        self.column = self.width / COLUMNS
        self.figure = Figure(figsize=(self.width, self.height), facecolor=PAGE)

    def axes(self, x: float, y: float, width: float, height: float) -> Axes:
        """Axes at a place."""
        w, h = self.width, self.height
        axes = self.figure.add_axes((x / w, 1 - (y + height) / h, width / w, height / h), facecolor="none")
        axes.tick_params(colors=FAINT, labelsize=8, length=0, pad=5)
        for spine in axes.spines.values():
            spine.set_visible(False)
        return axes

    def text(self, x: float, y: float, words: str, size: float, colour: str = INK, **more: Any) -> None:
        """Words, their top left at a place."""
        self.figure.text(
            x / self.width, 1 - y / self.height, words, size=size, color=colour, **{"va": "top", "ha": "left"} | more
        )

    def frame(self, x: float, y: float, width: float, height: float) -> None:
        """A panel's ground."""
        corner = (x / self.width, 1 - (y + height) / self.height)
        self.figure.add_artist(
            Rectangle(corner, width / self.width, height / self.height, facecolor=FRAME, zorder=-1, linewidth=0)
        )


def reached(steps: Iterable[dict[str, Any]], value: float) -> str:
    """Colour of the last threshold that a value reaches."""
    colour = "green"
    for step in steps:
        if step["value"] is None or value >= step["value"]:
            colour = step["color"]
    return NAMED.get(colour, colour)


def in_unit(unit: str, value: float, decimals: int | None = None) -> str:
    """A number as Grafana writes it in a unit, roughly."""
    if unit == "percentunit":
        return f"{100 * value:.3g} %" if decimals is None else f"{100 * value:.{decimals}f} %"
    if unit == "currencyUSD":
        return f"${value:,.2f}"
    if unit == "bytes":
        return f"{value / 2**20:,.0f} MiB"
    if unit == "s" and value >= 90:
        size, name = next((size, name) for size, name in ((86_400, "d"), (3_600, "h"), (60, "min")) if value >= size)
        return f"{value / size:.3g} {name}"
    if decimals is not None:
        plain = f"{value:,.{decimals}f}"
    else:
        plain = f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"
    suffix: str = " s" if unit == "s" else unit.partition(":")[2]
    return plain + suffix


def shortened(words: str, inches: float) -> str:
    """As much of some words as fits."""
    return textwrap.shorten(words, max(8, int(inches / 0.075)), placeholder="…")
