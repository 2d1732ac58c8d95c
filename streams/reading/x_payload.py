"""The X API v2 payload: the fields that Earshot uses.

Made by the reader, which decodes a whole envelope in one pass; `x.py` makes posts of it. X names some fields in two
ways (tweet, post); both are read. A field that is not declared here is skipped undecoded. A field of the wrong type
raises msgspec's `ValidationError`, and the reader then goes field by field (`lenient.py`); a field that X may omit or
send as null raises nothing. Shapes alone: a module with shapes cannot be compiled (`deploy/compiled/modules.py`).
"""

import msgspec

Id = int | str | None
"""X sends ids as strings, some gateways as numbers."""


class XUser(msgspec.Struct, gc=False):
    """`includes.users[]`."""

    id: Id = None
    username: str | None = None
    location: str | None = None


class XPlace(msgspec.Struct, gc=False):
    """`includes.places[]`."""

    id: str | None = None
    full_name: str | None = None
    country_code: str | None = None
    place_type: str | None = None


class XIncluded(msgspec.Struct):
    """`includes.tweets[]` or `includes.posts[]`: a post that another one answers or quotes."""

    id: Id = None
    edit_history_tweet_ids: list[Id] | None = None
    edit_history_post_ids: list[Id] | None = None


decode_included = msgspec.json.Decoder(list[XIncluded] | None).decode


class XIncludes(msgspec.Struct):
    """`includes`. Posts sent along stay undecoded until one is asked for: what is wrong in them costs nothing."""

    users: list[XUser] | None = None
    places: list[XPlace] | None = None
    tweets: msgspec.Raw = msgspec.Raw(b"")
    posts: msgspec.Raw = msgspec.Raw(b"")


class XMention(msgspec.Struct, gc=False):
    """`entities.mentions[]`."""

    username: str | None = None
    id: Id = None


class XUrl(msgspec.Struct, gc=False):
    """`entities.urls[]`: a link. The text has only X's short form of it."""

    url: str | None = None
    expanded_url: str | None = None
    unwound_url: str | None = None
    """Where the link leads in the end, past other shorteners; only if X knows."""


class XEntities(msgspec.Struct):
    """`entities`."""

    mentions: list[XMention] | None = None
    urls: list[XUrl] | None = None


class XNote(msgspec.Struct):
    """`note_tweet` or `note_post`: a long post's whole text."""

    text: str | None = None
    entities: XEntities | None = None


class XReference(msgspec.Struct, gc=False):
    """`referenced_tweets[]` or `referenced_posts[]`."""

    type: str | None = None
    id: Id = None


class XPoint(msgspec.Struct):
    """GeoJSON: (longitude, latitude), degrees."""

    coordinates: list[float] | None = None


class XGeo(msgspec.Struct):
    """`geo`."""

    place_id: str | None = None
    coordinates: XPoint | None = None


class XData(msgspec.Struct):
    """`data`: the post itself."""

    id: int | str
    text: str | None = None
    author_id: Id = None
    created_at: str | None = None
    in_reply_to_user_id: Id = None
    entities: XEntities | None = None
    note_tweet: XNote | None = None
    note_post: XNote | None = None
    referenced_tweets: list[XReference] | None = None
    referenced_posts: list[XReference] | None = None
    geo: XGeo | None = None
    event_type: msgspec.Raw = msgspec.Raw(b"")
    """Says that this is a private message, which has a text and an id, too."""


class XPayload(msgspec.Struct):
    """One line of the stream, or a post that search found, in the same form."""

    data: XData
    includes: XIncludes | None = None


class XEnvelope(msgspec.Struct, tag_field="source", tag="x"):
    """A `records.Envelope` of source `x`, decoded together with its payload."""

    id: str
    payload: XPayload
