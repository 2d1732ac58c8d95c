from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.directory import Hospital
from streams.reading.places.locality import HOLDS, REMEMBERED, RULES, Localities, Rule, decide
from streams.reading.places.place import Abstention, Place, km
from streams.reading.places.reach import Reaches
from streams.vocabulary import Precision
from tests.payloads import cases
from tests.places_around import (
    FARGO,
    GAZETTEER,
    HOSPITALS,
    ISLANDS,
    LOS_ANGELES,
    MARKETS,
    MAYO,
    NAMES,
    NEARNESS,
    NEW_YORK,
    REACHES,
    a_place,
    decided,
    in_zip,
    with_lists,
)  # fmt: skip

ID = st.sampled_from(sorted(HOSPITALS))
NEAR_FARGO = sorted(
    code for code, one in NAMES.zips.items()
    if one.population and km(one.latitude, one.longitude, FARGO.latitude, FARGO.longitude) < 250
)  # fmt: skip
FARGO_TOWNS = sorted({(NAMES.zips[code].city, NAMES.zips[code].state) for code in NEAR_FARGO})


@pytest.mark.parametrize("case", cases("locality"), ids=lambda case: f"{case['text']} - {case['hospital']}")
def test_an_author_is(case: dict[str, Any]) -> None:
    found = Localities(REACHES).locality(GAZETTEER.resolve(case["text"]), (HOSPITALS | ISLANDS)[case["hospital"]])
    assert found.tier == case["tier"]
    assert found.rule == case.get("rule", found.rule)


