from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.reading.topics import intent_evidence
from streams.reading.topics.evidence import EvidenceError
from streams.reading.topics.intent import Intents
from streams.reading.topics.intent_evidence import PRECEDENCE
from streams.reading.topics.intent_words import IntentError, IntentWords
from streams.reading.topics.lexicon import Lexicon
from streams.reading.topics.quotations import own_words
from streams.vocabulary import INTENTS
from tests.payloads import cases

READER = Intents(IntentWords.load(), evidence=intent_evidence.load())
RULES = Intents.load()
HEAD = "# version 1\n"
WEIGHED = Intents(
    IntentWords.load(),
    evidence=intent_evidence.parse(
        HEAD
        + "\n".join(f"[any post]\t{intent}\t{-100 if intent == 'none' else -200}" for intent in INTENTS)
        + "\n[wants nothing of a hospital]\tnone\t150\n[has @]\tnone\t-40\n[under 50 letters]\tcomplaint\t20"
        "\nbland\tcomplaint\t300\nbland\tcompliment\t-300\nquomble\tcrisis\t500"
    ),
)


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
    assert READER.intent_of("so @one can you please send it", False, ()) == "request"


def test_an_intent_says_by_which_rule_or_that_it_was_outweighed() -> None:
    praise = READER.read("thank you @one", True, ())
    assert (praise.intent, praise.why) == ("compliment", "thanks or praises")
    text = "@one the soup was bland"
    assert RULES.read(text, True, ()).intent == "none"
    blame = WEIGHED.read(text, True, ())
    assert (blame.intent, blame.why) == ("complaint", "what else the post has outweighs the rule")


def test_the_sums_of_an_explanation_add_up_and_the_largest_decides() -> None:
    sums, finds = WEIGHED.explain("@one the soup was bland", True, ())
    assert max(sums, key=lambda intent: sums[intent]) == "complaint"
    for intent, total in sums.items():
        assert sum(find.weight for find in finds if find.intent == intent) == total
    assert {find.evidence for find in finds} == {
        "[any post]", "[wants nothing of a hospital]", "[has @]", "[under 50 letters]", "bland",
    }  # fmt: skip


def test_nothing_outweighs_danger_and_weights_may_find_it() -> None:
    assert WEIGHED.intent_of("i want to die. the soup was bland bland bland", False, ()) == "crisis"
    assert WEIGHED.explain("i want to die", False, ()) == ({}, ())
    assert WEIGHED.explain("good morning", False, ())[0].keys() == set(INTENTS) - {"request", "question"}
    assert RULES.intent_of("the quomble is loose", False, ()) == "none"
    assert WEIGHED.intent_of("the quomble is loose", False, ()) == "crisis"


def test_of_equal_sums_the_first_in_the_order_of_precedence_decides() -> None:
    equal = intent_evidence.parse(HEAD + "\n".join(f"[any post]\t{intent}\t0" for intent in INTENTS))
    assert Intents(IntentWords.load(), evidence=equal).intent_of("a fine day", False, ()) == "crisis"
    assert PRECEDENCE[0] == "crisis"
    assert set(PRECEDENCE) == set(INTENTS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("food\t1", "intents.tsv: line 1 must be `# version N`"),
        (f"{HEAD}hot\tpraise\t5", "line 2: 'praise' is none of question, "),
        (f"{HEAD}hot\tcrisis\t5", "no weight for complaint, "),
    ],
)
def test_wrong_weights_are_refused(text: str, message: str) -> None:
    with pytest.raises(EvidenceError, match=message):
        intent_evidence.parse(text)


def test_shared_with_topics_the_index_gives_the_same_sums() -> None:
    lexicon = Lexicon.load()
    for case in cases("intents"):
        alone = READER.explain(own_words(case["text"]), case["addressed"], ())[0]
        assert lexicon.weigh_intent(case["text"], case["addressed"], ())[1] == alone


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
