from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams import directory
from streams.reading.places.locality import Localities, decide
from streams.reading.places.place import Abstention, Place
from streams.reading.places.resolver import Gazetteer
from tests.reading.making import cases

GAZETTEER = Gazetteer.load()
HOSPITALS = directory.load().by_id
NEARNESS = ("local", "regional", "national", "international")


@pytest.mark.parametrize("case", cases("locality"), ids=lambda case: f"{case['text']} - {case['hospital']}")
def test_an_author_is(case: dict[str, Any]) -> None:
    place = GAZETTEER.resolve(case["text"])
    assert Localities().locality(place, HOSPITALS[case["hospital"]]).tier == case["tier"]


@given(
    st.sampled_from(sorted(HOSPITALS)),
    st.sampled_from(["admin1", "country"]),
    st.sampled_from(["US", "CA", "NG"]),
    st.sampled_from(["", "MN", "ND", "OR", "NY"]),
)
@settings(deadline=None)
def test_a_state_or_country_is_never_local(hospital: str, precision: Any, country: str, admin1: str) -> None:
    place = Place(country, admin1, "", None, None, precision, "profile", 95)
    assert decide(place, HOSPITALS[hospital]).tier != "local"


@given(
    st.sampled_from(sorted(HOSPITALS)),
    st.floats(-8, 8),
    st.floats(-8, 8),
    st.floats(0, 1),
    st.sampled_from(["US", "CA"]),
)
@settings(deadline=None)
def test_nearer_is_never_a_farther_tier(hospital: str, north: float, east: float, share: float, country: str) -> None:
    one = HOSPITALS[hospital]

    def at(part: float) -> int:
        place = Place(
            country, "", "", one.latitude + part * north, one.longitude + part * east, "coordinates", "geo_tag", 99
        )
        return NEARNESS.index(decide(place, one).tier)

    assert at(share) <= at(1.0)


def test_unknown_says_so_throughout() -> None:
    found = decide(Abstention("ambiguous"), HOSPITALS["240010"])
    assert (found.tier, found.precision, found.evidence, found.confidence, found.distance_km) == (
        "unknown", "none", "none", 0, -1,
    )  # fmt: skip


def test_a_tier_carries_what_it_rests_on() -> None:
    found = decide(GAZETTEER.resolve("Moorhead, MN"), HOSPITALS["350070"])
    assert (found.tier, found.precision, found.evidence) == ("local", "city", "profile")
    assert found.confidence > 90
    assert 0 < found.distance_km < 15


def test_a_point_on_the_sea_has_a_tier_only_where_the_distance_gives_one() -> None:
    near_boston = Place("", "", "", 42.3, -70.4, "coordinates", "geo_tag", 99)
    mid_ocean = Place("", "", "", 0.5, -140.0, "coordinates", "geo_tag", 99)
    assert decide(near_boston, HOSPITALS["220071"]).tier == "regional"
    assert decide(mid_ocean, HOSPITALS["220071"]).tier == "unknown"


def test_a_decision_is_made_once() -> None:
    localities = Localities()
    place = GAZETTEER.resolve("Fargo, ND")
    first = localities.locality(place, HOSPITALS["350070"])
    assert localities.locality(place, HOSPITALS["350070"]) is first
    assert localities.locality(place, HOSPITALS["380014"]) != first
