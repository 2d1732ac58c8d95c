"""All words that decide topics and intents, as one immutable value: taxonomy, intents, the hospitals' own topics.

Made by `agents/worker/knowledge.py` at start and again when a file changed; `streams/reading/reader.py` uses it. Topics
and intents share one index, so that each text is scanned once. Knows no clock and watches no file.
"""

from collections.abc import Container, Mapping
from pathlib import Path

from streams.reading.topics import intent_evidence, overlay
from streams.reading.topics.evidence import Evidence
from streams.reading.topics.groups import Find, Weighing
from streams.reading.topics.intent import NEEDED_TOPICS, Intents
from streams.reading.topics.intent_words import IntentFind, IntentRead, IntentWords
from streams.reading.topics.overlay import Overlay, OverlayError
from streams.reading.topics.phrases import Phrases
from streams.reading.topics.quotations import own_words
from streams.reading.topics.taxonomy import Taxonomy, TaxonomyError, TopicFind
from streams.reading.topics.topic_matcher import TopicMatcher
from streams.reading.topics.weights import aligned
from streams.vocabulary import Intent


class Lexicon:
    """Finds topics and intents. Its words never change. Use it in one thread: it remembers the last texts."""

    def __init__(
        self,
        taxonomy: Taxonomy,
        words: IntentWords,
        overlays: Mapping[str, Overlay],
        evidence: Evidence | None = None,
        for_intents: Evidence | None = None,
    ) -> None:
        """`overlays`: by hospital id. `evidence`: without it, topics count by their phrases alone. `for_intents`:
        without it, rules alone decide intents."""
        self.taxonomy = taxonomy
        self.overlays = overlays
        # Intents have the lanes above the topics'.
        weighing = evidence.weighing(taxonomy.groups()) if evidence is not None else Weighing()
        first_lane = aligned(weighing.lanes)
        if for_intents is not None:
            weighing = weighing.beside(for_intents.weighing(words.groups()), first_lane)
        # The groups of intents stand first: their rules read the lowest bits alone.
        self._phrases = Phrases((*words.groups(), *taxonomy.groups()), weighing=weighing)
        self._intent_groups = frozenset(group.name for group in words.groups())
        self._matcher = TopicMatcher(taxonomy, self._phrases, evidence)
        self._intents = Intents(words, self._phrases, None, for_intents, first_lane)
        self.prepare = self._phrases.prepare
        self.topics_of = self._matcher.topics_of
        self.sure_of = self._matcher.sure_of
        self.sure_bits = self._matcher.sure_bits

    @classmethod
    def load(cls, taxonomy_file: str = "", hospital_topics_file: str = "", hospitals: Container[str] = ()) -> "Lexicon":
        """Load the words from files; for an empty name, the shipped ones. `hospitals`: ids in the directory.

        Raises `TaxonomyError`, `OverlayError`, `IntentError` or `EvidenceError`.
        """
        try:
            taxonomy = (
                Taxonomy.parse(Path(taxonomy_file).read_bytes(), taxonomy_file) if taxonomy_file else Taxonomy.load()
            )
        except OSError as error:
            raise TaxonomyError(
                f"{taxonomy_file}: cannot be read ({error.strerror}); EARSHOT_TAXONOMY_FILE names the taxonomy"
            ) from None
        if missing := [topic for topic in NEEDED_TOPICS if topic not in taxonomy.by_id]:
            raise TaxonomyError(
                f"{taxonomy_file or 'taxonomy.yaml'}: it has no topic {', '.join(missing)}, which the rules for "
                "intents name; copy it from the shipped taxonomy.yaml"
            )
        overlays: dict[str, Overlay] = {}
        if hospital_topics_file:
            try:
                text = Path(hospital_topics_file).read_bytes()
            except OSError as error:
                raise OverlayError(
                    f"{hospital_topics_file}: cannot be read ({error.strerror}); EARSHOT_HOSPITAL_TOPICS_FILE names "
                    "the hospitals' own topics"
                ) from None
            overlays = overlay.parse(text, taxonomy, hospitals, hospital_topics_file)
        evidence = Evidence.load()
        if taxonomy_file:
            evidence = evidence.grown(_added(taxonomy, Taxonomy.load()))
        return cls(taxonomy, IntentWords.load(), overlays, evidence, intent_evidence.load())

    @property
    def size(self) -> int:
        """Phrases of any kind in the shared index."""
        return self._phrases.size

    def topics_for(self, hospital: str, text: str, topics: tuple[str, ...]) -> tuple[str, ...]:
        """`topics`, which `topics_of` gave, with one hospital's changes."""
        own = self.overlays.get(hospital)
        return topics if own is None else own.topics_of(text, topics)

    def intent_of(self, text: str, addressed: bool, topics: tuple[str, ...]) -> Intent:
        """The intent, by the author's own words."""
        return self._intents.read(own_words(text), addressed, topics).intent

    def explain_topics(self, text: str, hospital: str = "") -> tuple[TopicFind, ...]:
        """Every phrase found for a topic, with the reason if it does not count; `hospital`: with its changes."""
        found = self._matcher.explain(text)
        own = self.overlays.get(hospital)
        return found if own is None else tuple(own.explain(text, found))

    def weigh_intent(
        self, text: str, addressed: bool, topics: tuple[str, ...]
    ) -> tuple[IntentRead, dict[Intent, int], tuple[IntentFind, ...]]:
        """The intent as `intent_of` finds it; the sum of each, and what speaks for and against each."""
        own = own_words(text)
        return (self._intents.read(own, addressed, topics), *self._intents.explain(own, addressed, topics))

    def explain_intent(self, text: str) -> tuple[Find, ...]:
        """Every phrase for intents in the author's own words."""
        return tuple(find for find in self._phrases.explain(own_words(text)) if find.group in self._intent_groups)


def _added(taxonomy: Taxonomy, shipped: Taxonomy) -> dict[str, tuple[str, ...]]:
    """Topic -> its phrases that the shipped taxonomy lacks, and that the weights therefore do not know."""
    return {
        topic.id: tuple(one for one in topic.phrases if one not in shipped.by_id[topic.id].phrases)
        for topic in taxonomy.topics
        if topic.id in shipped.by_id
    }
