"""The Bluesky payload, one event of Jetstream's `/subscribe`: the fields in use, and how they become a `Post`.

Called by `sources.py`, and by `agents/ingest/bluesky/intake.py`, which matches posts locally and names them. The reader
decodes a whole envelope in one pass. Bluesky identifies an account by its DID. An event has no handles except those
written in its text, no profile and no place. A field of the wrong type raises msgspec's `ValidationError`; a missing or
null field raises nothing. Knows no hospital.
"""

import hashlib
import re

import msgspec

from streams.reading.post import Post, link_of, seconds_of

POSTS = "app.bsky.feed.post"
"""The collection of posts in a repository (its lexicon's name)."""
_MENTION, _TAG, _LINK = (f"app.bsky.richtext.facet#{kind}" for kind in ("mention", "tag", "link"))
_HANDLE = re.compile(r"@((?:[a-z0-9-]{1,63}\.)+[a-z0-9-]{1,63})", re.ASCII)
"""A handle as it stands in a text, lower case: a domain name (AT Protocol, handles)."""


class BlueskySpan(msgspec.Struct, gc=False):
    """`facets[].index`: offsets into the text's UTF-8 bytes."""

    start: int | None = msgspec.field(default=None, name="byteStart")
    end: int | None = msgspec.field(default=None, name="byteEnd")


class BlueskyFeature(msgspec.Struct, gc=False):
    """`facets[].features[]`: a mention, a hashtag or a link."""

    kind: str | None = msgspec.field(default=None, name="$type")
    did: str | None = None
    tag: str | None = None
    uri: str | None = None


class BlueskyFacet(msgspec.Struct):
    """`facets[]`: marks a piece of the text."""

    index: BlueskySpan | None = None
    features: list[BlueskyFeature] | None = None


class BlueskyPointer(msgspec.Struct, gc=False):
    """`reply.parent`."""

    uri: str | None = None


class BlueskyReply(msgspec.Struct):
    """`reply`."""

    parent: BlueskyPointer | None = None


class BlueskyRecord(msgspec.Struct):
    """`commit.record`: the post as its author wrote it."""

    text: str | None = None
    created_at: str | None = msgspec.field(default=None, name="createdAt")
    facets: list[BlueskyFacet] | None = None
    reply: BlueskyReply | None = None
    tags: list[str] | None = None
    """Hashtags beside the text, without #."""
    langs: list[str] | None = None
    """Languages that the author named: `en`, `pt-BR`."""


class BlueskyCommit(msgspec.Struct):
    """`commit`: a new or changed post."""

    rkey: str
    record: BlueskyRecord


class BlueskyPayload(msgspec.Struct):
    """One event that is a post."""

    did: str
    commit: BlueskyCommit


class BlueskyEnvelope(msgspec.Struct, tag_field="source", tag="bluesky"):
    """A `records.Envelope` of source `bluesky`, decoded together with its payload."""

    id: str
    payload: BlueskyPayload


def post_id(uri: str) -> str:
    """A post's id in Earshot, from its at-uri: `b` and 32 hexadecimal digits.

    The at-uri names the author's DID, and nothing past the Kafka topic `posts` may carry an author, so the id is a hash
    of it. It has no key: a post, its deletion and an answer to it must come to the same id wherever they are read. An
    id of X never begins with `b`, so no two ids are equal.
    """
    return "b" + hashlib.blake2b(uri.encode(), digest_size=16).hexdigest()


def uri_of(did: str, rkey: str, collection: str = POSTS) -> str:
    """The at-uri of a record, as answers name it."""
    return f"at://{did}/{collection}/{rkey}"


_KEY_SIGNS = "234567abcdefghijklmnopqrstuvwxyz"
_KEY_LENGTH = 13


def seconds_of_key(rkey: str) -> int:
    """When a record with this key was made, seconds since the epoch; -1 for a key that is no TID.

    A TID is 13 signs of base 32: 53 bits of microseconds, 10 of a clock's number (atproto.com/specs/tid).
    """
    if len(rkey) != _KEY_LENGTH or rkey[0] not in _KEY_SIGNS[:16]:
        return -1
    number = 0
    for sign in rkey:
        value = _KEY_SIGNS.find(sign)
        if value < 0:
            return -1
        number = number << 5 | value
    return (number >> 10) // 1_000_000


def hashtags_of(record: BlueskyRecord) -> tuple[str, ...]:
    """The post's hashtags: lower case, without #, each once."""
    features = (feature for facet in record.facets or () for feature in facet.features or () if feature.kind == _TAG)
    tags = [*(feature.tag for feature in features if feature.tag), *(record.tags or ())]
    return tuple(dict.fromkeys(tag.lower() for tag in tags))


def post_of(payload: BlueskyPayload) -> Post:
    """The payload as a post. Never raises."""
    record = payload.commit.record
    text = record.text or ""
    facets = record.facets or ()
    links = [link_of(one.uri) for facet in facets for one in facet.features or () if one.kind == _LINK and one.uri]
    parent = record.reply.parent.uri if record.reply is not None and record.reply.parent is not None else None
    answered = _author(parent or "")
    mentions = _mentions(text, facets)
    if answered:
        # As on X, the author answered stands first, with the handle that the text shows for it, if any.
        handle = next((handle for did, handle in mentions if did == answered), "")
        mentions = [(answered, handle), *(one for one in mentions if one[0] != answered)]
    return Post(
        id=post_id(uri_of(payload.did, payload.commit.rkey)),
        at=seconds_of(record.created_at),
        # A link's text may be anything; its host shows what the post is about.
        text=" ".join([text, *filter(None, links)]),
        author_id=payload.did,
        author_handle="",
        author_location="",
        mentions=tuple(handle for _, handle in mentions),
        reply_to=post_id(parent) if parent else "",
        reply_to_author=answered,
        repost=False,
        geo_country="",
        geo_name="",
        geo_type="",
        coordinates=None,
        network="bluesky",
        id_at=seconds_of_key(payload.commit.rkey),
        answers_at=seconds_of_key(parent.rpartition("/")[2]) if parent else -1,
        mention_ids=tuple(did for did, _ in mentions),
    )


def _author(uri: str) -> str:
    """The DID in an at-uri; empty when there is none."""
    if not uri.startswith("at://did:"):
        return ""
    return uri[len("at://") :].partition("/")[0]


def _mentions(text: str, facets: "list[BlueskyFacet] | tuple[()]") -> list[tuple[str, str]]:
    """(DID, handle) of each account mentioned, in the facets' order. The handle is what the text shows; empty if it
    shows something else or the offsets are wrong."""
    found: dict[str, str] = {}
    raw = b""
    for facet in facets:
        for feature in facet.features or ():
            if feature.kind == _MENTION and feature.did:
                raw = raw or text.encode()
                handle = _shown(raw, facet.index)
                found[feature.did] = found.get(feature.did) or handle
    return list(found.items())


def _shown(raw: bytes, span: BlueskySpan | None) -> str:
    start, end = (span.start, span.end) if span is not None else (None, None)
    if start is None or end is None or not 0 <= start < end <= len(raw):
        return ""
    # Offsets that cut a character in two, or do not enclose a handle, match nothing.
    shown = _HANDLE.fullmatch(raw[start:end].decode(errors="replace").lower())
    return shown[1] if shown else ""
