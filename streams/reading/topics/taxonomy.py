"""What a post may be about: the taxonomy as data.

Called by `topic_matcher.py`, which finds topics in texts, by `lexicon.py` and `overlay.py`. A topic belongs to the
post, never to its author. Its class decides where it may go: O (operational) and X (safety) may stand beside a post id;
S (a service line) may not, because it reveals somebody's health; it is only counted, as a tally. Knows no hospital,
place or intent.
"""

import re
from collections.abc import Iterator
from importlib import resources
from typing import Any, Literal

import msgspec

from streams import yaml_file
from streams.errors import UserError
from streams.reading.topics.groups import Group
from streams.reading.topics.phrases import pattern_of
from streams.records import OpenTopics
from streams.vocabulary import ClosedSet, Means

_ID = re.compile(r"[a-z]+(?:_[a-z]+)*")
_TAG = re.compile(r"\w+")
_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")
CONTEXT, ELSEWHERE, WEAK = " context", " elsewhere", " weak"
"""Names of groups, and suffixes to a topic's id for its own groups; no id has a space."""
REMEMBERED = 65_536
"""Combinations of groups whose topics are remembered; when full, the memory is emptied. A few hundred occur."""

Class = Literal["O", "S", "X"]
CLASS: ClosedSet[Class] = ClosedSet(
    "Class", "What a topic may travel with.",
    {
        "O": Means("operational: how a hospital serves people", "May stand beside a post id."),
        "S": Means("a service line, so near to somebody's health", "Only counted; counts of 1 to 4 show as 0."),
        "X": Means("safety: care may have gone wrong", "May stand beside a post id; a person sees the post."),
    },
)  # fmt: skip


class TaxonomyError(UserError):
    """The taxonomy cannot be used. One line: each wrong entry's line number and what is wrong."""


class Topic(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"kind": "class"}):
    """One topic as taxonomy.yaml has it."""

    id: str
    definition: str
    kind: Class
    phrases: tuple[str, ...]
    """One of them is enough."""
    weak: tuple[str, ...] = ()
    """One of them counts only beside a word of `context`, and never beside a word of the taxonomy's `elsewhere`."""
    context: tuple[str, ...] = ()
    """Words that `weak` needs in place of the taxonomy's `context`; empty: the taxonomy's."""
    unless: tuple[str, ...] = ()
    """Idioms: a phrase found inside one does not count."""
    hashtags: tuple[str, ...] = ()
    """Without #."""
    domains: tuple[str, ...] = ()
    """Hosts of links (`donatelife.net`): a link to one, or to a subdomain, is enough."""
    align: tuple[str, ...] = ()
    """The topic's names in HCAHPS, FFT and MedlinePlus. For people; no code uses it."""


class TopicFind(msgspec.Struct, frozen=True):
    """One phrase found for a topic; `why`: why it does not count, empty if it does."""

    topic: str
    phrase: str
    """Or `[list]`, a list of the taxonomy in which a phrase stands, or `[any post]`."""
    why: str
    weight: int = 0
    """Hundredths of the logarithm of the odds; 0 where the topic has no weights."""


