import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.evaluation import cases
from streams.reading.topics.intent_words import IntentWords
from streams.reading.topics.phrases import Phrases
from streams.reading.topics.taxonomy import Taxonomy, TaxonomyError
from streams.reading.topics.topic_matcher import TopicMatcher

TAXONOMY = Taxonomy.load()
MATCHER = TopicMatcher(TAXONOMY)
EVERY_TEXT = [text for case in cases.topics().values() for text in case.about + case.not_about]


def test_every_topic_has_one_class() -> None:
    classes = (TAXONOMY.operational, TAXONOMY.service_line, TAXONOMY.safety)
    assert sum(map(len, classes)) == len(frozenset.union(*classes)) == len(TAXONOMY.topics)
    assert TAXONOMY.service_line >= {"vaccination", "maternity_newborn", "cancer_care"}
    assert TAXONOMY.safety == {"safety_event"}


def test_service_lines_are_split_from_what_may_stay_with_a_post() -> None:
    for _ in range(2):  # the second time it is remembered
        assert TAXONOMY.split(("safety_event", "vaccination", "wait_times")) == (
            ("safety_event", "wait_times"),
            ("vaccination",),
        )
    assert TAXONOMY.split(("wait_times",)) == (("wait_times",), ())
    assert TAXONOMY.split(()) == ((), ())


@given(st.sampled_from(EVERY_TEXT))
@settings(deadline=None)
def test_case_accents_and_signs_around_words_do_not_matter(text: str) -> None:
    # Save in hashtags, where capitals and signs are all that parts the words.
    text = re.sub(r"#\w+", "", text)
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
        ("  - {id: waits, definition: d, class: Z, phrases: [a b]}", r"line 5: topic waits: Invalid enum value 'Z' in"),
        ("  - {id: waits, definition: d, class: O}", r"line 5: topic waits: .*missing required field `phrases`"),
        ("  - {id: waits, definition: d, class: O, phrases: []}", r"line 5: topic waits: it has no phrases"),
        (
            "  - {id: waits, definition: d, class: O, phrases: [a,\n  '!']}",
            r"line 6: topic waits: the phrase '!' has no",
        ),
        ("  - {id: waits, definition: ' ', class: O, phrases: [a]}", r"line 5: topic waits: the definition is empty"),
        (
            "  - {id: waits, definition: d, class: O, phrases: [a],\n  unless: [b, a]}",
            r"line 6: topic waits: 'a' is both",
        ),
        (
            "  - {id: waits, definition: d, class: O, phrases: [a],\n\n  typo: 1}",
            r"line 7: topic waits: .*field `typo`",
        ),
        ("  - {id: waits, definition: d, class: O, phrases: [[a]]}", r"line 5: topic waits: Expected `str`.*`phrases`"),
        ("  - {id: waits, definition: d, class: O, phrases: [a], phrases: [b]}", r"line 5: `phrases` stands twice"),
        ("  - {id: waits, definition: d, class: O, phrases: [a], hashtags: ['#a']}", r"line 5: .*'#a' is not one word"),
        ("  - {id: waits, definition: d, class: O, phrases: [a], domains: ['http://x.org/']}", r"line 5: .*not a host"),
        ("  - {id: Waits!, definition: d, class: O, phrases: [a]}", r"line 5: topic Waits!: the id is not lower-case"),
        ("  - {definition: d, class: O, phrases: [a]}", r"line 5: topic number 1: .*missing required field `id`"),
        ("  - 7", r"line 5: Expected `object`, got `str` in `topics`"),
        ("  - [", r"^taxonomy.yaml: line 6: [a-z ]+$"),
    ],
)
def test_a_wrong_topic_is_refused_in_one_line_with_its_place(topic: str, message: str) -> None:
    with pytest.raises(TaxonomyError, match=message) as refused:
        Taxonomy.parse(a_taxonomy(topic))
    assert "\n" not in str(refused.value)


def test_everything_that_is_wrong_is_named_in_order() -> None:
    topics = (
        "  - {id: waits, definition: d, class: O, phrases: [a]}\n"
        "  - {id: waits, definition: d, class: O, phrases: [b]}\n"
        "  - id: food\n    class: Q\n    definition: d\n    phrases: [c]\n"
    )
    with pytest.raises(TaxonomyError) as refused:
        Taxonomy.parse(a_taxonomy(topics).replace(b"[tv]", b"['?']"))
    assert str(refused.value) == (
        "taxonomy.yaml: line 3: the phrase '?' has no letter, digit or emoji; "
        "line 6: topic waits: the id stands twice; line 8: topic food: Invalid enum value 'Q' in `class`"
    )


@given(st.binary(max_size=60) | st.text("{}[]:-, &*!#'\"ab\n", max_size=60).map(str.encode))
@settings(deadline=None)
def test_no_file_raises_anything_but_the_one_line(text: bytes) -> None:
    with pytest.raises(TaxonomyError) as refused:
        Taxonomy.parse(text)
    assert "\n" not in str(refused.value)


def test_words_that_yaml_would_take_for_something_else_are_words() -> None:
    taxonomy = Taxonomy.parse(a_taxonomy("  - {id: waits, definition: d, class: O, phrases: [no, 911, on hold]}"))
    assert taxonomy.topics[0].phrases == ("no", "911", "on hold")


SMALL = TopicMatcher(
    Taxonomy.parse(
        a_taxonomy(
            "  - {id: parks, definition: d, class: O, phrases: [car park], weak: [ramp], context: [parking],\n"
            "     domains: [park.example.org], align: [FFT Environment]}\n"
            "  - {id: waits, definition: d, class: O, phrases: [waited, wait], weak: [hours], unless: [cant wait]}"
        )
    )
)


@pytest.mark.parametrize(
    ("text", "topics"),
    [
        ("waited", ("waits",)),
        ("hours at the clinic", ("waits",)),
        ("hours at the clinic on tv", ()),
        ("hours of parking", ()),
        ("can't wait", ()),
        ("can't wait to see why we waited", ("waits",)),
        ("the ramp by the clinic", ()),
        ("the ramp, parking there", ("parks",)),
        ("the ramp, parking there on tv", ()),
        ("see https://park.example.org/map", ("parks",)),
        ("see https://www.park.example.org", ("parks",)),
        ("see https://spark.example.org", ()),
    ],
)
def test_strong_phrases_count_alone_and_weak_ones_in_context(text: str, topics: tuple[str, ...]) -> None:
    assert SMALL.topics_of(text) == topics


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("can't wait", "part of 'cant wait'"),
        ("hours", "no word of care near it"),
        ("hours at the clinic on tv", "talk of something else"),
        ("the ramp", "none of its own context near it"),
        ("waited", ""),
    ],
)
def test_what_does_not_count_says_why(text: str, why: str) -> None:
    assert [find.why for find in SMALL.explain(text)] == [why]
