"""The Bluesky payload, one event of Jetstream's `/subscribe`: the fields in use, and how they become a `Post`.

Called by `sources.py`, and by `agents/ingest/bluesky/intake.py`, which matches posts locally and names them. The reader
decodes a whole envelope in one pass. Bluesky identifies an account by its DID. An event has no handles except those
written in its text, no profile and no place. A field of the wrong type raises msgspec's `ValidationError`, and the
reader then goes field by field (`lenient.py`); a missing or null field raises nothing. Knows no hospital.
"""

import hashlib
import re
from collections.abc import Mapping
from itertools import islice

import msgspec

from streams.reading.moments import seconds_of
from streams.reading.post import Post, Standing, link_of
from streams.vocabulary import WrongPart

POSTS = "app.bsky.feed.post"
"""The collection of posts in a repository (its lexicon's name)."""
_MENTION, _TAG, _LINK = (f"app.bsky.richtext.facet#{kind}" for kind in ("mention", "tag", "link"))
_HANDLE = re.compile(r"@((?:[a-z0-9-]{1,63}\.)+[a-z0-9-]{1,63})", re.ASCII | re.IGNORECASE)
"""A handle as it stands in a text: a domain name (AT Protocol, handles)."""
_MOST_HANDLES = 100
"""Looked at in one text: more than the 300 signs of a post have room for."""
_SLACK = 2
"""How far off a mention's span may be at either end: less than half of the shortest handle."""
_Counts = tuple[int, int, int]
"""How far into a text: in UTF-8 bytes, as the protocol has it, in UTF-16 and in characters."""
_Handle = tuple[str, _Counts, _Counts]
"""A handle in a text, lower case, without @; where its @ stands; where it ends."""


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
    """`reply.parent` and the like: a record by its at-uri."""

    uri: str | None = None


class BlueskyReply(msgspec.Struct):
    """`reply`: the post that this one answers, and the one that the thread began with."""

    parent: BlueskyPointer | None = None
    root: BlueskyPointer | None = None


class BlueskyQuoted(msgspec.Struct, gc=False):
    """`embed.record`: what a post quotes; beside pictures, it lies one level deeper."""

    uri: str | None = None
    record: BlueskyPointer | None = None


class BlueskyEmbed(msgspec.Struct):
    """`embed`."""

    record: BlueskyQuoted | None = None


class BlueskyRecord(msgspec.Struct):
    """`commit.record`: the post as its author wrote it."""

    text: str | None = None
    created_at: str | None = msgspec.field(default=None, name="createdAt")
    facets: list[BlueskyFacet] | None = None
    reply: BlueskyReply | None = None
    embed: BlueskyEmbed | None = None
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


PARTS: Mapping[str, WrongPart] = {
    "createdAt": "time", "text": "text", "facets": "entities", "tags": "entities", "reply": "reply", "embed": "reply",
    "langs": "language",
}  # fmt: skip
"""Field -> the part of a post that is unknown without it."""


def standing(payload: BlueskyPayload) -> Standing:
    """What the payload is: a post has an author, a key and a text, which is empty beside a picture. Never raises."""
    commit = payload.commit
    return "post" if payload.did and commit.rkey and commit.record.text is not None else "no_post"


def post_of(payload: BlueskyPayload) -> Post:
    """The payload as a post. Never raises."""
    record, rkey = payload.commit.record, payload.commit.rkey
    text = record.text or ""
    facets = record.facets or ()
    links = [link_of(one.uri) for facet in facets for one in facet.features or () if one.kind == _LINK and one.uri]
    parent, root, quoted = _parent(record), _root(record), _quoted(record)
    answered = _author(parent)
    mentions = _mentions(text, facets)
    if answered:
        # As on X, the author answered stands first, with the handle that the text shows for it, if any.
        handle = next((handle for did, handle in mentions if did == answered), "")
        mentions = [(answered, handle), *(one for one in mentions if one[0] != answered)]
    # Who began the thread and who is quoted is spoken of, as if mentioned; X names them itself.
    known = {did for did, _ in mentions}
    for did in dict.fromkeys((_author(root), _author(quoted))):
        if did and did not in known and did != payload.did:
            mentions.append((did, ""))
    at, id_at = seconds_of(record.created_at), seconds_of_key(rkey)
    return Post(
        id=post_id(uri_of(payload.did, rkey)),
        at=at if at >= 0 else id_at,
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
        quoted=post_id(quoted) if quoted else "",
        id_at=id_at,
        answers_at=seconds_of_key((parent or quoted).rpartition("/")[2]),
        mention_ids=tuple(did for did, _ in mentions),
        wrong=("time",) if at < 0 and record.created_at else (),
    )


def _parent(record: BlueskyRecord) -> str:
    """The at-uri of the post that this one answers; empty when none."""
    return (record.reply.parent.uri or "") if record.reply is not None and record.reply.parent is not None else ""


def _root(record: BlueskyRecord) -> str:
    """The at-uri of the post that began the thread; empty when this one did."""
    return (record.reply.root.uri or "") if record.reply is not None and record.reply.root is not None else ""


def _quoted(record: BlueskyRecord) -> str:
    """The at-uri of the post that this one quotes; empty when none. Other records are shown so, too: feeds, lists."""
    shown = record.embed.record if record.embed is not None else None
    if shown is None:
        return ""
    uri = shown.uri or (shown.record.uri if shown.record is not None else None) or ""
    return uri if f"/{POSTS}/" in uri else ""


def _author(uri: str) -> str:
    """The DID in an at-uri; empty when there is none."""
    if not uri.startswith("at://did:"):
        return ""
    return uri[len("at://") :].partition("/")[0]


def _mentions(text: str, facets: "list[BlueskyFacet] | tuple[()]") -> list[tuple[str, str]]:
    """(DID, handle) of each account mentioned, in the facets' order. The handle is what the text shows there; empty if
    it shows something else."""
    found: dict[str, str] = {}
    handles: list[_Handle] | None = None
    for facet in facets:
        for feature in facet.features or ():
            if feature.kind == _MENTION and feature.did:
                if handles is None:
                    handles = _handles(text)
                found[feature.did] = found.get(feature.did) or _shown(handles, facet.index)
    return list(found.items())


def _handles(text: str) -> "list[_Handle]":
    """The handles that stand in a text, each with where it begins and ends by three counts."""
    found: list[_Handle] = []
    at, counts = 0, (0, 0, 0)
    for one in islice(_HANDLE.finditer(text), _MOST_HANDLES):
        begins = _further(counts, text[at : one.start()])
        at, counts = one.end(), _further(begins, one[0])
        found.append((one[1].lower(), begins, counts))
    return found


def _further(counts: "_Counts", piece: str) -> "_Counts":
    wide = sum(sign > "\uffff" for sign in piece)
    in_bytes, in_utf16, characters = counts
    return in_bytes + len(piece.encode(errors="replace")), in_utf16 + len(piece) + wide, characters + len(piece)


def _shown(handles: "list[_Handle]", span: BlueskySpan | None) -> str:
    """The handle that a span marks, by whichever count it fits best. Clients count in UTF-16 or characters, leave the @
    out, or take a blank too many."""
    start, end = (span.start, span.end) if span is not None else (None, None)
    if start is None or end is None or not 0 <= start < end:
        return ""
    best, off = "", _SLACK + 1
    for handle, begins, ends in handles:
        for first, last in zip(begins, ends, strict=True):
            further = max(abs(first - start), abs(last - end))
            if further < off:
                best, off = handle, further
    return best
