"""The shipped gazetteer, as those who look up names see it."""

from itertools import combinations

import pytest

from streams.reading.places.names import ALTERNATE_WEIGHT, NEAREST_KM, US, City, fold, load
from streams.reading.places.place import km

NAMES = load()


def names_of(folded: str) -> list[str]:
    return [f"{city.name}, {city.admin1}, {city.country}" for city, _ in NAMES.candidates(folded)]


def test_towns_of_one_name_come_the_most_inhabited_first() -> None:
    found = NAMES.candidates("springfield")
    assert len([city for city, _ in found if city.country == US]) > 20
    assert [weight for _, weight in found] == sorted((weight for _, weight in found), reverse=True)
    assert names_of("fargo")[0] == "Fargo, ND, US"


def test_another_name_of_a_large_city_counts_little() -> None:
    found = {city.country: (city, weight) for city, weight in reversed(NAMES.candidates("philadelphia"))}
    assert found["US"][0].admin1 == "PA"
    city, weight = found["JO"]
    assert city.name == "Amman", "which once was called so"
    assert weight == pytest.approx(city.population * ALTERNATE_WEIGHT)
    assert names_of("東京")[0].endswith(", JP")


def test_a_name_that_nobody_bears_has_no_candidates() -> None:
    assert NAMES.candidates("qwertyville") == []
    assert NAMES.city("qwertyville", US) is None


@pytest.mark.parametrize(
    ("folded", "country", "admin1", "meant"),
    [
        ("portland", "US", "", "OR"),
        ("portland", "US", "ME", "ME"),
        ("london", "GB", "", "ENG"),
        ("london", "CA", "08", "08"),
        ("st paul", "US", "MN", "MN"),
        ("brooklyn", "US", "NY", "NY"),
        ("the bronx", "US", "NY", "NY"),
    ],
)
def test_a_city_is_found_in_its_country_and_state(folded: str, country: str, admin1: str, meant: str) -> None:
    city = NAMES.city(folded, country, admin1)
    assert city is not None
    assert (city.country, city.admin1) == (country, meant)


@pytest.mark.parametrize(
    ("folded", "state", "fips"),
    [
        ("cass", "ND", "38017"),
        ("cass county", "ND", "38017"),
        ("orleans parish", "LA", "22071"),
        ("juneau city and borough", "AK", "02110"),
        ("st louis", "MO", "29189"),
        ("benton", "OR", "41003"),
    ],
)
def test_a_county_is_found_with_and_without_the_word(folded: str, state: str, fips: str) -> None:
    county = NAMES.county(folded, state)
    assert county is not None
    assert county.fips == fips


def test_a_county_has_the_market_of_most_of_its_people() -> None:
    cass = NAMES.county("cass", "ND")
    assert cass is not None
    assert (cass.hsa, cass.hrr) == ("35014", "322")
    assert cass.latitude == pytest.approx(46.87, abs=0.1)
    assert cass.longitude == pytest.approx(-96.85, abs=0.1)
    assert NAMES.county("cass", "ZZ") is None


@pytest.mark.parametrize("folded", ["nd", "n d", "n dak", "north dakota"])
def test_a_state_has_many_spellings(folded: str) -> None:
    assert NAMES.state(folded) == "ND"


def test_what_is_no_state_is_none() -> None:
    assert NAMES.state("ontario") == NAMES.state("zz") == NAMES.state("") == ""


def test_no_two_towns_of_one_state_and_name_are_neighbours() -> None:
    alike: dict[tuple[str, str], list[City]] = {}
    for city in NAMES.cities:
        if city.country == US:
            alike.setdefault((fold(city.name), city.admin1), []).append(city)
    assert len(alike) > 20_000
    for towns in alike.values():
        for one, other in combinations(towns, 2):
            assert km(one.latitude, one.longitude, other.latitude, other.longitude) > 49.9, one


def test_nearly_every_town_lies_in_a_county_and_a_market() -> None:
    at_home = [city for city in NAMES.cities if city.country == US]
    assert sum(bool(city.hsa and city.hrr and city.county) for city in at_home) / len(at_home) > 0.99
    assert not any(city.hsa or city.hrr or city.county for city in NAMES.cities if city.country != US)


def test_a_zip_is_in_a_county_and_a_market_of_the_gazetteer() -> None:
    assert (NAMES.zips["58102"].city, NAMES.zips["58102"].state) == ("Fargo", "ND")
    assert NAMES.counties[NAMES.zips["58102"].county].name == "Cass County"
    peopled = [one for one in NAMES.zips.values() if one.population]
    assert sum(one.population for one in peopled) > 300_000_000
    assert sum(bool(one.hsa and one.hrr) for one in peopled) / len(peopled) > 0.98


def test_the_nearest_city_to_a_point_names_it() -> None:
    near = NAMES.nearest(46.8772, -96.7898)
    assert near is not None
    city, distance = near
    assert (city.name, city.admin1) == ("Fargo", "ND")
    assert distance < 5
    assert NAMES.nearest(30.0, -45.0) is None, "in the Atlantic"
    for city in NAMES.cities[::5_000]:
        found = NAMES.nearest(city.latitude, city.longitude)
        assert found is not None
        assert found[1] < 0.1 <= NEAREST_KM
