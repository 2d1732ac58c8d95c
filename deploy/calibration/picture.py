"""A hospital's map: every inhabited ZIP around it, by tier.

Called by `build`. Tiers differ by shape as well as by colour. Knows no rule: it asks `locality`.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Ellipse

from deploy.calibration.places import of_zip
from streams.directory import Hospital
from streams.reading.places.locality import COUNTRY, decide
from streams.reading.places.names import City, PlaceNames
from streams.reading.places.reach import KM_PER_MILE, Reach
from streams.vocabulary import Tier

KM_PER_DEGREE = 111.2
MARGIN = 1.35
"""How far the map goes, in regional radii."""
TOWNS = 8
"""Named at most, the largest that leave each other room."""
INCHES, DPI = 7.0, 100
MARKS: Mapping[Tier, Mapping[str, Any]] = {
    "national": {"marker": "x", "color": "#9a9a9a", "s": 9, "linewidths": 0.7},
    "regional": {"marker": "^", "edgecolors": "#b35806", "facecolors": "none", "s": 20, "linewidths": 0.8},
    "local": {"marker": "o", "color": "#2166ac", "s": 22, "linewidths": 0},
}
"""In the order of drawing. Blue and orange are told apart by nearly everybody, the shapes by all."""


def draw(hospital: Hospital, reach: Reach, names: PlaceNames, path: Path) -> None:
    """Write the map as a PNG."""
    high = MARGIN * reach.regional_km / KM_PER_DEGREE
    wide = high / math.cos(math.radians(hospital.latitude))
    figure = Figure(figsize=(INCHES, INCHES + 0.5), dpi=DPI, layout="constrained")
    axes = figure.add_subplot()
    axes.set_xlim(hospital.longitude - wide, hospital.longitude + wide)
    axes.set_ylim(hospital.latitude - high, hospital.latitude + high)
    axes.set_aspect(wide / high)
    axes.tick_params(labelsize=7, colors="#666666")
    axes.set_xlabel("degrees east", fontsize=7, color="#666666")
    axes.set_ylabel("degrees north", fontsize=7, color="#666666")
    axes.set_title(hospital.name, fontsize=11)
    _zips(axes, hospital, reach, names)
    rings = []
    circles: tuple[tuple[str, float, Literal["-", "--"]], ...] = (
        ("local", reach.local_km, "-"),
        ("regional", reach.regional_km, "--"),
    )
    for what, radius, line in circles:
        across = 2 * radius / KM_PER_DEGREE
        centre = (hospital.longitude, hospital.latitude)
        axes.add_patch(Ellipse(centre, across * wide / high, across, fill=False, linestyle=line))
        label = f"{what} radius, {radius / KM_PER_MILE:.0f} miles"
        rings.append(Line2D([], [], color="black", linewidth=1, linestyle=line, label=label))
    axes.scatter(
        hospital.longitude, hospital.latitude, marker="*", s=200, color="white", edgecolors="black", zorder=7
    )  # fmt: skip
    for city in _towns(names.cities, hospital, wide, high):
        at = (city.longitude, city.latitude)
        if abs(at[0] - hospital.longitude) < wide / 4 and abs(at[1] - hospital.latitude) < high / 10:
            at = (hospital.longitude, hospital.latitude)  # its name clear of the star
        axes.annotate(
            f"{city.name}, {city.admin1}", at, (0, 12), textcoords="offset points", fontsize=8, ha="center", zorder=6,
            bbox={"facecolor": "white", "alpha": 0.75, "linewidth": 0, "pad": 1},
        )  # fmt: skip
    shown, _ = axes.get_legend_handles_labels()
    figure.legend(handles=[*reversed(shown), *rings], loc="outside lower center", ncols=5, fontsize=8, frameon=False)
    figure.savefig(path, pil_kwargs={"optimize": True}, metadata={"Software": None})


def _zips(axes: Axes, hospital: Hospital, reach: Reach, names: PlaceNames) -> None:
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    points: dict[Tier, list[tuple[float, float]]] = {tier: [] for tier in MARKS}
    for one in names.zips.values():
        if one.population and west < one.longitude < east and south < one.latitude < north:
            points[decide(of_zip(one), hospital, reach).tier].append((one.longitude, one.latitude))
    for tier, mark in MARKS.items():
        if points[tier]:
            axes.scatter(*zip(*points[tier], strict=True), label=tier, **mark)


def _towns(cities: Iterable[City], hospital: Hospital, wide: float, high: float) -> Iterator[City]:
    """The largest towns on the map, each a tenth of its height or a quarter of its width from the others."""
    named: list[City] = []
    for city in sorted(cities, key=lambda one: -one.population):
        east, north = (city.longitude - hospital.longitude) / wide, (city.latitude - hospital.latitude) / high
        if len(named) == TOWNS or city.country != COUNTRY or abs(east) > 0.85 or abs(north) > 0.93:
            continue
        if all(
            abs(city.longitude - one.longitude) > wide / 2 or abs(city.latitude - one.latitude) > high / 5
            for one in named
        ):
            named.append(city)
            yield city
