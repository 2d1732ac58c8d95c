"""Each topic's cases: posts that are about it, and near misses that are not.

They are among the posts that the weights were learned from, so they say that what was once understood stays so; what is
understood of other posts is measured on `training/posts/test.jsonl` (`tests/evaluation`).
"""

import pytest

from agents.evaluation import cases
from streams.reading.topics.lexicon import Lexicon

LEXICON = Lexicon.load()
CASES = cases.topics()


@pytest.mark.parametrize("topic", CASES)
def test_every_post_is_read_as_it_is_labelled(topic: str) -> None:
    about, others = CASES[topic].about, CASES[topic].not_about
    missed = [text for text in about if topic not in LEXICON.topics_of(text)]
    wrong = [text for text in others if topic in LEXICON.topics_of(text)]
    assert not missed
    assert not wrong


@pytest.mark.parametrize("topic", sorted(LEXICON.taxonomy.by_id))
def test_every_topic_has_cases_enough_and_each_once(topic: str) -> None:
    case = CASES[topic]
    assert len(case.about) >= 12
    assert len(case.not_about) >= 8
    assert len({*case.about, *case.not_about}) == len(case.about) + len(case.not_about)


def test_there_are_no_cases_of_unknown_topics() -> None:
    assert CASES.keys() == LEXICON.taxonomy.by_id.keys()
