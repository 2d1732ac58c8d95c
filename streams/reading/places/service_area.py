"""A planner's service area: the ZIPs that a hospital lists as primary (PSA) and secondary (SSA). Says in which list a
place of any size lies.

Owns how a town, a county or a point lies in a list of ZIPs. Made by `reach.py`; `locality.py` asks it there. Knows no
hospital and no tier.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from streams.reading.places.names import Zip, fold
from streams.reading.places.place import Place

Part = Literal["psa", "ssa", ""]
"""The primary area, the secondary one, or neither."""

_CELLS = 4
"""Of the grid of ZIP centres, a degree. A point is looked for in its cell and the eight around, so its ZIP is found if
the centre is within 12 miles; where none is, nobody's ZIP is meant."""


_MARGIN = 1.0
"""Degrees around the listed ZIPs: no town or county is so wide that half of it is listed and its centre farther off."""


class ZipIndex:
    """The ZIPs by town, by county and by where they are. Each index is made when it is first needed, which is never in
    a directory without lists."""

    def __init__(self, zips: Mapping[str, Zip]) -> None:
        self.zips = zips
        self._towns: dict[tuple[str, str], list[Zip]] = {}
        self._counties: dict[str, list[Zip]] = {}
        self._cells: dict[tuple[int, int], list[Zip]] = {}

    def town(self, name: str, state: str) -> Sequence[Zip]:
        """The ZIPs of a town, by any spelling of its name that folds to the same."""
        if not self._towns:
            folded = {name: fold(name) for name in {one.city for one in self.zips.values()}}
            for one in self.zips.values():
                self._towns.setdefault((folded[one.city], one.state), []).append(one)
        return self._towns.get((fold(name), state), ())

    def county(self, fips: str) -> Sequence[Zip]:
        """The ZIPs of a county."""
        if not self._counties:
            for one in self.zips.values():
                self._counties.setdefault(one.county, []).append(one)
        return self._counties.get(fips, ())

    def nearest(self, latitude: float, longitude: float) -> Sequence[Zip]:
        """The ZIP whose centre is nearest to a point, degrees; none where none is near."""
        if not self._cells:
            for one in self.zips.values():
                self._cells.setdefault(_cell(one.latitude, one.longitude), []).append(one)
        row, column = _cell(latitude, longitude)
        near = [one for i in (-1, 0, 1) for j in (-1, 0, 1) for one in self._cells.get((row + i, column + j), ())]
        # Near enough for a flat map, on which a degree of longitude is the narrower the farther north.
        narrow = math.cos(math.radians(latitude)) ** 2
        return sorted(near, key=lambda one: (one.latitude - latitude) ** 2 + narrow * (one.longitude - longitude) ** 2)[
            :1
        ]


class ServiceArea:
    """One hospital's lists. A town or county is in them if half of its people live in listed ZIPs (half of its ZIPs are
    listed, where no people are counted); a point, or a town without a ZIP of its own, if the nearest ZIP is."""

    def __init__(self, psa: Iterable[str], ssa: Iterable[str], index: ZipIndex) -> None:
        """A ZIP in both lists is in the PSA."""
        secondary: dict[str, Part] = dict.fromkeys(ssa, "ssa")
        self._parts = secondary | dict.fromkeys(psa, "psa")
        self._index = index
        known = [index.zips[code] for code in self._parts if code in index.zips]
        latitudes, longitudes = [one.latitude for one in known], [one.longitude for one in known]
        self._latitudes = min(latitudes, default=90) - _MARGIN, max(latitudes, default=-90) + _MARGIN
        self._longitudes = min(longitudes, default=180) - _MARGIN, max(longitudes, default=-180) + _MARGIN
        self.closed = bool(secondary)
        """There is an SSA: the lists are the whole of the service area."""

    def part(self, place: Place) -> Part:
        """Which list a US place is in."""
        if place.zip:
            return self._parts.get(place.zip, "")
        if place.latitude is None or place.longitude is None or not self._near(place.latitude, place.longitude):
            return ""
        zips: Sequence[Zip] = ()
        if place.precision == "county":
            zips = self._index.county(place.county)
        elif place.precision == "city":
            zips = self._index.town(place.city, place.admin1)
        if not zips:
            zips = self._index.nearest(place.latitude, place.longitude)
        return self._of(zips)

    def _near(self, latitude: float, longitude: float) -> bool:
        """Whether a point is near enough for the lists to be asked: nearly none is, and asking is slow."""
        south, north = self._latitudes
        west, east = self._longitudes
        return south <= latitude <= north and west <= longitude <= east

    def _of(self, zips: Sequence[Zip]) -> Part:
        counted = any(one.population for one in zips)
        weights = [(self._parts.get(one.zip, ""), one.population if counted else 1) for one in zips]
        half = sum(weight for _, weight in weights) / 2
        primary = sum(weight for part, weight in weights if part == "psa")
        either = sum(weight for part, weight in weights if part)
        if not either:
            return ""
        return "psa" if primary >= half else "ssa" if either >= half else ""


def _cell(latitude: float, longitude: float) -> tuple[int, int]:
    return round(latitude * _CELLS), round(longitude * _CELLS)
