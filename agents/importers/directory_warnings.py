"""Warns of what is not wrong in a directory but a planner should know, each with the hospital and what to do.

Called by `earshot directory check`. Errors are owned by `streams/directory/files.py`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

import msgspec

from agents.importers.cms import centre
from streams.directory import Directory, Hospital
from streams.indicators.time_zones import TimeZones
from streams.reading.places.names import Zip, fold
from streams.settings import variable

EXAMPLES = 3
"""Hospitals named of each sort of warning."""
Sort = Literal[
    "hidden", "no_handle", "goals", "no_did", "no_service_area", "no_time_zone", "no_place", "government", "same_name"
]
GOVERNMENT = "owned by a government: X requires an Enterprise plan and prior notice of such users"
"""X's Developer Agreement, "Government Use"."""

SORTS: Mapping[Sort, str] = {
    "hidden": "the whole directory",
    "no_handle": "no handle: nothing is heard of it; import handles",
    "goals": "goals without a handle: they cannot be measured",
    "no_did": "on Bluesky without a did: its own posts and answers to them are not known as such",
    "no_service_area": "its ZIP code is in no service area: tiers go by fixed distances",
    "no_time_zone": "its ZIP code has no time zone: no answer times in business hours",
    "no_place": "stands at its ZIP code's centre, having no place of its own: import HIFLD's",
    "government": GOVERNMENT,
    "same_name": "has the name and town of another one",
}
"""Sort of a warning -> what all of its warnings say."""


class Warned(msgspec.Struct, frozen=True):
    """One warning. `hospital` is empty where it is about the whole directory."""

    sort: Sort
    hospital: str
    what: str


def warnings(directory: Directory, zips: Mapping[str, Zip], most_shown: int) -> Iterator[Warned]:
    """Everything worth a look, hospital by hospital. `most_shown`: hospitals that get series on /metrics."""
    hidden = len(directory.hospitals) - len(directory.shown(most_shown))
    if hidden:
        heard = sum(bool(one.accounts.every) for one in directory.hospitals)
        limit = variable("metrics_hospitals")
        yield Warned(
            "hidden",
            "",
            f"{len(directory.hospitals)} hospitals, {heard} with a handle: /metrics and the boards show {most_shown} "
            f"({limit}), those with a handle first; the other {hidden} are counted, and the API has them",
        )
    zones = TimeZones.load()
    towns: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for one in directory.hospitals:
        towns[fold(one.name), fold(one.city), one.state].append(one.id)
        yield from (Warned(sort, one.id, what) for sort, what in _of(one, directory, zips, zones))
    for ids in towns.values():
        if len(ids) > 1:
            yield Warned("same_name", ids[0], f"has the name and town of {', '.join(ids[1:])}")


def _of(one: Hospital, directory: Directory, zips: Mapping[str, Zip], zones: TimeZones) -> Iterator[tuple[Sort, str]]:
    """(sort, what) of one hospital's warnings."""
    if not one.accounts.every:
        yield "no_handle", SORTS["no_handle"]
        if one.goals:
            yield "goals", SORTS["goals"]
    bluesky = one.accounts["bluesky"]
    if bluesky and not any(handle.handle.startswith("did:") for handle in bluesky):
        yield "no_did", SORTS["no_did"]
    code = zips.get(one.zip)
    if (code is None or not code.hsa) and one.zip not in directory.crosswalk:
        yield "no_service_area", f"ZIP {one.zip} is in no service area: tiers go by fixed distances"
    if zones.of(one.zip) is None:
        yield "no_time_zone", f"ZIP {one.zip} has no time zone: no answer times in business hours"
    if (f"{one.latitude:.3f}", f"{one.longitude:.3f}") == centre(one.zip, zips):
        yield "no_place", SORTS["no_place"]
    if one.government:
        yield "government", GOVERNMENT


class Group(msgspec.Struct, frozen=True):
    """All warnings of one sort."""

    sort: Sort
    count: int
    what: str
    examples: tuple[str, ...]
    """Ids of the first hospitals."""


def groups(warned: Iterable[Warned]) -> list[Group]:
    """The warnings by sort, in the order of `SORTS`."""
    by_sort: dict[Sort, list[str]] = defaultdict(list)
    for one in warned:
        by_sort[one.sort].append(one.hospital)
    return [
        Group(sort, len(ids), what, tuple(filter(None, ids[:EXAMPLES])))
        for sort, what in SORTS.items()
        if (ids := by_sort.get(sort))
    ]
