"""The sources whose payloads can be read, by name: the envelope's type of each, and how its payload becomes a `Post`.

Called by `reader.py` alone. Owns the list and nothing else: each source's module declares its payload.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from streams.reading import bluesky, x
from streams.reading.post import Post, Standing
from streams.reading.x_payload import XEnvelope
from streams.vocabulary import WrongPart


class PostEnvelope(Protocol):
    """An envelope of any source, decoded together with its payload."""

    id: str
    payload: Any


def _a_post(_: Any) -> Standing:
    return "post"


class PayloadReader(NamedTuple):
    """How one source's payload is read."""

    envelope: type[PostEnvelope]
    """A struct with the tag field `source`."""
    post_of: Callable[[Any], Post]
    """The envelope's payload as a post. Never raises."""
    standing: Callable[[Any], Standing] = _a_post
    """What a payload of the right shape is. Never raises."""
    parts: Mapping[str, WrongPart] = MappingProxyType({})
    """Name of a field -> the part of a post that is unknown where that field is wrong."""


READERS: Mapping[str, PayloadReader] = {
    "x": PayloadReader(XEnvelope, x.post_of, x.standing, x.PARTS),
    "bluesky": PayloadReader(bluesky.BlueskyEnvelope, bluesky.post_of, bluesky.standing, bluesky.PARTS),
}
"""The names are those of `streams.vocabulary.SOURCES`; a test compares the two."""

POST_OF: Mapping[type, Callable[[Any], Post]] = {one.envelope: one.post_of for one in READERS.values()}
"""Type of envelope -> how its payload becomes a post."""
STANDING_OF: Mapping[type, Callable[[Any], Standing]] = {one.envelope: one.standing for one in READERS.values()}
"""Type of envelope -> how its payload is judged."""
