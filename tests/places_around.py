"""Places around hospitals for the tests of locality: the shipped gazetteer, loaded once, and hand-made rows."""

from collections.abc import Iterable
from typing import Any

import msgspec

from streams import directory
from streams.directory import Hospital
from streams.reading.places import markets as place_markets
from streams.reading.places import names as place_names
from streams.reading.places.locality import Locality, decide
from streams.reading.places.place import Abstention, Place
from streams.reading.places.reach import Reaches
from streams.reading.places.resolver import Gazetteer
from streams.vocabulary import Precision

NAMES = place_names.load()
MARKETS = place_markets.shipped()
REACHES = Reaches.load()
GAZETTEER = Gazetteer(NAMES)
HOSPITALS = dict(directory.load().by_id)
FARGO, MAYO, NEW_YORK, LOS_ANGELES = (HOSPITALS[id_] for id_ in ("350070", "240010", "330101", "050262"))
ISLANDS = {
    one.id: one
    for one in (
        Hospital("san-juan", "Hospital Ejemplo", "San Juan", "PR", "00907", "acute", 18.452, -66.085),
        Hospital("guam-tamuning", "Example Island", "Tamuning", "GU", "96913", "acute", 13.469, 144.799),
    )
}
"""Made up, in territories of the US."""
NEARNESS = ("local", "regional", "national", "international")


def a_place(precision: Precision = "city", **changes: Any) -> Place:
    """A place in North Dakota that lies in no market, until told otherwise."""
    plain = Place("US", "ND", "", None, None, precision, "profile", 100)
    return msgspec.structs.replace(plain, **changes)


def in_zip(code: str) -> Place:
    one = NAMES.zips[code]
    return a_place(
        "zip", admin1=one.state, city=one.city, latitude=one.latitude, longitude=one.longitude,
        county=one.county, hsa=one.hsa, hrr=one.hrr, zip=code,
    )  # fmt: skip


def with_lists(hospital: Hospital, psa: Iterable[str] = (), ssa: Iterable[str] = ()) -> Hospital:
    """The hospital with these lists, under an id of its own, since a reach is remembered by id."""
    one, other = frozenset(psa), frozenset(ssa)
    return msgspec.structs.replace(hospital, id=f"{hospital.id}-{hash((one, other))}", psa=one, ssa=other)


def decided(place: Place | Abstention | str, hospital: Hospital) -> Locality:
    """The decision for a place, or for what a text resolves to."""
    if isinstance(place, str):
        place = GAZETTEER.resolve(place)
    return decide(place, hospital, REACHES.of(hospital))
