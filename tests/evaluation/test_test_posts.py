"""What to expect of posts that nobody tuned for: floors under the figures of the test posts, and who labelled them."""

import pytest

from agents.evaluation import posts
from streams.reading.topics.lexicon import Lexicon
from training import labelled

FIGURES = posts.evaluate(posts.load(labelled.FOLDER / labelled.TEST), Lexicon.load())


def test_topics_are_found_and_are_right() -> None:
    scores = FIGURES["topics"].per_topic.values()
    assert FIGURES["n"] >= 800
    assert FIGURES["topics"].macro_f1 >= 0.76
    assert sum(one.precision for one in scores) / len(scores) >= 0.76
    assert sum(one.recall for one in scores) / len(scores) >= 0.76


def test_intents_and_addressees_are_right() -> None:
    assert FIGURES["intent"].accuracy >= 0.76
    assert FIGURES["addressed"]["accuracy"] >= 0.95


def test_no_scene_stands_in_two_files_and_no_text_twice() -> None:
    files = [labelled.load(name) for name in (labelled.TRAIN, labelled.DEVELOPMENT, labelled.TEST)]
    scenes = [{post.scene for post in file} for file in files]
    assert not (scenes[0] & scenes[1] | scenes[1] & scenes[2] | scenes[0] & scenes[2])
    texts = [post.text for file in files for post in file]
    assert len(texts) == len(set(texts))


@pytest.mark.parametrize("name", [labelled.TRAIN, labelled.DEVELOPMENT, labelled.TEST])
def test_annotators_agree(name: str) -> None:
    file = labelled.load(name)
    topics = sorted({topic for post in file for topic in post.topics})
    agreed = [
        labelled.kappa((topic in one.topics, topic in other.topics) for one, other in (post.both for post in file))
        for topic in topics
    ]
    assert sum(agreed) / len(agreed) >= 0.75
