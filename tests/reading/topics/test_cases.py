"""The cases of the topics: tests/cases/topics/, one file a topic."""

import pytest

from agents.evaluation import cases
from streams.reading.topics.taxonomy import Taxonomy, TopicMatcher

TAXONOMY = Taxonomy.load()
MATCHER = TopicMatcher(TAXONOMY)
CASES = cases.topics()
ABOUT = [(topic, text) for topic, case in CASES.items() for text in case.about]
NOT_ABOUT = [(topic, text) for topic, case in CASES.items() for text in case.not_about]


@pytest.mark.parametrize(("topic", "text"), ABOUT)
def test_a_post_is_about_a_topic(topic: str, text: str) -> None:
    assert topic in MATCHER.topics_of(text)


@pytest.mark.parametrize(("topic", "text"), NOT_ABOUT)
def test_a_near_miss_is_not_about_it(topic: str, text: str) -> None:
    assert topic not in MATCHER.topics_of(text)


@pytest.mark.parametrize("topic", sorted(TAXONOMY.by_id))
def test_every_topic_has_cases_enough_and_each_once(topic: str) -> None:
    case = CASES[topic]
    assert len(case.about) >= 12
    assert len(case.not_about) >= 8
    assert len({*case.about, *case.not_about}) == len(case.about) + len(case.not_about)


def test_there_are_no_cases_of_unknown_topics() -> None:
    assert CASES.keys() == TAXONOMY.by_id.keys()
