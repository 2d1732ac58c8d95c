"""How near an author is to one hospital: the tier of a (place, hospital) pair.

Called by the reader, once for each pair. The first rule that fires decides:

1. no place: `unknown`.
2. a point (coordinates, ZIP, city): the hospital's own town, or within `R_LOCAL_KM`: `local`; within `R_REGIONAL_KM`:
   `regional`.
3. a state only: the hospital's own: `regional`.
4. a country only, the hospital's own: `unknown`, since it says nothing.
5. the same country: `national`; another: `international`; none known: `unknown`.

So a state never makes anyone local, nor does a state line keep anyone from it, and nothing coarser than a town gives
`local`. With everything else equal, a nearer place is never given a farther tier. Service areas and referral regions
(HSA, HRR), which set both radii hospital by hospital, are not known here yet; knows no post either.
"""

import msgspec

from streams.directory import Hospital
from streams.reading.places.names import fold
from streams.reading.places.place import Abstention, Place, km
from streams.vocabulary import Evidence, Precision, Tier

R_LOCAL_KM = 40.2
"""25 miles. Beyond, under 7 % of the people live in the hospital's own service area; the 90th percentile of residents'
distances is 13 miles for the median US hospital and 29 for one in ten (ZIP populations against Dartmouth service
areas)."""
R_REGIONAL_KM = 160.9
"""100 miles. The 90th percentile of residents' distances in a referral region is 64 miles for the median hospital, 101
for one in four."""
COUNTRY = "US"
"""Of every hospital in the directory."""
REMEMBERED = 65_536
"""Places remembered for each hospital; then its memory starts anew."""
_STATE_ONLY = 60
"""Per cent, at most, of `regional` by state alone: large states reach far beyond any region."""


class Locality(msgspec.Struct, frozen=True):
    """The tier and what it rests on."""

    tier: Tier
    precision: Precision
    evidence: Evidence
    confidence: int
    """Per cent, of the tier; 0 for `unknown`."""
    distance_km: int
    """Place to hospital, rounded; -1 when the place has no point."""


class Localities:
    """Decides, and remembers each decision."""

    def __init__(self) -> None:
        self._known: dict[str, dict[Place | Abstention, Locality]] = {}

    def locality(self, place: Place | Abstention, hospital: Hospital) -> Locality:
        """How near `place` is to `hospital`. A hospital id must mean the same hospital for the life of this object."""
        known = self._known.get(hospital.id)
        if known is None:
            known = self._known[hospital.id] = {}
        found = known.get(place)
        if found is None:
            if len(known) >= REMEMBERED:
                known.clear()
            found = known[place] = decide(place, hospital)
        return found


def decide(place: Place | Abstention, hospital: Hospital) -> Locality:
    """The rules, without memory."""
    if isinstance(place, Abstention):
        return Locality("unknown", "none", "none", 0, -1)
    distance = -1.0
    tier: Tier
    confidence = place.confidence
    if place.latitude is not None and place.longitude is not None:
        distance = km(place.latitude, place.longitude, hospital.latitude, hospital.longitude)
    if distance >= 0 and (distance <= R_LOCAL_KM or _same_town(place, hospital)):
        tier = "local"
    elif 0 <= distance <= R_REGIONAL_KM:
        tier = "regional"
    elif place.precision == "admin1" and (place.country, place.admin1) == (COUNTRY, hospital.state):
        tier, confidence = "regional", min(confidence, _STATE_ONLY)
    elif not place.country or (place.precision == "country" and place.country == COUNTRY):
        tier, confidence = "unknown", 0
    else:
        tier = "national" if place.country == COUNTRY else "international"
    return Locality(tier, place.precision, place.evidence, confidence, round(distance))


def _same_town(place: Place, hospital: Hospital) -> bool:
    """Whether both are in one town, however wide: by its name, and only for a place that is known no finer."""
    return (
        place.precision == "city"
        and (place.country, place.admin1) == (COUNTRY, hospital.state)
        and fold(place.city) == fold(hospital.city)
    )
