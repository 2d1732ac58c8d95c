"""No text raises, and none takes long."""

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.reading.addressed import addresses
from streams.reading.topics.lexicon import Lexicon
from streams.vocabulary import INTENTS

LEXICON = Lexicon.load()
BOUND_SECONDS = 0.05
"""The figure is 2 ms (`make bench` says what it is); this is a bound against texts that blow up, on any machine."""

_WORDS = [
    "the",
    "wait",
    "waited",
    "ER",
    "nurse",
    "rude",
    "not",
    "bill",
    "cancer",
    "parking",
    "hello",
    "@sandside",
    "appointment",
    "can't",
    "wait",
    "please",
]
_RANDOM = random.Random(6)  # noqa: S311 - only to make texts, the same each time

NASTY = {
    "10,000 characters of prose": " ".join(_RANDOM.choice(_WORDS) for _ in range(2000)),
    "25,000 characters, one word": "a" * 25_000,
    "one phrase over and over": "can't wait " * 2500,
    "right to left": "المستشفى ممتاز والانتظار طويل " * 300,
    "right to left overrides": "\u202eelbairav\u202c " * 800,
    "zalgo": ("w" + "\u0336\u0315\u0321" * 20) * 150,
    "zero width": "w\u200ba\u200ci\u200dt\u2060 " * 1000,
    "lone surrogates": "\ud83d wait \ude91" * 1000,
    "500 hashtags": " ".join(f"#WaitTimesAreLong{number}" for number in range(500)),
    "500 handles": " ".join(f"@sandside{number}" for number in range(500)),
    "Chinese": "".join(chr(_RANDOM.randrange(0x4E00, 0x9FFF)) for _ in range(10_000)),
    "every plane": "".join(chr(_RANDOM.randrange(0x80, 0x10FFFF)) for _ in range(10_000)),
    "emoji": "🚑👩🏽‍⚕️❤️" * 1500,
    "unclosed quotes": '"“«' * 3000,
    "quotes": '"a b c d e f" ' * 700,
    "retweets of retweets": "RT @sandside: " * 700,
    "entities written out": "&#8217;&amp;&#99999999999;é" * 400,
    "stretched": "sooooo looooong " * 600,
    "spaces": " " * 10_000,
    "no words": "?!" * 5000,
    "negations": "not never rude no " * 550,
    "nul": "\0" * 10_000,
}


def read(text: str) -> None:
    topics = LEXICON.topics_of(text)
    assert list(topics) == sorted(set(topics))
    for addressed in (True, False):
        assert LEXICON.intent_of(text, addressed, topics) in INTENTS


@pytest.mark.parametrize("name", NASTY)
def test_a_nasty_text_is_read_like_any_other(name: str) -> None:
    text = NASTY[name]
    read(text)
    for step in (lambda: LEXICON.topics_of(text), lambda: LEXICON.intent_of(text, True, ()), lambda: read(text)):
        LEXICON.topics_of("another text, so that nothing is remembered")
        started = time.thread_time()
        step()
        assert time.thread_time() - started < BOUND_SECONDS
    assert addresses(text, "sandside") in (True, False)


@given(st.text(max_size=400) | st.text(st.characters(), max_size=400))
@settings(deadline=None)
def test_any_text_is_read_and_explained_alike(text: str) -> None:
    read(text)
    assert set(LEXICON.topics_of(text)) == {find.topic for find in LEXICON.explain_topics(text) if not find.why}
    LEXICON.explain_intent(text)
