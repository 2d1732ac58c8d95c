"""A profile text is taken apart before any name in it is looked up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.reading.places import profile_text

WORDING = profile_text.shipped()


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("ÜT: 44.0221,-92.4666", (44.0221, -92.4666)),
        ("44.0221° N, 92.4666° W", (44.0221, -92.4666)),
        ("33.87° S, 151.21° E", (-33.87, 151.21)),
        ("room 4, bed 7", None),
        ("44, 92", None),
    ],
)
def test_coordinates_are_read_with_signs_or_with_letters(text: str, point: tuple[float, float] | None) -> None:
    assert profile_text.coordinates(text) == point


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("born in Boston, living in Austin, TX", "Austin, TX"),
        ("Dilworth, MN via Fargo", "Dilworth, MN"),
        ("Denver (via Chicago)", "Denver"),
        ("formerly NYC, now Asheville, NC", "Asheville, NC"),
        ("Salem w/ 2 dogs", "Salem"),
        ("Salem, OR", "Salem, OR"),
    ],
)
def test_what_is_said_of_elsewhere_is_left_out(text: str, left: str) -> None:
    assert profile_text.whole(text, WORDING) == left


def test_bars_arrows_and_pictures_part_names_and_commas_do_not() -> None:
    assert profile_text.parts("Fargo, ND | nurse", WORDING) == ["Fargo, ND ", " nurse"]
    assert profile_text.parts("Denver 🏔 Mom of 2", WORDING) == ["Denver ", " Mom of 2"]
    assert profile_text.parts("Texas native / Ohio", WORDING) == [" Ohio"]
    assert profile_text.names("Fargo, ND", WORDING) == ["Fargo", "ND"]
    assert profile_text.names("Chicago born, Denver based", WORDING) == ["Denver based"]


def test_only_an_arrow_or_an_aeroplane_is_travel() -> None:
    assert profile_text.travelling("PDX ✈️ SEA", WORDING)
    assert profile_text.travelling("NYC -> LA", WORDING)
    assert not profile_text.travelling("Boston | Denver", WORDING)


def test_flags_stand_for_countries_and_for_the_nations_that_have_their_own() -> None:
    scotland = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
    assert profile_text.flags(f"🇺🇸🇲🇽🇺🇸 {scotland}")[0] == ("US", "MX", "GB/SCT")


def test_a_text_may_say_where_it_is_not() -> None:
    assert profile_text.inside("a nurse in Fargo, ND", WORDING) == "Fargo, ND"
    assert profile_text.inside("not in Kansas anymore", WORDING) == ""
    assert profile_text.inside("Fargo", WORDING) == ""


@given(st.text(max_size=200))
def test_any_text_can_be_taken_apart(text: str) -> None:
    profile_text.coordinates(text)
    flags, rest = profile_text.flags(text)
    assert len(flags) == len(set(flags))
    parts = profile_text.parts(profile_text.whole(rest, WORDING), WORDING)
    assert parts
    for part in parts:
        profile_text.names(part, WORDING)
        assert len(profile_text.inside(part, WORDING)) <= len(part)
