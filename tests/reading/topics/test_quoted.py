import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.reading.topics.intent_words import IntentWords
from streams.reading.topics.lexicon import Lexicon
from streams.reading.topics.quotations import own_words
from streams.reading.topics.taxonomy import Taxonomy

LEXICON = Lexicon(
    Taxonomy.parse(
        b"{version: 1, context: [], elsewhere: [], topics: [{id: parks, definition: d, class: O, phrases: [parking]}]}"
    ),
    IntentWords.load(),
    {},
)


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("plain words, nobody's", "plain words, nobody's"),
        ("so true RT @sandside: the worst night of my life", "so true "),
        ("RT @sandside: the worst night of my life", ""),
        ("so true QT @sandside the worst", "so true "),
        ("START @noon", "START @noon"),
        ('she said "you are the worst patient here" and left', "she said   and left"),
        ("she said “you are the worst patient here” and left", "she said   and left"),
        ("dijo «eres el peor paciente de aquí» y salió", "dijo   y salió"),
        ('a "five star" stay', 'a "five star" stay'),
        ('"the worst night of my whole life" - Dad', '"the worst night of my whole life" - Dad'),
        ('never closed "the worst night of my life', 'never closed "the worst night of my life'),
    ],
)
def test_what_somebody_else_said_is_not_the_authors(text: str, own: str) -> None:
    assert own_words(text) == own


@given(st.lists(st.text(st.sampled_from("RT @ab:. \n"), max_size=30), min_size=1, max_size=8))
def test_quotes_of_ascii_are_read_as_those_that_phones_write(parts: list[str]) -> None:
    plain = '"'.join(parts)
    typed = parts[0]
    for number, part in enumerate(parts[1:], start=1):
        closes = number % 2 == 0
        typed += ("”" if closes else "“" if number < len(parts) - 1 else '"') + part
    assert own_words(plain) == own_words(typed).replace("“", '"').replace("”", '"')


@given(st.text(st.sampled_from('RTQ @a:"“”«» \n'), max_size=200))
@settings(deadline=None)
def test_nothing_is_added_by_any_text(text: str) -> None:
    own = own_words(text)
    assert len(own) <= len(text)
    assert not set(own) - set(text) - {" "}


def test_a_quotation_has_topics_and_no_intent() -> None:
    text = "so true RT @sandside: thank you for the parking"
    assert LEXICON.topics_of(text) == ("parks",)
    assert LEXICON.intent_of(text, False, ()) == "none"
    assert LEXICON.intent_of("thank you for the parking @sandside", False, ()) == "compliment"
