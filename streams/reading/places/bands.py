"""Finds the nearest of many points without measuring all of them.

Called by `names.py`. Knows points alone. The points lie in bands of latitude, each sorted by longitude. A search begins
in the point's own band, walks east and west no farther than the best distance found so far, then does the same in the
bands above and below.
"""

import math
from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from streams.reading.places.place import km

_HIGH = 0.1
"""Height of a band, degrees. Even where towns are densest, a band has few points nearby, and 50 km are few bands."""
_KM_A_DEGREE = 111.2
_SLACK = 1.01
"""The search measures on a plane. Over 50 km that ranks points as the sphere does, but distances are wrong by up to
this factor."""
_NARROWEST = 0.02
"""Least length of a degree of longitude in degrees of latitude: within 1 degree of a pole the search is not exact."""
_SEAM = 25.0
"""Degrees on either side of the date line. Points there are in their band twice, once for each side."""


class _Band(NamedTuple):
    longitudes: "array[float]"
    latitudes: "array[float]"
    numbers: "array[int]"


class Bands:
    """An index of points that finds the nearest in 5-15 us."""

    def __init__(self, points: Iterable[tuple[float, float]]) -> None:
        """(latitude, longitude) in degrees, numbered from 0 in their order."""
        rows: dict[int, list[tuple[float, float, int]]] = defaultdict(list)
        for number, (latitude, longitude) in enumerate(points):
            row = rows[math.floor(latitude / _HIGH)]
            row.append((longitude, latitude, number))
            if abs(longitude) > 180 - _SEAM:
                row.append((longitude - math.copysign(360, longitude), latitude, number))
        self._bands: dict[int, _Band] = {}
        for high, row in rows.items():
            longitudes, latitudes, numbers = zip(*sorted(row), strict=True)
            self._bands[high] = _Band(array("d", longitudes), array("d", latitudes), array("i", numbers))

    def nearest(self, latitude: float, longitude: float, within_km: float) -> tuple[int, float] | None:
        """The number of the nearest point and its distance in kilometres; None if none is within `within_km`."""
        narrow = max(_NARROWEST, math.cos(math.radians(latitude)))
        reach = within_km / _KM_A_DEGREE * _SLACK
        best, where, least = -1, (0.0, 0.0), reach**2
        own = math.floor(latitude / _HIGH)
        for step in range(math.ceil(reach / _HIGH) + 1):
            for high in (own,) if step == 0 else (own + step, own - step):
                band = self._bands.get(high)
                gap = max(0.0, high * _HIGH - latitude, latitude - (high + 1) * _HIGH)
                if band is None or gap * gap > least:
                    continue
                longitudes, latitudes, numbers = band
                start = bisect_left(longitudes, longitude)
                for way in (range(start, len(longitudes)), range(start - 1, -1, -1)):
                    for at in way:
                        aside = ((longitudes[at] - longitude) * narrow) ** 2
                        if aside > least:
                            break
                        apart = aside + (latitudes[at] - latitude) ** 2
                        if apart < least:
                            best, where, least = numbers[at], (latitudes[at], longitudes[at]), apart
        if best < 0:
            return None
        distance = km(latitude, longitude, *where)
        return (best, distance) if distance <= within_km else None
