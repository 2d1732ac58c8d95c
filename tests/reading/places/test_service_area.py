"""Hand-made ZIPs: a town of two of them, a county of three, one that nobody lives in."""

import pytest

from streams.reading.places.names import Zip
from streams.reading.places.place import Place
from streams.reading.places.service_area import Part, ServiceArea, ZipIndex
from tests.places_around import a_place


def a_zip(code: str, city: str, north: float, people: int) -> Zip:
    return Zip(
        zip=code, city=city, state="ND", county="38001", hsa="", hrr="",
        latitude=46.0 + north, longitude=-97.0, population=people,
    )  # fmt: skip


INDEX = ZipIndex(
    {
        one.zip: one
        for one in (
            a_zip("58001", "Saint Ann", 0.0, 300),
            a_zip("58002", "Saint Ann", 0.1, 100),
            a_zip("58003", "Bly", 0.2, 500),
            a_zip("58004", "Nemo", 0.3, 0),
            a_zip("58005", "Nemo", 0.4, 0),
        )
    }
)


def a_town(name: str, north: float) -> Place:
    return a_place(city=name, latitude=46.0 + north, longitude=-97.0)


@pytest.mark.parametrize(
    ("psa", "ssa", "place", "part"),
    [
        (["58001"], [], a_town("St. Ann", 0.0), "psa"),
        (["58002"], [], a_town("St. Ann", 0.0), ""),
        (["58002"], ["58001"], a_town("St. Ann", 0.0), "ssa"),
        (["58001"], ["58001"], a_town("St. Ann", 0.0), "psa"),
        (["58004"], [], a_town("Nemo", 0.3), "psa"),
        (["58003"], [], a_town("Hamlet", 0.19), "psa"),
        (["58003"], [], a_town("Hamlet", 0.09), ""),
        (["58003"], [], a_town("Bly", 40.0), ""),
        (["58003"], [], a_place("coordinates", city="Saint Ann", latitude=46.21, longitude=-97.0), "psa"),
        (["58003"], [], a_place("county", county="38001", latitude=46.1, longitude=-97.0), "psa"),
        (["58001"], [], a_place("county", county="38001", latitude=46.1, longitude=-97.0), ""),
        (["58099"], [], a_place("zip", zip="58099", latitude=46.1, longitude=-97.0), "psa"),
        (["58099"], [], a_town("Bly", 0.2), ""),
    ],
    ids=[
        "a town with most of its people listed",
        "a town with a quarter of them listed",
        "a town whose other part is secondary",
        "a ZIP on both lists",
        "a town without people, half of its ZIPs listed",
        "a hamlet beside a listed ZIP",
        "a hamlet beside another",
        "a town of that name far away",
        "a point, by the nearest ZIP whatever town it is named after",
        "a county with most of its people listed",
        "a county with a third of them listed",
        "a ZIP that the gazetteer does not know",
        "anything else with only such a ZIP listed",
    ],
)
def test_which_list(psa: list[str], ssa: list[str], place: Place, part: Part) -> None:
    assert ServiceArea(psa, ssa, INDEX).part(place) == part


def test_only_an_ssa_closes_the_area() -> None:
    assert not ServiceArea(["58001"], [], INDEX).closed
    assert ServiceArea(["58001"], ["58001"], INDEX).closed
