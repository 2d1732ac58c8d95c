import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.reading.topics.groups import Find, Group
from streams.reading.topics.phrases import Phrases

PHRASES = Phrases(
    [
        Group("wait", ("wait", "waits"), ("cant wait", "wait what")),
        Group("refill", ("refill*",)),
        Group("job", ("#job", "#NurseJobs")),
        Group("picture", ("🚑", "急诊", "больница")),
        Group("blame", ("rude", "so bad", "#rudestaff"), negatable=True, opposite="praise"),
        Group("praise", ("kind", "great"), negatable=True, opposite="blame"),
    ]
)
GROUPS = ("wait", "refill", "job", "picture", "blame", "praise")


def found(text: str) -> set[str]:
    bits = PHRASES.found(text).bits
    return {name for name in GROUPS if bits & PHRASES.bit(name)}


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
        ("#NurseJobs #x", {"job"}),
        ("#nursejobs", {"job"}),
        ("nurse jobs", set()),
        ("@wait", set()),
        ("@wait wait", {"wait"}),
        ("wa\u200bit", {"wait"}),
        ("#LongWait", {"wait"}),
        ("waaaait", {"wait"}),
        ("sooo baaad", {"blame"}),
        ("www.example.org", set()),
        ("two🚑here", {"picture"}),
        ("去急诊了", {"picture"}),
        ("急 then 诊", set()),
        ("急了诊", set()),
        ("Больница!", {"picture"}),
        ("", set()),
    ],
)
def test_phrases_are_found_at_word_boundaries_and_struck_by_idioms(text: str, groups: set[str]) -> None:
    assert found(text) == groups


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("they were rude", {"blame"}),
        ("they were not rude", {"praise"}),
        ("never once rude", {"praise"}),
        ("nunca fue rude", {"praise"}),
        ("not in the least bit rude", {"blame"}),  # out of reach
        ("no. rude", {"blame"}),
        ("no one helped, rude staff", {"blame"}),  # another part of the sentence
        ("wasn't great", {"blame"}),
        ("not cheap but great", {"praise"}),
        ("never seen such rude people", {"blame"}),
        ("not rude, so bad", {"praise", "blame"}),
        ("not so bad", {"praise"}),
        ("wait, not wait", {"wait"}),  # what it is about stays
        ("not # rudestaff", {"praise"}),
    ],
)
def test_negation_turns_praise_and_blame_round(text: str, groups: set[str]) -> None:
    assert found(text) == groups


def test_a_text_full_of_negations_takes_no_longer_than_others() -> None:
    started = time.thread_time()
    assert found("not rude but kind, never so bad " * 60) == {"praise"}
    assert time.thread_time() - started < 0.05


WORDS = st.sampled_from(
    ["cant", "can't", "wait", "what", "refills", "x", "#job", "\n", "not", "rude", "but", ",", "kind", "waaait", "🚑"]
)


@given(st.lists(WORDS, max_size=12).map(" ".join))
@settings(deadline=None)
def test_explaining_agrees_with_finding(text: str) -> None:
    told = PHRASES.explain(text)
    counted = {find.group for find in told if not find.struck_by and not find.negated_by}
    turned = {"blame": "praise", "praise": "blame"}
    assert found(text) == counted | {turned[one.group] for one in told if one.negated_by and not one.struck_by}


def test_an_explanation_names_the_phrase_and_what_strikes_or_negates_it() -> None:
    assert PHRASES.explain("can't wait, refills, never rude") == (
        Find("wait", "wait", "cant wait"),
        Find("refill", "refill*", ""),
        Find("blame", "rude", "", "never"),
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
    with pytest.raises(ValueError, match="'!!' has no letter, digit or emoji"):
        Phrases([Group("a", ("!!",))])
