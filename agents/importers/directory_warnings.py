"""Warns of what is not wrong in a directory but a planner should know, each with the hospital and what to do.

Called by `earshot directory check`. Errors are owned by `streams/directory/files.py`.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping

import msgspec

from agents.importers.cms import centre
from streams.directory import Directory
from streams.indicators.time_zones import TimeZones
from streams.reading.places.names import Zip, fold

MOST_HOSPITALS = 250
"""More of them make more than 10,000 series, which Prometheus is not set up for here."""


GOVERNMENT = "owned by a government: X requires an Enterprise plan and prior notice of such users"
"""X's Developer Agreement, "Government Use"."""


class Warned(msgspec.Struct, frozen=True):
    """One warning. `hospital` is empty where it is about the whole directory."""

    hospital: str
    what: str


def warnings(directory: Directory, zips: Mapping[str, Zip]) -> Iterator[Warned]:
    """Everything worth a look, hospital by hospital."""
    if len(directory.hospitals) > MOST_HOSPITALS:
        yield Warned(
            "", f"{len(directory.hospitals)} hospitals: keep to {MOST_HOSPITALS}, or Prometheus' series explode"
        )
    zones = TimeZones.load()
    towns: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for one in directory.hospitals:
        towns[fold(one.name), fold(one.city), one.state].append(one.id)
        if not one.accounts.every:
            yield Warned(one.id, "no handle: nothing is heard of it; import handles")
            if one.goals:
                yield Warned(one.id, "goals without a handle: they cannot be measured")
        bluesky = one.accounts["bluesky"]
        if bluesky and not any(handle.handle.startswith("did:") for handle in bluesky):
            yield Warned(one.id, "on Bluesky without a did: its own posts and answers to them are not known as such")
        code = zips.get(one.zip)
        if (code is None or not code.hsa) and one.zip not in directory.crosswalk:
            yield Warned(one.id, f"ZIP {one.zip} is in no service area: tiers go by fixed distances")
        if zones.of(one.zip) is None:
            yield Warned(one.id, f"ZIP {one.zip} has no time zone: no answer times in business hours")
        if (f"{one.latitude:.3f}", f"{one.longitude:.3f}") == centre(one.zip, zips):
            yield Warned(one.id, "stands at its ZIP code's centre, having no place of its own: import HIFLD's")
        if one.government:
            yield Warned(one.id, GOVERNMENT)
    for ids in towns.values():
        if len(ids) > 1:
            yield Warned(ids[0], f"has the name and town of {', '.join(ids[1:])}")
