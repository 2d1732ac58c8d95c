"""Hand-made ZIP codes for the rules, the shipped ones for Fargo."""

import pytest

from streams.reading.places.markets import Markets, shipped
from streams.reading.places.names import Zip


def a_zip(code: str, city: str, state: str, people: int, hsa: str = "1", hrr: str = "9") -> Zip:
    return Zip(code, city, state, "", hsa, hrr, 46.0, -97.0, people)


MARKETS = Markets(
    [
        a_zip("58001", "Bly", "ND", 300),
        a_zip("58002", "Bly", "ND", 300),
        a_zip("56001", "Ann", "MN", 500),
        a_zip("56002", "Nemo", "MN", 0),
        a_zip("57001", "Far", "SD", 9_000, hsa="2"),
        a_zip("57002", "Box", "SD", 5, hsa="", hrr=""),
    ]
)


def test_a_market_is_called_after_the_town_of_most_of_its_people() -> None:
    market = MARKETS.hsa("1")
    assert market is not None
    assert (market.name, market.population) == ("Bly, ND", 1_100)


def test_its_residents_are_where_its_people_live() -> None:
    market = MARKETS.hsa("1")
    assert market is not None
    assert [people for _, _, people in market.residents] == [300, 300, 500]


def test_a_region_reaches_into_each_state_that_has_a_zip_of_it() -> None:
    assert MARKETS.states_of_hrr("9") == {"ND", "MN", "SD"}
    assert MARKETS.states_of_hrr("8") == frozenset()


def test_a_number_that_is_no_market_is_none() -> None:
    assert MARKETS.hsa("9") is None
    assert MARKETS.hrr("1") is None
    assert MARKETS.hsa("") is None


def test_fargos_markets_cross_the_state_line() -> None:
    area, region = shipped().hsa("35014"), shipped().hrr("322")
    assert area is not None
    assert region is not None
    assert area.name == region.name == "Fargo, ND"
    assert area.population == pytest.approx(250_000, rel=0.25)
    assert region.population > area.population
    assert {"ND", "MN"} <= shipped().states_of_hrr("322")
