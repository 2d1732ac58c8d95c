"""How near an author is to one hospital: the tier of a (place, hospital) pair, and the rule that gave it.

Called by `streams/reading/reader.py`, once for each pair, and by `earshot locate`. `RULES` lists the rules in order;
the first that fires decides. What differs between hospitals (markets, radii, lists) is in `Reach`; docs/locality.md
has the figures of each shipped hospital. Knows no post.

What always holds:

* Nothing coarser than a county is `local`, nor is a county too wide to tell anything.
* A state line excludes nobody. Outside the US nothing is `local`; a place within the regional radius is `regional`,
  because a border changes no distance but ends a service area.
* Adding PSA ZIPs can only raise a tier: the list shows where most patients live and excludes nobody.
* With an SSA, both lists together are the whole service area: HSA, local radius and county no longer apply.
* Of two places that differ in their point alone, the nearer never has the farther tier, unless a list decides.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

import msgspec

from streams.directory import Hospital
from streams.reading.places.place import TERRITORIES, Abstention, Place, km
from streams.reading.places.reach import Reach, Reaches
from streams.vocabulary import Evidence, Precision, Tier

COUNTRY = "US"
"""Of every hospital in the directory, with its territories: each of these counts as a state."""
REMEMBERED = 65_536
"""Decisions remembered, of all hospitals together: some 20 MB. When full, the memory is emptied."""

Rule = Literal[
    "no_place", "psa", "ssa", "hsa", "radius", "county", "hrr", "region_radius", "state", "own_country", "nowhere",
    "country", "abroad",
]  # fmt: skip


class Meaning(msgspec.Struct, frozen=True):
    """What a rule gives, and when."""

    tier: Tier
    words: str


RULES: Mapping[Rule, Meaning] = MappingProxyType(
    {
        "no_place": Meaning("unknown", "the author names no place, or none that is certain enough"),
        "psa": Meaning("local", "the place is in the hospital's own list of primary ZIPs (PSA)"),
        "ssa": Meaning("local", "the place is in the hospital's own list of secondary ZIPs (SSA)"),
        "hsa": Meaning("local", "the place is in the hospital's Dartmouth service area (HSA); not with an SSA"),
        "radius": Meaning("local", "the place is within the local radius; not with an SSA, never a county"),
        "county": Meaning("local", "the place is in the hospital's county, 60 miles across at most; not with an SSA"),
        "hrr": Meaning("regional", "the place is in the hospital's Dartmouth referral region (HRR)"),
        "region_radius": Meaning("regional", "the place is within the regional radius, on whichever side of a border"),
        "state": Meaning("regional", "only a state or territory is known, and the referral region has a ZIP in it"),
        "own_country": Meaning("unknown", "only the country is known, the hospital's own: that says nothing"),
        "nowhere": Meaning("unknown", "a point that is far from the hospital and from every town"),
        "country": Meaning("national", "elsewhere in the hospital's country"),
        "abroad": Meaning("international", "another country"),
    }
)
"""In the order in which they are tried."""


class Locality(msgspec.Struct, frozen=True):
    """The tier and what it rests on."""

    tier: Tier
    precision: Precision
    evidence: Evidence
    confidence: int
    """Per cent, of the tier: the place's own, times how often the rule holds at that precision. 0 for `unknown`."""
    distance_km: int
    """From place to hospital, rounded; -1 if the place has no point."""
    rule: Rule


HOLDS: Mapping[tuple[Rule, Precision], int] = MappingProxyType(
    {
        ("psa", "city"): 95, ("psa", "county"): 95, ("ssa", "city"): 95, ("ssa", "county"): 95,
        ("hsa", "city"): 95, ("hsa", "county"): 95, ("radius", "city"): 89, ("county", "city"): 98,
        ("hrr", "city"): 97, ("hrr", "county"): 67, ("region_radius", "city"): 96, ("region_radius", "county"): 79,
        ("state", "admin1"): 20,
    }
)  # fmt: skip
"""Per cent of the people of such a place whose ZIP gets the same tier; 100 for pairs not listed. As measured over the
shipped hospitals (docs/locality.md), but 95 at most for a town's HSA, which is right that often, and for the lists,
which decide in the same way. A state says little: a region is much smaller."""

_COARSE = ("admin1", "country")
_UNKNOWN = Locality("unknown", "none", "none", 0, -1, "no_place")


class Localities:
    """Decides localities and remembers each decision."""

    def __init__(self, reaches: Reaches) -> None:
        self._reaches = reaches
        self._known: dict[str, dict[Place | Abstention, Locality]] = {}
        self.remembered = 0
        """Decisions in memory."""

    def locality(self, place: Place | Abstention, hospital: Hospital) -> Locality:
        """How near `place` is to `hospital`. A hospital id must mean the same hospital for the life of this object."""
        known = self._known.get(hospital.id)
        if known is None:
            known = self._known[hospital.id] = {}
        found = known.get(place)
        if found is None:
            if self.remembered >= REMEMBERED:
                self._known.clear()
                self.remembered = 0
                known = self._known[hospital.id] = {}
            self.remembered += 1
            found = known[place] = decide(place, hospital, self._reaches.of(hospital))
        return found


def decide(place: Place | Abstention, hospital: Hospital, reach: Reach) -> Locality:
    """Apply the rules, without memory."""
    if isinstance(place, Abstention):
        return _UNKNOWN
    distance = -1.0
    if place.latitude is not None and place.longitude is not None:
        distance = km(place.latitude, place.longitude, hospital.latitude, hospital.longitude)
    rule = _rule(place, reach, distance)
    tier = RULES[rule].tier
    confidence = 0 if tier == "unknown" else place.confidence * HOLDS.get((rule, place.precision), 100) // 100
    return Locality(tier, place.precision, place.evidence, confidence, round(distance), rule)


def _rule(place: Place, reach: Reach, distance: float) -> Rule:
    territory = place.country in TERRITORIES
    home = territory or place.country == COUNTRY
    if place.precision == "country" and home and not territory:
        return "own_country"
    if place.precision in _COARSE and home and (place.country if territory else place.admin1) in reach.states:
        return "state"
    if place.precision not in _COARSE:
        # No country: a point far from every town.
        if (home or not place.country) and (local := _local(place, reach, distance)):
            return local
        if place.hrr and place.hrr == reach.hrr:
            return "hrr"
        if 0 <= distance <= reach.regional_km:
            return "region_radius"
    return "country" if home else "abroad" if place.country else "nowhere"


def _local(place: Place, reach: Reach, distance: float) -> Rule | None:
    """The rule by which a place, no coarser than a county, is local; None if it is not."""
    county = place.precision == "county"
    if county and place.county in reach.wide_counties:
        return None
    if reach.lists:
        if part := reach.lists.part(place):
            return part
        if reach.lists.closed:
            return None
    if place.hsa and place.hsa == reach.hsa:
        return "hsa"
    if not county and 0 <= distance <= reach.local_km:
        return "radius"
    return "county" if place.county and place.county == reach.county else None
