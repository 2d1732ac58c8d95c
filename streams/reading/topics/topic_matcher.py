"""Finds a taxonomy's topics in texts: by the evidence of all phrases found, or, for a topic that has no weights, by its
phrases alone.

Called by `lexicon.py`. A topic that weights know counts if the sum of what was found reaches 0 (`evidence.py`). A
topic of a community's own taxonomy without weights counts by one phrase, or by a weak phrase beside a word of care;
`make words` gives it weights. Knows no hospital, place or intent.
"""

from streams.reading.topics.evidence import ANY_POST, SURE, Evidence
from streams.reading.topics.packing import number, zeros
from streams.reading.topics.phrases import Phrases
from streams.reading.topics.taxonomy import CONTEXT, ELSEWHERE, REMEMBERED, WEAK, Taxonomy, TopicFind

TOLD, NEAR = 20, -200
"""Weights below the first are not explained, unless their topic counts; nor is a topic whose sum is below the second:
everything speaks a little for or against everything."""


class TopicMatcher:
    """Finds topics. Use it in one thread: its index remembers the last text."""

    def __init__(self, taxonomy: Taxonomy, phrases: Phrases | None = None, evidence: Evidence | None = None) -> None:
        """`phrases`: an index that holds `taxonomy.groups()` and the weights of `evidence`; without it, the matcher
        makes one. Without `evidence`, every topic counts by its phrases alone."""
        self._evidence = evidence
        weights = evidence.phrases() if evidence is not None else None
        self._phrases = phrases or Phrases(taxonomy.groups(), weights=weights)
        bit = self._phrases.bit
        self._context, self._elsewhere = bit(CONTEXT), bit(ELSEWHERE)
        weighed = {topic for topic in (evidence.topics if evidence is not None else ()) if topic in taxonomy.by_id}
        # For each topic: the bits of its phrases, of its weak phrases, and of the context that these need.
        self._topics = {
            topic.id: (
                bit(topic.id),
                bit(topic.id + WEAK),
                bit(topic.id + CONTEXT) if topic.context else self._context,
            )
            for topic in taxonomy.topics
        }
        self._weighed = tuple(sorted(weighed))
        self._plain = tuple(topic for topic in self._topics if topic not in weighed)
        self._mine = self._context | self._elsewhere
        for bits in self._topics.values():
            for one in bits:
                self._mine |= one
        self._lists: dict[int, int] = {}
        """Bit of a list of the taxonomy -> its packed weights."""
        if evidence is not None:
            groups = [group.name for group in taxonomy.groups()]
            self._lists = {bit(name): packed for name in groups if (packed := evidence.of_list(name))}
        self._start = zeros(len(evidence.topics)) + evidence.start if evidence is not None else 0
        self._enough = evidence.enough if evidence is not None else 0
        self._known: dict[tuple[int, int], tuple[str, ...]] = {}
        self._sums: dict[int, int] = {}

    def topics_of(self, text: str) -> tuple[str, ...]:
        """Ids of the topics, sorted; empty if there are none. Takes any string."""
        found = self._phrases.found(text) & self._mine
        reached = self._sum(text, found) & self._enough
        key = (reached, found if self._plain else 0)
        topics = self._known.get(key)
        if topics is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            topics = self._known[key] = self._decided(found, reached)
        return topics

    def sure_of(self, text: str, topics: tuple[str, ...]) -> tuple[str, ...]:
        """Those of a text's `topics` of which the evidence is sure; a topic without weights is."""
        if self._evidence is None:
            return topics
        total = self._sum(text, self._phrases.found(text) & self._mine)
        place = {topic: lane for lane, topic in enumerate(self._evidence.topics)}
        return tuple(one for one in topics if one not in place or number(total, place[one]) >= SURE)

    def _sum(self, text: str, found: int) -> int:
        """The packed sums of a text: what any post has, the lists found, the phrases found."""
        of_lists = self._sums.get(found)
        if of_lists is None:
            if len(self._sums) >= REMEMBERED:
                self._sums.clear()
            of_lists, lists, rest = self._start, self._lists, found
            while rest:
                lowest = rest & -rest
                of_lists += lists.get(lowest, 0)
                rest ^= lowest
            self._sums[found] = of_lists
        return of_lists + self._phrases.weight(text)

    def _decided(self, found: int, reached: int) -> tuple[str, ...]:
        by_weight = self._evidence.reached(reached) if self._evidence is not None else ()
        by_phrase = [topic for topic in self._plain if not self._missing(found, topic)]
        return tuple(sorted([one for one in by_weight if one in self._weighed] + by_phrase))

    def _missing(self, found: int, topic: str, weak_only: bool = False) -> str:
        """Why the groups found are not enough for the topic; empty if they are."""
        strong, weak, context = self._topics[topic]
        if found & strong and not weak_only:
            # A phrase counts, unless the text has words of `elsewhere` and none of care.
            return "talk of something else" if found & self._elsewhere and not found & self._context else ""
        if not found & weak:
            return "not found"
        if not found & context:
            return "none of its own context near it" if context != self._context else "no word of care near it"
        return "talk of something else" if found & self._elsewhere else ""

    def explain(self, text: str) -> tuple[TopicFind, ...]:
        """Every phrase found for a topic, with its weight and the reason if it does not count."""
        found = self._phrases.found(text) & self._mine
        return (*self._explain_weights(text, found), *self._explain_phrases(text, found))

    def _explain_weights(self, text: str, found: int) -> list[TopicFind]:
        evidence = self._evidence
        if evidence is None:
            return []
        total = self._sum(text, found)
        lists = self._lists_told(text, found, evidence)
        told: list[TopicFind] = []
        for lane, topic in enumerate(evidence.topics):
            if topic not in self._weighed:
                continue
            total_of = number(total, lane)
            rows = [(one, evidence.told(one, topic)) for one in self._phrases.phrases_in(text)]
            rows += [(shown, evidence.told(name, topic)) for name, shown in lists]
            why = "" if total_of >= 0 else f"the sum is {total_of}, below 0"
            speaks = [(phrase, weight) for phrase, weight in rows if weight > (0 if total_of >= 0 else TOLD)]
            if total_of < NEAR or not speaks:
                continue
            told += [TopicFind(topic, phrase, why, weight) for phrase, weight in speaks]
            told += [TopicFind(topic, phrase, "speaks against it", weight) for phrase, weight in rows if weight < -TOLD]
            told.append(TopicFind(topic, ANY_POST, "speaks against it", evidence.told(ANY_POST, topic)))
        return told

    def _lists_told(self, text: str, found: int, evidence: Evidence) -> list[tuple[str, str]]:
        """Each list of the taxonomy that has weights and counts in the text, and it with the phrases found."""
        told: list[tuple[str, str]] = []
        finds = [find for find in self._phrases.explain(text) if not find.struck_by]
        for name, bit in self._names():
            if found & bit and evidence.of_list(name):
                phrases = dict.fromkeys(find.phrase for find in finds if find.group == name)
                told.append((f"[{name.strip()}]", f"{', '.join(phrases)} [{name.strip()}]"))
        return told

    def _names(self) -> list[tuple[str, int]]:
        names = [(CONTEXT, self._context), (ELSEWHERE, self._elsewhere)]
        for topic, (strong, weak, context) in self._topics.items():
            names += [(topic, strong), (topic + WEAK, weak)]
            if context != self._context:
                names.append((topic + CONTEXT, context))
        return names

    def _explain_phrases(self, text: str, found: int) -> list[TopicFind]:
        told: list[TopicFind] = []
        for find in self._phrases.explain(text) if self._plain else ():
            topic = find.group.removesuffix(WEAK)
            if topic not in self._plain:
                continue
            why = f"part of {find.struck_by!r}" if find.struck_by else ""
            why = why or self._missing(found, topic, weak_only=find.group != topic)
            told.append(TopicFind(topic, find.phrase, why))
        return told
