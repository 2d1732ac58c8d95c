"""What a post is about: the taxonomy as data, and the matcher that finds its topics in a text.

Called by the reader. Topics belong to the post, never to its author, and each has a class that decides how it may
travel: O (operational) and X (safety) may stay with a post id; S (a service line, so near to somebody's health) may
not, and leaves as a bare tally. Knows no hospital, place or intent.
"""

import re
from importlib import resources
from typing import Any, Literal

import msgspec

from streams.errors import UserError
from streams.reading.topics.phrases import Group, Phrases, pattern_of

_ID = re.compile(r"[a-z]+(?:_[a-z]+)*")
_CONTEXT, _ELSEWHERE, _WEAK = " context", " elsewhere", " weak"
"""Group names beside the topics'; no id has a space."""
REMEMBERED = 65_536
"""Combinations of groups whose topics are remembered; then the memory starts anew. A few hundred occur."""


class TaxonomyError(UserError):
    """The taxonomy cannot be used. One line: each topic's id and what is wrong."""


class Topic(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"kind": "class"}):
    """One topic as taxonomy.yaml has it."""

    id: str
    definition: str
    kind: Literal["O", "S", "X"]
    phrases: tuple[str, ...]
    """Each is enough alone."""
    weak: tuple[str, ...] = ()
    """Each counts only beside a word of the care context, and never in talk of something else (`context`,
    `elsewhere`)."""
    unless: tuple[str, ...] = ()
    """Idioms: a phrase found inside one is not meant."""
    hashtags: tuple[str, ...] = ()
    """Without #."""


class TopicFind(msgspec.Struct, frozen=True):
    """One phrase found for a topic; `why` says why it does not count, empty if it does."""

    topic: str
    phrase: str
    why: str


class Taxonomy:
    """All topics, by class. Read only."""

    def __init__(
        self, version: int, topics: tuple[Topic, ...], context: tuple[str, ...], elsewhere: tuple[str, ...]
    ) -> None:
        self.version = version
        self.topics = topics
        self.context = context
        self.elsewhere = elsewhere
        self.operational = frozenset(topic.id for topic in topics if topic.kind == "O")
        self.service_line = frozenset(topic.id for topic in topics if topic.kind == "S")
        self.safety = frozenset(topic.id for topic in topics if topic.kind == "X")

    @classmethod
    def load(cls) -> "Taxonomy":
        """The taxonomy that ships with Earshot. Raises `TaxonomyError`."""
        return cls.parse((resources.files(__package__) / "taxonomy.yaml").read_bytes())

    @classmethod
    def parse(cls, text: bytes) -> "Taxonomy":
        """The taxonomy in a YAML text. Raises `TaxonomyError` with everything that is wrong."""
        try:
            raw = msgspec.yaml.decode(text, type=_File)
        except msgspec.DecodeError as error:
            raise TaxonomyError(f"taxonomy.yaml: {_line(error)}") from None
        topics: list[Topic] = []
        wrong: list[str] = []
        for number, one in enumerate(raw.topics, start=1):
            try:
                topic = msgspec.convert(one, Topic)
                _check(topic, {other.id for other in topics})
                topics.append(topic)
            except ValueError as error:  # msgspec.ValidationError is one
                wrong.append(f"topic {one.get('id', f'number {number}')}: {_line(error)}")
        for phrase in (*raw.context, *raw.elsewhere):
            try:
                pattern_of(phrase)
            except ValueError as error:
                wrong.append(str(error))
        if wrong:
            raise TaxonomyError(f"taxonomy.yaml: {'; '.join(wrong)}")
        return cls(raw.version, tuple(topics), raw.context, raw.elsewhere)

    def groups(self) -> tuple[Group, ...]:
        """What an index has to hold so that a `TopicMatcher` can use it."""
        groups = [Group(_CONTEXT, self.context), Group(_ELSEWHERE, self.elsewhere)]
        for topic in self.topics:
            hashtags = tuple(f"#{tag}" for tag in topic.hashtags)
            groups.append(Group(topic.id, topic.phrases + hashtags, topic.unless))
            groups.append(Group(topic.id + _WEAK, topic.weak, topic.unless))
        return tuple(groups)

    def split(self, topics: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """(what may stay with a post, service lines), each in the order given."""
        service_line = self.service_line
        if service_line.isdisjoint(topics):
            return topics, ()
        return (
            tuple(topic for topic in topics if topic not in service_line),
            tuple(topic for topic in topics if topic in service_line),
        )


class TopicMatcher:
    """Finds a taxonomy's topics in texts."""

    def __init__(self, taxonomy: Taxonomy, phrases: Phrases | None = None) -> None:
        """`phrases`: an index that holds `taxonomy.groups()` among others; without it, one of its own."""
        self._phrases = phrases or Phrases(taxonomy.groups())
        bit = self._phrases.bit
        self._strong = {topic.id: bit(topic.id) for topic in taxonomy.topics}
        self._weak = {topic.id: bit(topic.id + _WEAK) for topic in taxonomy.topics}
        self._context, self._elsewhere = bit(_CONTEXT), bit(_ELSEWHERE)
        self._mine = self._context | self._elsewhere
        for one in (*self._strong.values(), *self._weak.values()):
            self._mine |= one
        self._known: dict[int, tuple[str, ...]] = {}

    def topics_of(self, text: str) -> tuple[str, ...]:
        """Ids of the topics, sorted; empty if there are none. Any string."""
        found = self._phrases.found(text) & self._mine
        topics = self._known.get(found)
        if topics is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            topics = self._known[found] = self._decided(found)
        return topics

    def _decided(self, found: int) -> tuple[str, ...]:
        weak = found & self._context and not found & self._elsewhere
        return tuple(
            sorted(topic for topic, bit in self._strong.items() if found & bit or (weak and found & self._weak[topic]))
        )

    def explain(self, text: str) -> tuple[TopicFind, ...]:
        """Every phrase found for a topic, and why it does not count if it does not."""
        found = self._phrases.found(text)
        told: list[TopicFind] = []
        for find in self._phrases.explain(text):
            topic = find.group.removesuffix(_WEAK)
            if topic not in self._strong:
                continue
            why = f"part of {find.struck_by!r}" if find.struck_by else ""
            if find.group != topic and not why:
                if not found & self._context:
                    why = "no word of care near it"
                elif found & self._elsewhere:
                    why = "talk of something else"
            told.append(TopicFind(topic, find.phrase, why))
        return tuple(told)


class _File(msgspec.Struct, forbid_unknown_fields=True):
    version: int
    context: tuple[str, ...]
    elsewhere: tuple[str, ...]
    topics: list[dict[str, Any]]


def _check(topic: Topic, earlier: set[str]) -> None:
    if not _ID.fullmatch(topic.id):
        raise ValueError("the id is not lower-case words with _ between them")
    if topic.id in earlier:
        raise ValueError("the id stands twice")
    if not topic.definition.strip():
        raise ValueError("the definition is empty")
    if not topic.phrases and not topic.weak:
        raise ValueError("it has no phrases")
    for phrase in (*topic.phrases, *topic.weak, *topic.unless, *topic.hashtags):
        pattern_of(phrase)
    if twice := set(topic.unless) & {*topic.phrases, *topic.weak}:
        raise ValueError(f"{min(twice)!r} is both a phrase and an exclusion")


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
