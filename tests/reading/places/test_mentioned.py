"""A place in a post's text is found only when it is named with its state, and is nobody's whereabouts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.reading.places.names import load
from streams.reading.places.resolver import Gazetteer
from streams.reading.places.text_places import MOST, MentionedPlaces

FINDER = MentionedPlaces(load(), Gazetteer.load())


@pytest.mark.parametrize(
    ("text", "towns"),
    [
        ("Driving to Rochester, MN for my dad's surgery", ["Rochester/MN"]),
        ("The ER in Fargo, North Dakota was packed", ["Fargo/ND"]),
        ("Flew from Coeur d'Alene, ID to King of Prussia, PA.", ["Coeur d'Alene/ID", "King of Prussia/PA"]),
        ("@MayoClinic do you see patients from Sioux Falls, SD? Or from Sioux Falls, SD only?", ["Sioux Falls/SD"]),
        ("Thanks Dr. Jane Fargo, MD", []),
        ("I love Minnesota, and Rochester is nice", []),
        ("Come in, OR wait outside", []),
        ("Hope, ok", []),
        ("yes, ME too", []),
        ("no comma at all in Fargo ND", []),
    ],
)
def test_a_town_counts_with_its_state(text: str, towns: list[str]) -> None:
    assert [f"{one.city}/{one.admin1}" for one in FINDER.of(text)] == towns


def test_it_is_evidence_of_nobodys_place() -> None:
    assert [one.evidence for one in FINDER.of("from Fargo, ND")] == ["none"]


def test_no_more_than_a_few_are_taken() -> None:
    many = " ".join(f"from {town}, ND" for town in ("Fargo", "Bismarck", "Minot", "Grand Forks", "Dickinson", "Mandan"))
    assert len(FINDER.of(many)) == MOST


@given(st.text(max_size=80) | st.text("Fargo, NDMinesota", max_size=60))
@settings(deadline=None)
def test_no_text_raises(text: str) -> None:
    assert len(FINDER.of(text)) <= MOST
