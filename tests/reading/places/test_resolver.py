import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.reading.places import names
from streams.reading.places.names import City, Content, GazetteerError, PlaceNames, Words, fold
from streams.reading.places.place import Abstention, Place
from streams.reading.places.resolver import Asked, Gazetteer, place_of
from streams.vocabulary import ABSTAINED
from tests.payloads import a_post, cases

NAMES = names.load()
GAZETTEER = Gazetteer(NAMES)


def told(place: Place | Abstention) -> str:
    if isinstance(place, Abstention):
        return f"~ {place.reason}"
    return "/".join(part for part in (place.country, place.admin1, place.city) if part)


@pytest.mark.parametrize(("text", "meant"), cases("places").items())
def test_a_profile_text_means(text: str, meant: str) -> None:
    assert told(GAZETTEER.resolve(text)) == meant


@given(st.text(max_size=60) | st.text("FfargoND, mn/|-&🇺🇸0123456789.", max_size=40))
@settings(deadline=None, max_examples=200)
def test_no_text_raises_and_every_answer_is_whole(text: str) -> None:
    place = GAZETTEER.resolve(text)
    if isinstance(place, Abstention):
        assert place.reason in ABSTAINED
    else:
        assert 0 < place.confidence <= 100
        assert place.precision != "none"
        assert (place.latitude is None) == (place.longitude is None)
        assert (place.latitude is not None) == (place.precision in ("coordinates", "zip", "county", "city"))
        assert place.country or place.precision == "coordinates"


PARTS = [
    "Fargo", "Paris", "London", "Georgia", "ND", "TX", "Ontario", "Canada", "UK", "🇺🇸", "🇫🇷", "58102", "Cass County",
    "in", "and", ",", "/", "|", "-", "via", "living in", "Saint", "東京", "Москва", "46.87, -96.79", "Springfield",
    "San", "New", "OR", "St.",
]  # fmt: skip


@given(st.lists(st.sampled_from(PARTS), max_size=7).map(" ".join))
@settings(deadline=None, max_examples=300)
def test_a_point_lies_in_the_country_that_is_named_with_it(text: str) -> None:
    place = GAZETTEER.resolve(text)
    if isinstance(place, Place) and place.country and place.latitude is not None and place.longitude is not None:
        near = [
            city.country
            for city in NAMES.cities
            if abs(city.latitude - place.latitude) < 0.5 and abs(city.longitude - place.longitude) < 0.5
        ]
        assert place.country in near


@given(st.text(max_size=200) | st.lists(st.sampled_from(PARTS), max_size=40).map(" ".join))
@settings(deadline=None, max_examples=150)
def test_no_text_takes_long(text: str) -> None:
    fresh = Gazetteer(NAMES)
    begun = time.perf_counter()
    fresh.resolve(text)
    assert time.perf_counter() - begun < 0.25, "a bound against hangs: 5 ms are asked for, 0.2 is the usual"


@given(st.lists(st.sampled_from(PARTS), min_size=1, max_size=7).map(" ".join))
@settings(deadline=None, max_examples=200)
def test_space_around_a_text_does_not_matter(text: str) -> None:
    assert GAZETTEER.resolve(f"  {text}\t") == GAZETTEER.resolve(text)


WORDS = """
    nurse doctor mother hope nice mobile reading orange home hospital clinic ward mercy trinity memorial faith grace
    liberty independence paradise heaven earth mars moon star sun best normal bath split male hell truth love peace
    james mary linda jackson lincoln washington taylor kelly florence helena victoria carmel casa sol luna centro vida
    oh ok in me hi or id mass miss wash penn may march spring summit beacon enterprise surprise hazard
"""


@pytest.mark.parametrize("word", WORDS.split())
def test_a_word_alone_is_no_town_though_there_is_one_of_that_name(word: str) -> None:
    assert isinstance(GAZETTEER.resolve(word), Abstention)
    assert isinstance(GAZETTEER.resolve(word.capitalize()), Abstention)


@pytest.mark.parametrize("text", ["@a" * 100, "in a " * 40, "usa " * 50, "the " * 50, "日本" * 100, "x, " * 66])
def test_the_worst_texts_are_refused_or_read_without_getting_lost(text: str) -> None:
    begun = time.perf_counter()
    GAZETTEER.resolve(text)
    assert time.perf_counter() - begun < 0.25, "a bound against hangs: the worst takes 3 ms"


