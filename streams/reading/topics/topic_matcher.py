"""Finds a taxonomy's topics in texts: by the evidence of all phrases found, or, for a topic that has no weights, by its
phrases alone.

Called by `lexicon.py`. A topic that weights know counts if the sum of what was found reaches 0 (`evidence.py`). A
topic of a community's own taxonomy without weights counts by one phrase, or by a weak phrase beside a word of care;
`make words` gives it weights. Knows no hospital, place or intent.
"""

from librt.vecs import vec
from mypy_extensions import i64

from streams.reading.topics.evidence import ANY_POST, SURE, Evidence
from streams.reading.topics.phrases import Found, Phrases
from streams.reading.topics.taxonomy import CONTEXT, ELSEWHERE, REMEMBERED, WEAK, Taxonomy, TopicFind
from streams.reading.topics.weights import unfold

TOLD, NEAR = 20, -200
"""Weights below the first are not explained, unless their topic counts; nor is a topic whose sum is below the second:
everything speaks a little for or against everything."""


class TopicMatcher:
    """Finds topics. Use it in one thread: its index remembers the last texts."""

    def __init__(self, taxonomy: Taxonomy, phrases: Phrases | None = None, evidence: Evidence | None = None) -> None:
        """`phrases`: an index that holds `taxonomy.groups()` and, in its first lanes, the weights of `evidence`;
        without it, the matcher makes one. Without `evidence`, every topic counts by its phrases alone."""
        self._evidence = evidence
        groups = taxonomy.groups()
        self._phrases = phrases or Phrases(groups, weighing=evidence.weighing(groups) if evidence is not None else None)
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
        self._lanes: i64 = len(evidence.topics) if evidence is not None else 0
        self._sums = vec[i64]([0] * int(self._lanes))
        """By lane, of the last text that was decided."""
        self._names = evidence.topics if evidence is not None else ()
        self._sure: dict[tuple[int, tuple[str, ...]], int] = {}
        self._known: dict[int, tuple[str, ...]] = {}
        """Bits of the lanes that reached 0 -> the topics that count by weight."""

    def topics_of(self, text: str) -> tuple[str, ...]:
        """Ids of the topics, sorted; empty if there are none. Takes any string."""
        found = self._phrases.found(text)
        topics = found.topics
        return self._decided(found) if topics is None else topics

    def sure_bits(self, text: str, topics: tuple[str, ...]) -> int:
        """Which of a text's `topics` are sure: bit i is set for `topics[i]` unless it counts by evidence that is only
        likely. So a topic without weights is sure, and one that a hospital's own phrase gave. Cheap right after
        `topics_of` of the same text."""
        found = self._phrases.found(text)
        if found.topics is None:
            self._decided(found)
        if found.likely == 0:
            return (1 << len(topics)) - 1
        key = (int(found.likely), topics)
        bits = self._sure.get(key)
        if bits is None:
            if len(self._sure) >= REMEMBERED:
                self._sure.clear()
            only = {topic for lane, topic in enumerate(self._names) if key[0] >> lane & 1}
            bits = self._sure[key] = sum(1 << place for place, topic in enumerate(topics) if topic not in only)
        return bits

    def sure_of(self, text: str, topics: tuple[str, ...]) -> tuple[str, ...]:
        """Those of a text's `topics` that are sure, as `sure_bits` tells them."""
        bits = self.sure_bits(text, topics)
        return tuple(topic for place, topic in enumerate(topics) if bits >> place & 1)

    def _decided(self, found: Found) -> tuple[str, ...]:
        """Decide the topics of a text, and which of them are only likely."""
        sums = self._sums
        unfold(found.totals, found.parts, sums)
        reached: i64 = 0
        sure: i64 = 0
        bit: i64 = 1
        for lane in range(self._lanes):
            if sums[lane] >= 0:
                reached |= bit
                if sums[lane] >= SURE:
                    sure |= bit
            bit <<= 1
        found.likely = reached & ~sure
        topics = self._known.get(reached)
        if topics is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            names = enumerate(self._names)
            topics = tuple(topic for place, topic in names if int(reached) >> place & 1 and topic in self._weighed)
            self._known[reached] = topics
        if self._plain:
            by_phrase = [topic for topic in self._plain if not self._missing(found.bits & self._mine, topic)]
            topics = tuple(sorted([*topics, *by_phrase]))
        found.topics = topics
        return topics

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
        found = self._phrases.found(text)
        bits = found.bits & self._mine
        return (*self._explain_weights(text, bits, found), *self._explain_phrases(text, bits))

    def _explain_weights(self, text: str, bits: int, found: Found) -> list[TopicFind]:
        evidence = self._evidence
        if evidence is None:
            return []
        lists = self._lists_told(text, bits, evidence)
        phrases = self._phrases.phrases_in(text)
        unfold(found.totals, found.parts, self._sums)
        told: list[TopicFind] = []
        for lane, topic in enumerate(evidence.topics):
            if topic not in self._weighed:
                continue
            total_of = int(self._sums[lane])
            rows = [(one, evidence.told(one, topic)) for one in phrases]
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
        for name, bit in self._lists():
            if found & bit and evidence.of_list(name):
                phrases = dict.fromkeys(find.phrase for find in finds if find.group == name)
                told.append((f"[{name.strip()}]", f"{', '.join(phrases)} [{name.strip()}]"))
        return told

    def _lists(self) -> list[tuple[str, int]]:
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
