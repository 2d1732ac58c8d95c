import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.reading.topics.phrases import Find, Group, Phrases, normalise

PHRASES = Phrases(
    [
        Group("wait", ("wait", "waits"), ("cant wait", "wait what")),
        Group("refill", ("refill*",)),
        Group("job", ("#job",)),
    ]
)


def found(text: str) -> set[str]:
    bits = PHRASES.found(text)
    return {name for name in ("wait", "refill", "job") if bits & PHRASES.bit(name)}


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("Wait!", {"wait"}),
        ("a WAÏT.", {"wait"}),
        ("awaited", set()),
        ("refills", {"refill"}),
        ("prefill", set()),
        ("can't wait", set()),
        ("can’t wait", set()),
        ("can't  \n wait", set()),
        ("can't wait to wait", {"wait"}),
        ("wait what", set()),
        ("wait, wait what", {"wait"}),
        ("#job", {"job"}),
        ("job", set()),
        ("@wait", set()),
        ("@wait wait", {"wait"}),
        ("wa\u200bit", {"wait"}),
        ("", set()),
    ],
)
def test_phrases_are_found_at_word_boundaries_and_struck_by_idioms(text: str, groups: set[str]) -> None:
    assert found(text) == groups


@given(st.text(max_size=300))
@settings(deadline=None)
def test_any_text_becomes_plain_words(text: str) -> None:
    words = normalise(text)
    assert words.startswith(b" ")
    assert words.endswith(b" ")
    assert words.decode().split() == words.decode().strip().split(" ") or not words.strip()


@given(
    st.lists(st.sampled_from(["cant", "can't", "wait", "what", "refills", "x", "#job", "\n"]), max_size=12).map(
        " ".join
    )
)
@settings(deadline=None)
def test_explaining_agrees_with_finding(text: str) -> None:
    assert found(text) == {find.group for find in PHRASES.explain(text) if not find.struck_by}


def test_an_explanation_names_the_phrase_and_what_strikes_it() -> None:
    assert PHRASES.explain("can't wait, refills") == (
        Find("wait", "wait", "cant wait"),
        Find("refill", "refill*", ""),
    )


def test_the_last_text_is_not_taken_for_another() -> None:
    assert [found(text) for text in ("wait", "wait", "refill", "", "wait")] == [
        {"wait"},
        {"wait"},
        {"refill"},
        set(),
        {"wait"},
    ]


def test_a_phrase_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="'!!' has no letter or digit"):
        Phrases([Group("a", ("!!",))])