class Taxonomy:
    """All topics, by class. Read only."""

    def __init__(
        self, version: int, topics: tuple[Topic, ...], context: tuple[str, ...], elsewhere: tuple[str, ...]
    ) -> None:
        self.version = version
        self.topics = topics
        self.context = context
        self.elsewhere = elsewhere
        self.by_id = {topic.id: topic for topic in topics}
        self.operational = frozenset(topic.id for topic in topics if topic.kind == "O")
        self.service_line = frozenset(topic.id for topic in topics if topic.kind == "S")
        self.safety = frozenset(topic.id for topic in topics if topic.kind == "X")
        self._split: dict[tuple[str, ...], tuple[OpenTopics, tuple[str, ...]]] = {}

    @classmethod
    def load(cls) -> "Taxonomy":
        """The taxonomy that ships with Earshot. Raises `TaxonomyError`."""
        return cls.parse((resources.files(__package__) / "taxonomy.yaml").read_bytes())

    @classmethod
    def parse(cls, text: bytes, name: str = "taxonomy.yaml") -> "Taxonomy":
        """The taxonomy in a YAML text. Raises `TaxonomyError` with everything that is wrong; `name`: of the file, for
        errors."""
        try:
            raw = yaml_file.decode(text, _File, _check)
        except ValueError as error:
            raise TaxonomyError(f"{name}: {error}") from None
        topics = tuple(msgspec.convert(topic, Topic, strict=False) for topic in raw.topics)
        return cls(raw.version, topics, raw.context, raw.elsewhere)

    def groups(self) -> tuple[Group, ...]:
        """The groups that an index must hold for a `TopicMatcher`."""
        groups = [Group(CONTEXT, self.context), Group(ELSEWHERE, self.elsewhere)]
        for topic in self.topics:
            # The host of a link is a phrase like others.
            alone = (*topic.phrases, *(f"#{tag}" for tag in topic.hashtags), *topic.domains)
            groups.append(Group(topic.id, alone, topic.unless))
            groups.append(Group(topic.id + WEAK, topic.weak, topic.unless))
            if topic.context:
                groups.append(Group(topic.id + CONTEXT, topic.context))
        return tuple(groups)

    def split(self, topics: tuple[str, ...]) -> tuple[OpenTopics, tuple[str, ...]]:
        """(topics that may stand beside a post id, service lines), each in the order given. Nothing else makes
        `OpenTopics`."""
        known = self._split.get(topics)
        if known is None:
            if len(self._split) >= REMEMBERED:
                self._split.clear()
            lines = self.service_line
            open_topics = OpenTopics((topic for topic in topics if topic not in lines), lines)
            known = self._split[topics] = open_topics, tuple(topic for topic in topics if topic in lines)
        return known


class _File(msgspec.Struct, forbid_unknown_fields=True):
    version: int
    context: tuple[str, ...]
    elsewhere: tuple[str, ...]
    topics: list[dict[str, Any]]


def _check(raw: _File) -> Iterator[yaml_file.Wrong]:
    for name, phrases in (("context", raw.context), ("elsewhere", raw.elsewhere)):
        yield from _unusable((name,), phrases)
    ids: set[str] = set()
    for number, one in enumerate(raw.topics):
        path = ("topics", number)
        wrong: list[yaml_file.Wrong] = []
        topic = yaml_file.converted(one, Topic, path, wrong)
        if topic is not None:
            wrong += _check_topic(topic, path, ids)
            ids.add(topic.id)
        said = f"topic {one.get('id', f'number {number + 1}')}"
        yield from ((place, f"{said}: {what}") for place, what in wrong)


def _check_topic(topic: Topic, path: yaml_file.Path, earlier: set[str]) -> Iterator[yaml_file.Wrong]:
    if not _ID.fullmatch(topic.id):
        yield (*path, "id"), "the id is not lower-case words with _ between them"
    if topic.id in earlier:
        yield (*path, "id"), "the id stands twice"
    if not topic.definition.strip():
        yield (*path, "definition"), "the definition is empty"
    if not topic.phrases and not topic.weak:
        yield (*path, "phrases"), "it has no phrases"
    for name in ("phrases", "weak", "context", "unless"):
        yield from _unusable((*path, name), getattr(topic, name))
    for number, tag in enumerate(topic.hashtags):
        if not _TAG.fullmatch(tag):
            yield (*path, "hashtags", number), f"the hashtag {tag!r} is not one word without #"
    for number, host in enumerate(topic.domains):
        if not _HOST.fullmatch(host):
            yield (*path, "domains", number), f"the domain {host!r} is not a host such as donatelife.net"
    meant = {*topic.phrases, *topic.weak}
    for number, idiom in enumerate(topic.unless):
        if idiom in meant:
            yield (*path, "unless", number), f"{idiom!r} is both a phrase and an exclusion"


def _unusable(path: yaml_file.Path, phrases: tuple[str, ...]) -> Iterator[yaml_file.Wrong]:
    for number, phrase in enumerate(phrases):
        try:
            pattern_of(phrase)
        except ValueError as error:
            yield (*path, number), str(error)
