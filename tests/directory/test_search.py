"""Which hospital a person means."""

import pytest

from streams.directory.search import Named, matches, suggestions

FARGO = Named("350070", "Sanford Medical Center Fargo", ("sanfordhealth",))
BISMARCK = Named("350015", "Sanford Medical Center Bismarck", ("sanfordhealth",))
MAYO = Named("240010", "Mayo Clinic Hospital Rochester", ("mayoclinic",))
EVERY = (FARGO, BISMARCK, MAYO)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("350070", [FARGO]),
        ("fargo", [FARGO]),
        ("Sanford", [FARGO, BISMARCK]),
        ("@MayoClinic", [MAYO]),
        ("@sanfordhealth", [FARGO, BISMARCK]),
        ("@nobody", []),
        ("", []),
        ("nowhere", []),
    ],
)
def test_an_id_a_handle_or_a_part_of_a_name(wanted: str, found: list[Named]) -> None:
    assert matches(EVERY, wanted) == found


@pytest.mark.parametrize(
    ("wanted", "found"),
    [("35007", FARGO), ("350071", FARGO), ("bismark", BISMARCK), ("@mayo", MAYO), ("rochestr", MAYO)],
)
def test_what_is_most_like_it_is_suggested_first(wanted: str, found: Named) -> None:
    assert suggestions(EVERY, wanted)[0] == found


def test_nothing_alike_is_no_suggestion() -> None:
    assert suggestions(EVERY, "zzzz") == []
