"""A planner's service area: the ZIPs that a hospital lists as primary (PSA) and secondary (SSA). Says which list a
place of any size lies in.

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
"""Cells of the grid of ZIP centres to a degree. A search looks into a point's cell and the eight around it, so it finds
a ZIP whose centre is within 12 miles; without one, the point is in no ZIP."""


_MARGIN = 1.0
"""Degrees around the listed ZIPs. No town or county is so wide that half of it is listed while its centre lies
outside."""


class ZipIndex:
    """The ZIPs by town, by county and by position. Each index is made at its first use, which never comes in a
    directory without lists."""

    def __init__(self, zips: Mapping[str, Zip]) -> None:
        self.zips = zips
        self._towns: dict[tuple[str, str], list[Zip]] = {}
        self._counties: dict[str, list[Zip]] = {}
        self._cells: dict[tuple[int, int], list[Zip]] = {}

    def town(self, name: str, state: str) -> Sequence[Zip]:
        """The ZIPs of a town, by any spelling of its name that `fold` makes equal."""
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
        """The ZIP whose centre is nearest to a point (degrees); empty if none is near."""
        if not self._cells:
            for one in self.zips.values():
                self._cells.setdefault(_cell(one.latitude, one.longitude), []).append(one)
        row, column = _cell(latitude, longitude)
        near = [one for i in (-1, 0, 1) for j in (-1, 0, 1) for one in self._cells.get((row + i, column + j), ())]
        # Near enough to measure on a flat map, where a degree of longitude narrows towards the north.
        narrow = math.cos(math.radians(latitude)) ** 2
        return sorted(near, key=lambda one: (one.latitude - latitude) ** 2 + narrow * (one.longitude - longitude) ** 2)[
            :1
        ]


class ServiceArea:
    """One hospital's lists. A town or county is in a list if half of its people live in listed ZIPs, or, where nobody
    counted people, if half of its ZIPs are listed. A point, or a town without a ZIP, is if its nearest ZIP is."""

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
        """Whether there is an SSA: then the lists are the whole service area."""

    def part(self, place: Place) -> Part:
        """The list that a US place is in."""
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
        """Whether a point is near enough to look into the lists: nearly none is, and looking is slow."""
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
