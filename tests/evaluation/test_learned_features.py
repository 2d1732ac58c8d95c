"""What weights are learned from is what the tagger adds up: else a weight counts where nobody learned it."""

from streams.reading.topics.evidence import ANY_POST, Evidence
from streams.reading.topics.taxonomy import Taxonomy
from streams.reading.topics.topic_matcher import TopicMatcher
from training import labelled
from training.words import Features


def test_the_tagger_finds_what_the_weights_were_learned_from() -> None:
    taxonomy, evidence = Taxonomy.load(), Evidence.load()
    features, tagger = Features(taxonomy), TopicMatcher(taxonomy, evidence=evidence)
    posts = labelled.load(labelled.DEVELOPMENT)
    differ = [
        post.id for post in posts if _counted(features.of(post.text), evidence) != set(tagger.topics_of(post.text))
    ]
    assert len(differ) <= 0.02 * len(posts), differ


def _counted(names: set[str], evidence: Evidence) -> set[str]:
    found = [ANY_POST, *names]
    return {topic for topic in evidence.topics if sum(evidence.told(name, topic) for name in found) >= 0}
