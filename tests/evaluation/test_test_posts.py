"""What to expect of posts that nobody tuned for: floors under the figures of the test posts, and who labelled them."""

import pytest

from agents.evaluation import accuracy, posts
from streams.reading.topics.lexicon import Lexicon
from training import labelled

LEXICON = Lexicon.load()
FIGURES = posts.evaluate(posts.load(labelled.FOLDER / labelled.TEST), LEXICON)
FILES = (labelled.TRAIN, labelled.DEVELOPMENT, labelled.TEST, labelled.DANGER)


def test_topics_are_found_and_are_right() -> None:
    scores = FIGURES["topics"].per_topic.values()
    assert FIGURES["n"] >= 800
    assert FIGURES["topics"].macro_f1 >= 0.79
    assert sum(one.precision for one in scores) / len(scores) >= 0.79
    assert sum(one.recall for one in scores) / len(scores) >= 0.78


def test_intents_and_addressees_are_right() -> None:
    assert FIGURES["intent"].accuracy >= 0.87
    scores = FIGURES["intent"].scores()
    assert min(one.f1 for intent, one in scores.items() if intent != "crisis") >= 0.75
    # To miss somebody in danger is worse than to look in vain.
    assert scores["crisis"].recall >= 0.9
    assert scores["crisis"].precision >= 0.5
    assert FIGURES["addressed"]["accuracy"] >= 0.95


def test_somebody_in_danger_is_told_and_seldom_in_vain() -> None:
    count, crisis = accuracy.danger(LEXICON)
    assert count == 240
    assert crisis.recall >= 0.45
    assert crisis.precision >= 0.9


def test_no_scene_stands_in_two_files_and_no_text_twice() -> None:
    files = [labelled.load(name) for name in FILES]
    scenes = [scene for file in files for scene in {post.scene for post in file}]
    assert len(scenes) == len(set(scenes))
    texts = [post.text for file in files for post in file]
    assert len(texts) == len(set(texts))


@pytest.mark.parametrize("name", [labelled.TRAIN, labelled.DEVELOPMENT, labelled.TEST])  # danger: few topics
def test_annotators_agree(name: str) -> None:
    file = labelled.load(name)
    topics = sorted({topic for post in file for topic in post.topics})
    agreed = [
        labelled.kappa((topic in one.topics, topic in other.topics) for one, other in (post.both for post in file))
        for topic in topics
    ]
    assert sum(agreed) / len(agreed) >= 0.75