def test_every_city_resolves_to_itself_beside_its_state() -> None:
    for city in NAMES.cities:
        if city.country == "US":
            place = GAZETTEER.resolve(f"{city.name}, {city.admin1}")
            if " and " in city.name or " - " in city.name or "," in city.name:
                # Read as two places: coarser, never elsewhere.
                assert isinstance(place, Abstention) or place.admin1 == city.admin1, city
                continue
            assert isinstance(place, Place), city
            assert (place.admin1, place.precision) == (city.admin1, "city"), city


def test_every_state_name_alone_is_known_no_finer_than_the_state() -> None:
    for name, code in NAMES.state_names.items():
        place = GAZETTEER.resolve(name.title())
        if name in ("new york", "washington"):
            continue  # cities first; tested by the cases
        assert isinstance(place, Place), name
        assert (place.admin1, place.precision, place.city) == (code, "admin1", ""), name


def test_a_longer_text_is_read_only_at_its_beginning() -> None:
    assert told(GAZETTEER.resolve("Fargo, ND" + " " * 100_000)) == "US/ND/Fargo"


def test_the_posts_own_coordinates_come_first() -> None:
    place = place_of(a_post(coordinates=(46.877, -96.790), author_location="Boston, MA"), GAZETTEER)
    assert isinstance(place, Place)
    assert (place.city, place.precision, place.evidence) == ("Fargo", "coordinates", "geo_tag")


@pytest.mark.parametrize(
    ("tag", "meant", "precision"),
    [
        ({"geo_country": "US", "geo_name": "Fargo, ND", "geo_type": "city"}, "US/ND/Fargo", "city"),
        ({"geo_country": "US", "geo_name": "North Dakota, USA", "geo_type": "admin"}, "US/ND", "admin1"),
        ({"geo_country": "US", "geo_name": "United States", "geo_type": "country"}, "US", "country"),
        ({"geo_country": "CA", "geo_name": "London, Ontario", "geo_type": "city"}, "CA/08/London", "city"),
        ({"geo_country": "NO", "geo_name": "Bryggen", "geo_type": "poi"}, "NO", "country"),
    ],
)
def test_a_geo_tag_comes_before_the_profile(tag: dict[str, Any], meant: str, precision: str) -> None:
    place = place_of(a_post(author_location="Boston, MA", **tag), GAZETTEER)
    assert isinstance(place, Place)
    assert (told(place), place.precision, place.evidence) == (meant, precision, "geo_tag")


def test_a_place_that_is_only_written_about_is_not_the_authors() -> None:
    assert place_of(a_post(text="greetings from Fargo, ND"), GAZETTEER) == Abstention("empty")


def test_coordinates_far_from_every_city_keep_their_point_and_name_no_country() -> None:
    place = GAZETTEER.at(0.5, -140.0, "geo_tag")
    assert isinstance(place, Place)
    assert (place.country, place.city, place.latitude) == ("", "", 0.5)


@pytest.mark.parametrize("point", [(0.0, 0.0), (91.0, 0.0), (10.0, 181.0), (float("nan"), 1.0)])
def test_impossible_coordinates_are_no_place(point: tuple[float, float]) -> None:
    assert GAZETTEER.at(*point, "geo_tag") == Abstention("junk")


def test_answers_are_remembered_and_counted() -> None:
    fresh = Gazetteer(NAMES)
    assert fresh.resolve("Corvallis, OR") is fresh.resolve("Corvallis, OR")
    fresh.resolve("Bemidji, MN")
    assert fresh.asked() == Asked(hits=1, misses=2)


def test_an_alias_of_no_city_is_refused_by_name() -> None:
    words = Words(1, {}, {}, {}, {}, {"gotham": "Gotham, NJ, US"}, {}, [], {}, [], [], [], [], [], [], [], [], [])
    with pytest.raises(GazetteerError, match="'gotham' points at 'Gotham, NJ, US'"):
        PlaceNames(words, Content(1, {}, "", [City("Fargo", "US", "ND", 46.9, -96.8, 1)], {"fargo": 0}, [], [], {}))


@given(st.text(max_size=50))
@settings(deadline=None)
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)
