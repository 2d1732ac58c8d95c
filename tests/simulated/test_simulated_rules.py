"""The simulated X reads a rule as X does, or refuses it."""

import pytest

from agents.simulated.post_view import Box, Seen
from agents.simulated.stream_rules import RuleError, parse


@pytest.mark.parametrize(
    ("rule", "atoms", "matches"),
    [
        ("@a", "@a", True),
        ("@a", "to:a", False),
        ("@A", "@a", True),
        ("(@a OR to:a OR from:a) -is:retweet", "from:a", True),
        ("(@a OR to:a OR from:a) -is:retweet", "from:a is:retweet", False),
        ("(@a OR to:a) from:b", "@a", False),
        ("(@a OR to:a) from:b", "@a from:b", True),
        ("@a OR @b from:c", "@a", True),
        ("@a OR @b from:c", "@b", False),
        ("@a OR @b from:c", "@b from:c", True),
        ("((@a) OR (@b -is:retweet))", "@b", True),
        ("@a @b @c", "@a @b", False),
    ],
)
def test_and_binds_before_or_and_case_does_not_matter(rule: str, atoms: str, matches: bool) -> None:
    assert parse(rule)(Seen(frozenset(atoms.split()))) is matches


@pytest.mark.parametrize(
    ("rule", "text", "matches"),
    [
        ("hospital", "The HOSPITAL, again", True),
        ("hospital", "hospitals", False),
        ("cola", "I like coca-cola", True),
        ('"coca-cola"', "I like coca-cola", True),
        ('"labor and delivery"', "Labor, and delivery!", True),
        ('"labor and delivery"', "labor and a delivery", False),
        ('("emergency room" OR er) -is:retweet', "four hours in the ER", True),
        ("or", "now or never", True),
        ("médico", "un médico", True),
        ("médico", "un me\u0301dico", True),
        ("médico", "un medico", False),
        ("cumplea", "cumpleaños", False),
        ("हिन्दी", "हिन्दी में", True),
    ],
)
def test_keywords_and_phrases_are_whole_words_with_their_accents(rule: str, text: str, matches: bool) -> None:
    assert parse(rule)(Seen(frozenset(), text)) is matches


@pytest.mark.parametrize(
    ("rule", "atoms", "matches"),
    [
        ("#Flu", "#flu", True),
        ("#flu", "#flushot", False),
        ("(@a OR @b) (lang:en OR lang:es)", "@b lang:es", True),
        ("(@a OR @b) (lang:en OR lang:es)", "@b lang:fr", False),
        ("place:fargo -is:retweet", "place:fargo", True),
    ],
)
def test_hashtags_languages_and_places_are_looked_up(rule: str, atoms: str, matches: bool) -> None:
    assert parse(rule)(Seen(frozenset(atoms.split()))) is matches


def test_a_radius_holds_a_place_that_is_wholly_within() -> None:
    fargo = Seen(frozenset(), "", Box(-96.90, 46.77, -96.75, 46.95))
    assert parse("point_radius:[-96.8290 46.8330 25mi]")(fargo)
    assert parse("point_radius:[-96.8290 46.8330 25km]")(fargo)
    assert not parse("point_radius:[-96.8290 46.8330 5mi]")(fargo), "a part of the city is farther"
    assert not parse("point_radius:[-123.28 44.56 25mi]")(fargo)
    assert not parse("point_radius:[-96.8290 46.8330 25mi]")(Seen(frozenset(), "Fargo")), "words are no place"


@pytest.mark.parametrize(
    "rule",
    [
        *("", "   ", "(@a", "@a)", "()", "@a OR", "OR @a", "@a AND @b", "-@a", "-(@a)", "@a -(lang:en)"),
        *("lang:en", "(lang:en OR lang:es)", "-is:retweet", "@a OR -is:retweet"),
        *("st.marys", "from:", "bio:nurse", '"open', '"a"b', '""', '"..."', "#", "place:", 'place:""'),
        *("point_radius:[-96.8 46.8]", "point_radius:[-96.8 96.8 5mi]"),
        *("point_radius:[-96.8 46.8 26mi]", "point_radius:[-96.8 46.8 41km]"),
        *("@a_handle_too_long", "@" + "a" * 1024, "@a " * 400),
    ],
)  # fmt: skip
def test_what_x_would_refuse_is_refused(rule: str) -> None:
    with pytest.raises(RuleError):
        parse(rule)
