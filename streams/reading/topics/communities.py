"""Finds the communities of interest that a post speaks to, by its hashtags and by the communities' own accounts.

Called by `streams/reading/reader.py`. Knows no topic, hospital or person: a community belongs to the post,
never to its author. Communities of a disease are marked `about_health`: they may be counted, like a service
line, but never stand beside a post.
"""

import re
from collections.abc import Iterable, Iterator
from importlib import resources

import msgspec

from streams import yaml_file
from streams.errors import UserError
from streams.records import NO_COMMUNITIES, OpenCommunities

_ID = re.compile(r"[a-z]+(?:_[a-z]+)*")
_NAME = re.compile(r"[a-z0-9_]+")
_TAG = re.compile(r"(?<![\w&#])#(\w+)")


class CommunitiesError(UserError):
    """The communities cannot be used. One line: each wrong entry's line number and what is wrong."""


class Community(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One community as communities.yaml has it."""

    id: str
    name: str
    about_health: bool
    """Whether posts to it reveal somebody's health: then it is only counted, as a topic of class S is."""
    hashtags: tuple[str, ...]
    """Lower case, without #."""
    handles: tuple[str, ...] = ()
    """Accounts of the community itself; lower case, without @."""


class _File(msgspec.Struct, forbid_unknown_fields=True):
    version: int
    communities: tuple[Community, ...]


class Communities:
    """All communities. Read only."""

    def __init__(self, communities: tuple[Community, ...]) -> None:
        self.by_id = {one.id: one for one in communities}
        self.about_health = frozenset(one.id for one in communities if one.about_health)
        self._by_tag = {tag: one.id for one in communities for tag in one.hashtags}
        self._by_handle = {handle: one.id for one in communities for handle in one.handles}
        self._handles = frozenset(self._by_handle)

    @classmethod
    def load(cls) -> "Communities":
        """The communities that ship with Earshot. Raises `CommunitiesError`."""
        return cls.parse((resources.files(__package__) / "communities.yaml").read_bytes())

    @classmethod
    def parse(cls, text: bytes) -> "Communities":
        """The communities in a YAML text. Raises `CommunitiesError` with everything that is wrong."""
        try:
            return cls(yaml_file.decode(text, _File, _check).communities)
        except ValueError as error:
            raise CommunitiesError(f"communities.yaml: {error}") from None

    def of(self, text: str, handles: Iterable[str] = ()) -> tuple[str, ...]:
        """Ids of the communities, sorted; empty if there are none. Takes any string. `handles`: those that the post
        mentions, lower case, without @."""
        if "#" not in text and self._handles.isdisjoint(handles):
            return ()  # nearly every post
        found = {self._by_handle[handle] for handle in handles if handle in self._by_handle}
        if "#" in text:
            tags = self._by_tag
            found.update(tags[tag] for tag in _TAG.findall(text.lower()) if tag in tags)
        return tuple(sorted(found))

    def split(self, text: str, handles: Iterable[str] = ()) -> tuple[OpenCommunities, tuple[str, ...]]:
        """As `of`, in two parts: those that may stand beside a post id, and those that are only counted."""
        found = self.of(text, handles)
        if not found:
            return NO_COMMUNITIES, ()
        about_health = self.about_health
        return (
            OpenCommunities((one for one in found if one not in about_health), about_health),
            tuple(one for one in found if one in about_health),
        )


def _check(raw: _File) -> Iterator[yaml_file.Wrong]:
    ids: set[str] = set()
    taken: set[str] = set()
    for number, one in enumerate(raw.communities):
        path = ("communities", number)
        if not _ID.fullmatch(one.id):
            yield (*path, "id"), f"community {one.id}: the id is not lower-case words with _ between them"
        if one.id in ids:
            yield (*path, "id"), f"community {one.id}: the id stands twice"
        ids.add(one.id)
        for field, sign, names in (("hashtags", "#", one.hashtags), ("handles", "@", one.handles)):
            for place, name in enumerate(names):
                if not _NAME.fullmatch(name):
                    yield (
                        (*path, field, place),
                        f"community {one.id}: {name!r} is no lower-case word without {sign}",
                    )
                if sign + name in taken:
                    yield (*path, field, place), f"community {one.id}: {sign}{name} stands twice"
                taken.add(sign + name)
