from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.reading.topics.intent import Intents
from streams.reading.topics.intent_words import IntentError, IntentWords
from streams.vocabulary import INTENTS
from tests.payloads import cases

READER = Intents.load()


@pytest.mark.parametrize("case", cases("intents"), ids=lambda case: case["text"])
def test_a_post_wants(case: dict[str, Any]) -> None:
    assert READER.intent_of(case["text"], case["addressed"], tuple(case.get("topics", ()))) == case["intent"]


def test_every_intent_has_cases() -> None:
    assert {case["intent"] for case in cases("intents")} == set(INTENTS)


@given(st.text(max_size=300), st.booleans(), st.lists(st.sampled_from(["wait_times", "vaccination"]), unique=True))
@settings(deadline=None)
def test_any_text_has_exactly_one_intent(text: str, addressed: bool, topics: list[str]) -> None:
    assert READER.intent_of(text, addressed, tuple(topics)) in INTENTS


def test_the_same_text_may_want_different_things_of_two_hospitals() -> None:
    text = "@one can you please send it, unlike @two"
    assert READER.intent_of(text, True, ()) == "request"
    assert READER.intent_of(text, False, ()) == "none"


def test_an_intent_says_how_sure_it_is_and_why() -> None:
    praise = READER.read("thank you @one", True, ())
    assert (praise.intent, praise.why) == ("compliment", "thanks or praises")
    guess = READER.read("@one two buildings, one desk", True, ("facility_environment",))
    assert guess.intent == "complaint"
    assert 50 < guess.confidence < praise.confidence < 100


def test_a_complaint_needs_a_hospital_that_is_named() -> None:
    topics = ("staff_conduct",)
    assert READER.intent_of("the nurses at Sandside were rude", False, topics) == "complaint"
    assert READER.intent_of("Sandside General, rude as ever", False, topics) == "complaint"
    assert READER.intent_of("nurses are so rude on Mondays", False, topics) == "none"


def test_a_negated_word_of_blame_is_praise() -> None:
    assert READER.intent_of("they were not rude @one", False, ("staff_conduct",)) == "compliment"
    assert READER.intent_of("they were rude @one", False, ("staff_conduct",)) == "complaint"


@pytest.mark.parametrize(
    ("text", "message"),
    [(b"version: 1", "missing required field"), (b"[", "intents.yaml"), (b"1", "Expected `object`")],
)
def test_wrong_phrases_are_refused_in_one_line(text: bytes, message: str) -> None:
    with pytest.raises(IntentError, match=message) as refused:
        IntentWords.parse(text)
    assert "\n" not in str(refused.value)
