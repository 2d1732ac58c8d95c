"""A hospital's own changes to the taxonomy: topics switched off, phrases added.

Called by `lexicon.py`. Only posts tied to a hospital are searched for its phrases, in an index of their own, so
they cost other hospitals nothing. Knows no post.

    "240010":
      off: [rumor_misinfo_watch]
      phrases:
        emergency_care: [saint marys ed, the purple zone]
"""

from collections.abc import Container, Iterable, Iterator, Mapping

import msgspec

from streams import yaml_file
from streams.errors import UserError
from streams.reading.topics.groups import Group
from streams.reading.topics.phrases import Phrases, pattern_of
from streams.reading.topics.taxonomy import Taxonomy, TopicFind


class OverlayError(UserError):
    """The hospitals' own topics cannot be used. One line: each wrong entry's line number and what is wrong."""


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    off: tuple[str, ...] = ()
    phrases: dict[str, tuple[str, ...]] = {}


class Overlay:
    """One hospital's changes. Read only."""

    def __init__(self, off: frozenset[str], phrases: Mapping[str, tuple[str, ...]], taxonomy: Taxonomy) -> None:
        self._off = off
        self._added = tuple(phrases)
        self._index = Phrases(Group(topic, own, taxonomy.by_id[topic].unless) for topic, own in phrases.items())

    def explain(self, text: str, found: Iterable[TopicFind]) -> Iterator[TopicFind]:
        """Extend `found`, the taxonomy's explanation of the text, with the hospital's own phrases; topics that it
        switched off do not count."""
        for one in found:
            off = one.topic in self._off and not one.why
            yield msgspec.structs.replace(one, why="switched off by the hospital") if off else one
        for own in self._index.explain(text):
            yield TopicFind(own.group, own.phrase, f"part of {own.struck_by!r}" if own.struck_by else "")

    def topics_of(self, text: str, topics: tuple[str, ...]) -> tuple[str, ...]:
        """The post's topics for this hospital, sorted. `topics`: those by the taxonomy alone."""
        found = self._index.found(text).bits
        added = {topic for topic in self._added if found & self._index.bit(topic)}
        return tuple(sorted(added.union(topics) - self._off))


def parse(text: bytes, taxonomy: Taxonomy, hospitals: Container[str], name: str) -> dict[str, Overlay]:
    """Hospital id -> its overlay, from a YAML text. `hospitals`: ids in the directory; `name`: of the file, for errors.

    Raises `OverlayError` with everything that is wrong.
    """

    def check(entries: dict[str, _Entry]) -> Iterator[yaml_file.Wrong]:
        for hospital, entry in entries.items():
            if hospital not in hospitals:
                yield (hospital,), f"hospital {hospital} is not in the directory"
            yield from (((hospital, *path), f"hospital {hospital}: {what}") for path, what in _check(entry, taxonomy))

    if not text.strip():
        return {}
    try:
        entries = yaml_file.decode(text, dict[str, _Entry], check)
    except ValueError as error:
        raise OverlayError(f"{name}: {error}") from None
    return {hospital: Overlay(frozenset(one.off), one.phrases, taxonomy) for hospital, one in entries.items()}


def _check(entry: _Entry, taxonomy: Taxonomy) -> Iterator[yaml_file.Wrong]:
    for number, topic in enumerate(entry.off):
        if topic not in taxonomy.by_id:
            yield ("off", number), f"there is no topic {topic}"
    for topic, phrases in entry.phrases.items():
        path = ("phrases", topic)
        if topic not in taxonomy.by_id:
            yield path, f"there is no topic {topic}"
        elif topic in entry.off:
            yield path, f"{topic} is switched off and has phrases"
        for number, phrase in enumerate(phrases):
            try:
                pattern_of(phrase)
            except ValueError as error:
                yield (*path, number), str(error)
