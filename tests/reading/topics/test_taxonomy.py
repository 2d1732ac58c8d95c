import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.reading.topics.intent import IntentWords
from streams.reading.topics.phrases import Phrases
from streams.reading.topics.taxonomy import Taxonomy, TaxonomyError, TopicMatcher
from tests.reading.making import cases

TAXONOMY = Taxonomy.load()
MATCHER = TopicMatcher(TAXONOMY)
CASES = cases("topics")
EVERY_TEXT = [text for topic in CASES.values() for texts in topic.values() for text in texts]


@pytest.mark.parametrize(("topic", "text"), [(topic, text) for topic in CASES for text in CASES[topic]["is"]])
def test_a_post_is_about(topic: str, text: str) -> None:
    assert topic in MATCHER.topics_of(text)


@pytest.mark.parametrize(("topic", "text"), [(topic, text) for topic in CASES for text in CASES[topic]["is_not"]])
def test_a_post_is_not_about(topic: str, text: str) -> None:
    assert topic not in MATCHER.topics_of(text)


def test_every_topic_has_cases() -> None:
    assert set(CASES) == {topic.id for topic in TAXONOMY.topics}
    assert all(len(one["is"]) >= 4 and len(one["is_not"]) >= 3 for one in CASES.values())


def test_every_topic_has_one_class() -> None:
    classes = (TAXONOMY.operational, TAXONOMY.service_line, TAXONOMY.safety)
    assert sum(map(len, classes)) == len(frozenset.union(*classes)) == len(TAXONOMY.topics)
    assert TAXONOMY.service_line >= {"vaccination", "maternity_newborn", "cancer_care"}
    assert TAXONOMY.safety == {"safety_event"}


def test_service_lines_are_split_from_what_may_stay_with_a_post() -> None:
    assert TAXONOMY.split(("safety_event", "vaccination", "wait_times")) == (
        ("safety_event", "wait_times"),
        ("vaccination",),
    )
    assert TAXONOMY.split(("wait_times",)) == (("wait_times",), ())
    assert TAXONOMY.split(()) == ((), ())


@given(st.sampled_from(EVERY_TEXT))
@settings(deadline=None)
def test_case_accents_and_signs_around_words_do_not_matter(text: str) -> None:
    plain = MATCHER.topics_of(text)
    for other in (text.upper(), f"«{text}»!!", f"\n{text}\n", re.sub(" ", "  ", text), text.replace("e", "é")):
        assert MATCHER.topics_of(other) == plain


@given(st.text(max_size=400))
@settings(deadline=None)
def test_no_text_raises(text: str) -> None:
    topics = MATCHER.topics_of(text)
    assert list(topics) == sorted(set(topics))
    assert set(topics) == {find.topic for find in MATCHER.explain(text) if not find.why}


@given(st.sampled_from(EVERY_TEXT))
@settings(deadline=None)
def test_every_tag_can_be_explained(text: str) -> None:
    assert set(MATCHER.topics_of(text)) == {find.topic for find in MATCHER.explain(text) if not find.why}


def test_what_does_not_count_says_why() -> None:
    idiom = MATCHER.explain("can't wait @sandside")
    assert [(find.phrase, find.why) for find in idiom if find.topic == "wait_times"] == [
        ("wait", "part of 'cant wait'")
    ]
    alone = MATCHER.explain("my bill at the cafe")
    assert [find.why for find in alone if find.topic == "billing_insurance"] == ["no word of care near it"]
    show = MATCHER.explain("new episode, the doctor loses a bill")
    assert [find.why for find in show if find.topic == "billing_insurance"] == ["talk of something else"]


def test_a_phrase_counts_where_it_stands_outside_the_idiom_too() -> None:
    assert "wait_times" in MATCHER.topics_of("can't wait to leave, the wait at @sandside was awful")


def test_nothing_is_found_inside_a_handle() -> None:
    assert MATCHER.topics_of("@pharmacy_er @ambulance_chat") == ()


def test_one_index_shared_with_the_intents_finds_the_same() -> None:
    shared = TopicMatcher(TAXONOMY, Phrases([*IntentWords.load().groups(), *TAXONOMY.groups()]))
    assert [shared.topics_of(text) for text in EVERY_TEXT] == [MATCHER.topics_of(text) for text in EVERY_TEXT]


def a_taxonomy(topic: str) -> bytes:
    return f"version: 1\ncontext: [clinic]\nelsewhere: [tv]\ntopics:\n{topic}".encode()


@pytest.mark.parametrize(
    ("topic", "message"),
    [
        ("  - {id: waits, definition: d, class: Z, phrases: [a b]}", r"topic waits: Invalid enum value 'Z'.*class"),
        ("  - {id: waits, definition: d, class: O}", r"topic waits: .*missing required field `phrases`"),
        ("  - {id: waits, definition: d, class: O, phrases: []}", r"topic waits: it has no phrases"),
        ("  - {id: waits, definition: d, class: O, phrases: ['!']}", r"topic waits: the phrase '!' has no letter"),
        ("  - {id: waits, definition: ' ', class: O, phrases: [a]}", r"topic waits: the definition is empty"),
        ("  - {id: waits, definition: d, class: O, phrases: [a], unless: [a]}", r"topic waits: 'a' is both"),
        ("  - {id: waits, definition: d, class: O, phrases: [a], typo: 1}", r"topic waits: .*unknown field `typo`"),
        ("  - {id: Waits!, definition: d, class: O, phrases: [a]}", r"topic Waits!: the id is not lower-case words"),
        ("  - {definition: d, class: O, phrases: [a]}", r"topic number 1: .*missing required field `id`"),
        ("  - [", r"taxonomy.yaml: .*"),
    ],
)
def test_a_wrong_topic_is_refused_in_one_line_with_its_id(topic: str, message: str) -> None:
    with pytest.raises(TaxonomyError, match=message) as refused:
        Taxonomy.parse(a_taxonomy(topic))
    assert "\n" not in str(refused.value)


def test_an_id_that_stands_twice_is_refused() -> None:
    one = "  - {id: waits, definition: d, class: O, phrases: [a]}\n"
    with pytest.raises(TaxonomyError, match="topic waits: the id stands twice"):
        Taxonomy.parse(a_taxonomy(one + one))
