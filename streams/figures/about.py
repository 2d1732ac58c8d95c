"""What the figures need to know of a hospital beside its tables, and the names of what is counted.

Made when a directory is loaded, again after an edit, by `agents/worker/knowledge.py`. Knows no table.
"""

from collections.abc import Callable, Iterable, Mapping

import msgspec

from streams.directory.hospital import Goal, Hospital, Kind


class About(msgspec.Struct, frozen=True, kw_only=True):
    """One hospital."""

    id: str
    name: str
    city: str
    state: str
    kind: Kind
    goals: tuple[tuple[Goal, float], ...] = ()
    residents: int = 0
    """Of its service area (HSA); 0: not known."""
    hrr: str = ""
    """Its referral region; empty where its ZIP code is in none."""
    hrr_name: str = ""
    region: tuple[str, ...] = ()
    """Ids of the directory's hospitals in that region, itself included; none without a region."""
    time_zone: str | None = None
    """IANA name; None where its ZIP code has none."""
    business_hours: str = ""
    """As written, `Mon-Fri 8-17`."""


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """What is counted, by name."""

    topics: tuple[str, ...]
    """Operational and safety ones, which may stand beside a post."""
    service_lines: tuple[str, ...]
    """Topics that are only counted."""
    communities: tuple[str, ...]
    health_communities: tuple[str, ...]
    """Of a disease: only counted."""


def abouts(
    hospitals: Iterable[Hospital],
    residents: Mapping[str, int],
    region_of: Callable[[Hospital], tuple[str, str]],
    zone_of: Callable[[Hospital], str | None],
    hours_of: Callable[[Hospital], str],
) -> dict[str, About]:
    """Every hospital by its id. `region_of`: number and name of its referral region, empty where it has none."""
    regions: dict[str, list[str]] = {}
    every = [(one, *region_of(one)) for one in hospitals]
    for one, hrr, _ in every:
        regions.setdefault(hrr, []).append(one.id)
    return {
        one.id: About(
            id=one.id,
            name=one.name,
            city=one.city,
            state=one.state,
            kind=one.kind,
            goals=one.goals,
            residents=residents.get(one.id, 0),
            hrr=hrr,
            hrr_name=name,
            region=tuple(regions[hrr]) if hrr else (),
            time_zone=zone_of(one),
            business_hours=hours_of(one),
        )
        for one, hrr, name in every
    }
