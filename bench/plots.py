"""Pictures of what `--case growth`, `latency` and `gap` found: `python -m bench.plots FILE` with their JSON lines.

Writes SVG files beside this module and prints the same as tables, for `bench/RESULTS.md`. Measures nothing.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click
import matplotlib as mpl
import msgspec
from matplotlib.figure import Figure

HERE = Path(__file__).parent
Point = Mapping[str, Any]


class Plot(NamedTuple):
    """A picture: panels side by side, over one figure of the points."""

    name: str
    over: str
    panels: Mapping[str, tuple[str, ...]]
    """Label with its unit -> the figures drawn in it."""


PLOTS = (
    Plot(
        "growth-workers", "workers",
        {
            "posts/s": ("posts_per_s",),
            "CPU us a post": ("cpu_us_per_post", "broker_us_per_post"),
            "times one worker": ("of_one", "of_one_a_core_each"),
        },
    ),
    Plot(
        "growth-hospitals", "hospitals",
        {"posts/s": ("posts_per_s",), "CPU us a post": ("cpu_us_per_post", "broker_us_per_post")},
    ),
    Plot(
        "growth-pace", "posts_per_s",
        {"CPU us a post": ("cpu_us_per_post", "broker_us_per_post"), "lag, records": ("most_lag", "lag_at_end")},
    ),
    Plot("latency", "posts_per_s", {"ms, accepted until visible": ("p50_ms", "p99_ms", "p99.9_ms")}),
)  # fmt: skip
TOLD = (
    "gap_s", "nothing_visible_s", "caught_up_s", "outside_p50_ms", "outside_p99_ms", "outside_p99.9_ms",
    "inside_max_ms",
)  # fmt: skip


@click.command()
@click.argument("file", type=click.File("rb"))
@click.option("--folder", default=str(HERE), type=click.Path(file_okay=False), help="Of the pictures.")
def main(file: Any, folder: str) -> None:
    """Draw the points of FILE and print them as tables."""
    points = [msgspec.json.decode(line) for line in file if line.startswith(b"{")]
    mpl.rcParams["svg.hashsalt"] = "earshot"  # the same points, the same file
    for plot in PLOTS:
        if chosen := [one for one in points if _name(one) == plot.name]:
            draw(plot, chosen, Path(folder, f"{plot.name}.svg"))
            click.echo(f"\n![{plot.name}]({plot.name}.svg)\n")
            click.echo(table(plot.over, [name for names in plot.panels.values() for name in names], chosen))
    if gaps := [one for one in points if _name(one) == "gap"]:
        click.echo("\n" + table("event", TOLD, gaps))


def _name(point: Point) -> str:
    return f"{point['case']}-{point['of']}" if "of" in point else str(point["case"])


def draw(plot: Plot, points: Sequence[Point], file: Path) -> None:
    """Write one picture. The axis below is logarithmic, as is one whose values span more than a hundredfold."""
    figure = Figure(figsize=(4.2 * len(plot.panels), 3.2), layout="constrained")
    for number, (label, names) in enumerate(plot.panels.items()):
        axes = figure.add_subplot(1, len(plot.panels), number + 1)
        drawn: list[float] = []
        for name in names:
            known = [(one[plot.over], one[name]) for one in points if one.get(name) is not None]
            axes.plot([x for x, _ in known], [y for _, y in known], marker="o", label=name.replace("_", " "))
            drawn += [y for _, y in known]
        at = sorted({one[plot.over] for one in points})
        axes.set_xscale("log")
        axes.set_xticks(at, [f"{x:,}" for x in at])
        axes.minorticks_off()
        axes.set_xlabel(plot.over.replace("_per_s", "/s"))
        axes.set_ylabel(label)
        top = max(drawn, default=1)
        if top > 100 * max(min(drawn, default=1), 1):
            axes.set_yscale("log" if min(drawn) > 0 else "symlog")
            axes.set_ylim(min(drawn) / 2, top * 2)
        else:
            axes.set_ylim(0, top * 1.1)
        axes.grid(visible=True, alpha=0.3)
        if len(names) > 1:
            axes.legend(fontsize=8)
    figure.savefig(file, metadata={"Date": None})


def table(over: str, names: Sequence[str], points: Sequence[Point]) -> str:
    """The same in Markdown; `-` where there is no figure."""
    rows = [[over, *names], ["---"] * (len(names) + 1)]
    rows += [[_written(one.get(name)) for name in (over, *names)] for one in points]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _written(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int | float) else str(value)


if __name__ == "__main__":
    main()
