import msgspec
import pytest

from streams.reading.places.markets import Market
from streams.reading.places.place import km
from streams.reading.places.reach import KM_PER_MILE, LOCAL_MILES, REGIONAL_MILES, UNKNOWN_MILES, residents_km
from tests.places_around import FARGO, HOSPITALS, LOS_ANGELES, MARKETS, NAMES, REACHES


def north(degrees: float, people: int) -> tuple[float, float, int]:
    return FARGO.latitude + degrees, FARGO.longitude, people


def a_market(*residents: tuple[float, float, int]) -> Market:
    return Market("1", "Fargo, ND", sum(people for _, _, people in residents), residents)


@pytest.mark.parametrize(
    ("residents", "degrees"),
    [
        ([north(0.1, 90), north(0.2, 10)], 0.1),
        ([north(0.2, 11), north(0.1, 89)], 0.2),
        ([north(0.3, 0), north(0.1, 1)], 0.1),
    ],
    ids=["nine in ten are near", "one in nine is not", "nobody lives far off"],
)
def test_a_radius_takes_in_nine_of_ten_residents(residents: list[tuple[float, float, int]], degrees: float) -> None:
    away = km(FARGO.latitude, FARGO.longitude, FARGO.latitude + degrees, FARGO.longitude)
    assert residents_km(FARGO, a_market(*residents)) == pytest.approx(away)


def test_a_market_without_people_has_no_radius_of_its_own() -> None:
    assert residents_km(FARGO, a_market(north(0.1, 0))) == 0
    assert residents_km(FARGO, a_market()) == 0


def test_every_shipped_hospital_has_markets_and_radii_within_the_bounds() -> None:
    for hospital in HOSPITALS.values():
        reach = REACHES.of(hospital)
        assert MARKETS.hsa(reach.hsa), hospital.id
        assert MARKETS.hrr(reach.hrr), hospital.id
        assert LOCAL_MILES[0] <= round(reach.local_km / KM_PER_MILE, 6) <= LOCAL_MILES[1]
        assert REGIONAL_MILES[0] <= round(reach.regional_km / KM_PER_MILE, 6) <= REGIONAL_MILES[1]
        assert hospital.state in reach.states


def test_fargos_region_lies_in_three_states() -> None:
    assert REACHES.of(FARGO).states == {"MN", "ND", "SD"}


def test_a_hospital_whose_zip_is_in_no_market_has_fixed_radii_and_its_own_state() -> None:
    reach = REACHES.of(msgspec.structs.replace(FARGO, id="somewhere-else", zip="00000"))
    assert (reach.hsa, reach.hrr, reach.county, reach.states) == ("", "", "", frozenset({"ND"}))
    assert (reach.local_km, reach.regional_km) == tuple(miles * KM_PER_MILE for miles in UNKNOWN_MILES)


def test_a_county_is_wide_by_its_people_not_by_its_city_at_the_edge() -> None:
    wide = REACHES.of(FARGO).wide_counties
    assert NAMES.zips["58104"].county not in wide
    assert NAMES.zips[LOS_ANGELES.zip].county in wide
    assert REACHES.of(LOS_ANGELES).county == ""