def test_what_is_remembered_of_all_hospitals_together_is_bounded() -> None:
    localities, hospitals = Localities(REACHES), list(HOSPITALS.values())[:3]
    for number in range(REMEMBERED // 2):
        place = a_place(latitude=float(number % 90), longitude=number / 1000)
        for hospital in hospitals:
            assert localities.locality(place, hospital) == localities.locality(place, hospital)
    assert 0 < localities.remembered <= REMEMBERED


def test_every_rule_is_declared_and_fires() -> None:
    """One place for each, against Fargo's second hospital; the lists are tested with theirs."""
    fargo = in_zip("58104")
    listed = with_lists(FARGO, psa=["57401"], ssa=["58401"])
    abroad = a_place(country="CA", admin1="03", latitude=49.9, longitude=-97.1)
    fires: dict[Rule, tuple[Place | Abstention, Hospital]] = {
        "no_place": (Abstention("empty"), FARGO),
        "psa": (in_zip("57401"), listed),
        "ssa": (in_zip("58401"), listed),
        "hsa": (a_place(hsa=fargo.hsa), FARGO),
        "radius": (a_place(latitude=FARGO.latitude + 0.1, longitude=FARGO.longitude), FARGO),
        "county": (a_place(county=fargo.county), FARGO),
        "hrr": (a_place(hrr=fargo.hrr), FARGO),
        "region_radius": (a_place(latitude=FARGO.latitude + 1.0, longitude=FARGO.longitude), FARGO),
        "state": (a_place("admin1", admin1="MN"), FARGO),
        "own_country": (a_place("country", admin1=""), FARGO),
        "nowhere": (a_place("coordinates", country="", latitude=0.5, longitude=-140.0), FARGO),
        "country": (a_place(latitude=40.0, longitude=-90.0), FARGO),
        "abroad": (abroad, FARGO),
    }
    assert list(fires) == list(RULES) == list(get_args(Rule))
    for rule, (place, hospital) in fires.items():
        found = decided(place, hospital)
        assert (found.rule, found.tier) == (rule, RULES[found.rule].tier)


@given(ID, st.sampled_from(["admin1", "country"]), st.sampled_from(["US", "CA"]), st.sampled_from(["", "MN", "NY"]))
@settings(deadline=None)
def test_a_state_or_country_is_never_local(hospital: str, precision: Any, country: str, admin1: str) -> None:
    """Whatever market or county it is said to be in."""
    one = HOSPITALS[hospital]
    reach = REACHES.of(one)
    place = Place(
        country, admin1, "", None, None, precision, "profile", 95, county=reach.county, hsa=reach.hsa, hrr=reach.hrr
    )
    assert decide(place, one, reach).tier != "local"


@given(ID, st.floats(-3, 3), st.floats(-3, 3), st.floats(0, 1), st.booleans(), st.booleans(), st.sampled_from("UC"))
@settings(deadline=None)
def test_of_two_places_alike_but_for_their_point_the_nearer_is_never_farther(
    hospital: str, north: float, east: float, share: float, in_region: bool, in_county: bool, country: str
) -> None:
    one = HOSPITALS[hospital]
    reach = REACHES.of(one)
    rooms = {"hrr": reach.hrr if in_region else "", "county": reach.county if in_county else ""}
    home = {"U": "US", "C": "CA"}[country]

    def at(part: float) -> int:
        point = {"latitude": one.latitude + part * north, "longitude": one.longitude + part * east}
        return NEARNESS.index(decide(a_place("coordinates", country=home, **point, **rooms), one, reach).tier)

    assert at(share) <= at(1.0)


@given(ID, st.floats(-3, 3), st.floats(-3, 3))
@settings(deadline=None)
def test_nothing_abroad_is_local_and_the_regional_radius_crosses_the_border(
    hospital: str, north: float, east: float
) -> None:
    one = HOSPITALS[hospital]
    reach = REACHES.of(one)
    point = {"latitude": one.latitude + north, "longitude": one.longitude + east}
    found = decide(a_place("city", country="CA", admin1="08", **point), one, reach)
    distance = km(one.latitude, one.longitude, point["latitude"], point["longitude"])
    assert found.tier == ("regional" if distance <= reach.regional_km else "international")


def test_a_county_is_local_unless_it_is_too_wide_to_say_anything() -> None:
    county = in_zip("58104").county
    assert decided(a_place("county", county=county), FARGO).rule == "county"
    wide = in_zip("90095")
    whole = a_place("county", admin1="CA", county=wide.county, hsa=wide.hsa, hrr=wide.hrr)
    assert decided(whole, LOS_ANGELES).rule == "hrr"
    assert decided(whole, with_lists(LOS_ANGELES, psa=list(NAMES.zips))).tier == "regional"


def test_the_centre_of_a_county_is_no_address() -> None:
    """A county is local for what it is, not because its middle happens to be near."""
    middle = a_place("county", county="99999", latitude=FARGO.latitude, longitude=FARGO.longitude)
    assert decided(middle, FARGO).rule == "region_radius"


@st.composite
def places_near_fargo(draw: st.DrawFn) -> Place:
    zipped = in_zip(draw(st.sampled_from(NEAR_FARGO)))
    kinds: tuple[Precision, ...] = ("zip", "city", "county", "coordinates")
    kind = draw(st.sampled_from(kinds))
    if kind == "zip":
        return zipped
    town, state = draw(st.sampled_from(FARGO_TOWNS))
    place = a_place(
        kind, admin1=state, city=town, county=zipped.county, hsa=zipped.hsa, hrr=zipped.hrr,
        latitude=zipped.latitude, longitude=zipped.longitude,
    )  # fmt: skip
    if kind == "coordinates":
        shift = st.floats(-0.3, 0.3)
        assert zipped.latitude is not None
        assert zipped.longitude is not None
        point = zipped.latitude + draw(shift), zipped.longitude + draw(shift)
        return a_place(kind, latitude=point[0], longitude=point[1], hsa=zipped.hsa, hrr=zipped.hrr)
    return place


@given(
    places_near_fargo(), st.sets(st.sampled_from(NEAR_FARGO)), st.sets(st.sampled_from(NEAR_FARGO)),
    st.sets(st.sampled_from(NEAR_FARGO), max_size=5),
)  # fmt: skip
@settings(deadline=None, max_examples=300)
def test_more_zips_in_a_psa_never_make_anyone_less_local(
    place: Place, psa: set[str], more: set[str], ssa: set[str]
) -> None:
    """Not even the first one, and whatever the SSA is."""

    def tier(zips: set[str]) -> int:
        return NEARNESS.index(decided(place, with_lists(FARGO, zips, ssa)).tier)

    assert tier(psa | more) <= tier(psa)


@given(
    places_near_fargo(), st.sets(st.sampled_from(NEAR_FARGO)), st.sets(st.sampled_from(NEAR_FARGO), min_size=1),
    st.sets(st.sampled_from(NEAR_FARGO)),
)  # fmt: skip
@settings(deadline=None)
def test_more_zips_in_an_ssa_never_make_anyone_less_local(
    place: Place, psa: set[str], ssa: set[str], more: set[str]
) -> None:
    """Save the first, which draws the line."""

    def tier(zips: set[str]) -> int:
        return NEARNESS.index(decided(place, with_lists(FARGO, psa, zips)).tier)

    assert tier(ssa | more) <= tier(ssa)


def test_a_psa_leaves_the_service_area_local() -> None:
    listed = with_lists(FARGO, psa=["58401"])
    assert (decided("Jamestown, ND", FARGO).tier, decided("Jamestown, ND", listed).tier) == ("regional", "local")
    assert decided("Moorhead, MN", listed).tier == "local"


def test_an_ssa_draws_the_outer_line() -> None:
    listed = with_lists(FARGO, psa=["58102", "58103", "58104"], ssa=["58078"])
    assert [decided(text, listed).rule for text in ("Fargo, ND", "58103", "West Fargo, ND")] == ["psa", "psa", "ssa"]
    assert (decided("Moorhead, MN", FARGO).tier, decided("Moorhead, MN", listed).tier) == ("local", "regional")


def test_a_confidence_is_the_places_times_the_rules() -> None:
    town = a_place("city", confidence=80, hsa=REACHES.of(FARGO).hsa)
    assert decided(town, FARGO).confidence == 80 * HOLDS["hsa", "city"] // 100
    assert decided(in_zip("58104"), FARGO).confidence == 100
    assert decided("USA", FARGO).confidence == 0


def test_unknown_says_so_throughout() -> None:
    found = decided(Abstention("ambiguous"), MAYO)
    assert (found.tier, found.precision, found.evidence, found.confidence, found.distance_km, found.rule) == (
        "unknown", "none", "none", 0, -1, "no_place",
    )  # fmt: skip


def test_a_tier_carries_what_it_rests_on() -> None:
    found = decided("Moorhead, MN", FARGO)
    assert (found.tier, found.precision, found.evidence, found.rule) == ("local", "city", "profile", "hsa")
    assert found.confidence > 85
    assert 0 < found.distance_km < 15


def test_a_point_on_the_sea_has_a_tier_only_where_the_distance_gives_one() -> None:
    boston = HOSPITALS["220071"]
    near = a_place("coordinates", country="", admin1="", latitude=42.3, longitude=-70.4)
    mid_ocean = a_place("coordinates", country="", admin1="", latitude=0.5, longitude=-140.0)
    assert decided(near, boston).tier == "regional"
    assert decided(mid_ocean, boston).tier == "unknown"


def test_a_decision_is_made_once() -> None:
    localities = Localities(Reaches(NAMES, MARKETS))
    place = GAZETTEER.resolve("Fargo, ND")
    first = localities.locality(place, FARGO)
    assert localities.locality(place, FARGO) is first
    assert localities.locality(place, NEW_YORK) != first
