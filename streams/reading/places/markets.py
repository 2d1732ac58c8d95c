"""The markets of US health care: hospital service areas (HSA) and referral regions (HRR) of the Dartmouth Atlas, each
with where its people live.

Built from the gazetteer's ZIP codes. Called by `streams/reading/reader.py`, `reach.py`, `earshot locate` and the
calibration page (`deploy/calibration/page.py`). Knows no hospital. The crosswalk has no names for markets, so each is
named after the town where most of its people live.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal

import msgspec

from streams.reading.places.names import Zip, load


class Market(msgspec.Struct, frozen=True):
    """One HSA or HRR."""

    id: str
    name: str
    """`Fargo, ND`."""
    population: int
    residents: tuple[tuple[float, float, int], ...]
    """(latitude, longitude, people) of each of its ZIP codes that has any."""

    @property
    def centre(self) -> tuple[float, float]:
        """Latitude and longitude of the middle of its people. No region reaches over the date line."""
        latitude, longitude = (sum(one[axis] * one[2] for one in self.residents) / self.population for axis in (0, 1))
        return latitude, longitude


class Markets:
    """All markets, each computed at its first use."""

    def __init__(self, zips: Iterable[Zip]) -> None:
        self._zips: dict[Literal["hsa", "hrr"], dict[str, list[Zip]]] = {
            "hsa": defaultdict(list),
            "hrr": defaultdict(list),
        }
        for one in zips:
            if one.hsa:
                self._zips["hsa"][one.hsa].append(one)
            if one.hrr:
                self._zips["hrr"][one.hrr].append(one)
        self._known: dict[tuple[str, str], Market] = {}

    def hsa(self, id: str) -> Market | None:
        """The service area of that number."""
        return self._market("hsa", id)

    def hrr(self, id: str) -> Market | None:
        """The referral region of that number."""
        return self._market("hrr", id)

    def every_hrr(self) -> tuple[Market, ...]:
        """All referral regions, by name."""
        found = (self.hrr(id) for id in self._zips["hrr"])
        return tuple(sorted((one for one in found if one is not None), key=lambda one: one.name))

    def states_of_hrr(self, id: str) -> frozenset[str]:
        """Postal codes of the states that a referral region reaches into; none for one that is not known."""
        return frozenset(one.state for one in self._zips["hrr"].get(id, ()))

    def _market(self, kind: Literal["hsa", "hrr"], id: str) -> Market | None:
        zips = self._zips[kind].get(id)
        if zips is None:
            return None
        found = self._known.get((kind, id))
        if found is None:
            found = self._known[kind, id] = _made(id, zips)
        return found


def _made(id: str, zips: list[Zip]) -> Market:
    towns: Counter[tuple[str, str]] = Counter()
    for one in zips:
        towns[one.city, one.state] += one.population
    city, state = min(towns, key=lambda town: (-towns[town], town))
    residents = tuple((one.latitude, one.longitude, one.population) for one in zips if one.population)
    return Market(id, f"{city}, {state}", sum(people for _, _, people in residents), residents)


@lru_cache(maxsize=1)
def shipped() -> Markets:
    """The markets of the gazetteer that ships with Earshot."""
    return Markets(load().zips.values())
