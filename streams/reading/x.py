"""How a payload of X (`x_payload.py`) becomes a `Post`.

Called by `sources.py`. Knows no hospital and no place.
"""

import re
from collections.abc import Mapping

import msgspec

from streams.reading.moments import seconds_of
from streams.reading.post import Post, Standing, link_of
from streams.reading.x_payload import Id, XData, XEntities, XGeo, XIncludes, XPayload, XUrl, decode_included
from streams.snowflake import FIRST_TIMED_ID, written_ms
from streams.vocabulary import WrongPart

_MOST_DIGITS = 20
"""Of a number of 64 bits."""
_NOWHERE = 0.1
"""Degrees around 0, 0, which lies in the sea, 500 km from any land."""


PARTS: Mapping[str, WrongPart] = {
    "created_at": "time", "text": "text", "note_tweet": "text", "note_post": "text", "author_id": "author",
    "users": "author", "location": "place", "geo": "place", "places": "place", "entities": "entities",
    "referenced_tweets": "reply", "referenced_posts": "reply", "in_reply_to_user_id": "reply", "tweets": "reply",
    "posts": "reply",
}  # fmt: skip
"""Field -> the part of a post that is unknown without it."""

_WITHHELD = re.compile(
    r"(?:@\w{1,15}(?:['\u2019]s account)?|this (?:account|content|post|profile|tweet|user)\b[^.]{0,80}?)"
    r" (?:has been|is) withheld\b.{0,200}?\b(?:in response to|based on|due to|in accordance with|at the request of)\b",
    re.IGNORECASE | re.DOTALL,
)
"""What X puts in the place of a text that it withholds in some country: "@NAME's account has been withheld in DE in
response to a legal demand" (X, "About country withheld content")."""


def standing(payload: XPayload) -> Standing:
    """What the payload is: a post has a number for an id, and a text. Never raises."""
    data = payload.data
    if not is_id(data.id) or data.event_type:
        return "no_post"
    text = data.text
    if not text or text.isspace():
        note = data.note_tweet or data.note_post
        return "post" if note is not None and note.text and not note.text.isspace() else "no_post"
    return "withheld" if " withheld" in text and _WITHHELD.match(text) else "post"


def is_id(number: object) -> bool:
    """Whether this is the id of a post: a decimal number of 64 bits (X API v2), as a string or a number."""
    if type(number) is str:
        return len(number) <= _MOST_DIGITS and number.isascii() and number.isdecimal()
    return type(number) is int and number >= 0


def post_of(payload: XPayload) -> Post:
    """The payload as a post. Never raises."""
    data, includes = payload.data, payload.includes
    note = data.note_tweet or data.note_post
    entities = data.entities
    text = data.text or ""
    if note is not None and note.text:
        text, entities = note.text, note.entities or entities
    if entities is not None and entities.urls:
        text = _with_hosts(text, entities.urls)
    references = {one.type: _word(one.id) for one in data.referenced_tweets or data.referenced_posts or ()}
    reply_to, quoted = references.get("replied_to", ""), references.get("quoted", "")
    if (reply_to or quoted) and includes is not None:
        reply_to, quoted = _first_version(reply_to, includes), _first_version(quoted, includes)
    author = _word(data.author_id)
    answered = _word(data.in_reply_to_user_id) if reply_to else ""
    handle = location = answered_handle = ""
    if includes is not None:
        for user in includes.users or ():
            number = _word(user.id)
            if number == author:
                handle, location = (user.username or "").lower(), user.location or ""
            elif number and number == answered:
                answered_handle = (user.username or "").lower()
    geo = data.geo
    country = name = kind = ""
    if geo is not None and geo.place_id and includes is not None:
        for place in includes.places or ():
            if place.id == geo.place_id:
                country, name, kind = place.country_code or "", place.full_name or "", place.place_type or ""
                break
    id = _word(data.id)
    at, id_at = seconds_of(data.created_at), seconds_of_id(id)
    coordinates = _point(geo) if geo is not None else None
    wrong = _wrong(data, at, coordinates) if at < 0 or geo is not None else ()
    return Post(
        id=id,
        at=at if at >= 0 else id_at,
        text=text,
        author_id=author,
        author_handle=handle,
        author_location=location,
        mentions=_mentions(text, entities, answered, answered_handle),
        reply_to=reply_to,
        reply_to_author=answered,
        repost="retweeted" in references or "reposted" in references,
        geo_country=country,
        geo_name=name,
        geo_type=kind,
        quoted=quoted,
        id_at=id_at,
        answers_at=seconds_of_id(reply_to or quoted),
        coordinates=coordinates,
        wrong=wrong,
    )


def seconds_of_id(post: str) -> int:
    """When the post with this id was written, seconds since the epoch; -1 for an id without a time in it."""
    if not (post.isascii() and post.isdecimal()) or len(post) > _MOST_DIGITS:
        return -1
    number = int(post)
    return written_ms(number) // 1000 if number >= FIRST_TIMED_ID else -1


def _first_version(post: str, includes: XIncludes) -> str:
    """The id of a post's first version, by which it is known here, where X sent the post along; else the id given."""
    sent = includes.tweets or includes.posts
    if not post or not sent:
        return post
    try:
        found = decode_included(sent) or ()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return post
    for one in found:
        if _word(one.id) == post and (history := one.edit_history_tweet_ids or one.edit_history_post_ids):
            return _word(history[0]) or post
    return post


def _word(number: Id) -> str:
    if type(number) is str:
        return number
    return "" if number is None else str(number)


def _with_hosts(text: str, urls: list[XUrl]) -> str:
    for one in urls:
        host = link_of(one.unwound_url or one.expanded_url or "")
        if host and one.url:
            text = text.replace(one.url, host, 1)
    return text


def _mentions(text: str, entities: XEntities | None, answered: str, answered_handle: str) -> tuple[str, ...]:
    """Handles in order. The answered author stands first: X puts it there, unless the writer moved it."""
    handles: list[str] = []
    if entities is not None and entities.mentions is not None:
        for mention in entities.mentions:
            if mention.username:
                handle = mention.username.lower()
                if answered and not answered_handle and _word(mention.id) == answered:
                    answered_handle = handle
                handles.append(handle)
    elif "@" in text:
        # Nobody asked X for entities, or somebody removed them: find the handles in the text.
        for part in text.split("@")[1:]:
            size = 0
            while (
                size < len(part)
                and size < 15
                and (part[size] == "_" or (part[size].isascii() and part[size].isalnum()))
            ):
                size += 1
            if size:
                handles.append(part[:size].lower())
    if answered_handle and handles[:1] != [answered_handle]:
        handles = [answered_handle, *(handle for handle in handles if handle != answered_handle)]
    return tuple(handles)


def _point(geo: XGeo) -> tuple[float, float] | None:
    """(latitude, longitude) of a GeoJSON point, which may have a height, too. None for what is no point of the earth,
    and for 0, 0: software writes it where it knows no place, and nobody is there."""
    written = geo.coordinates.coordinates if geo.coordinates is not None else None
    if written is None or len(written) not in (2, 3):
        return None
    longitude, latitude = written[0], written[1]
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        return None
    return None if abs(latitude) < _NOWHERE and abs(longitude) < _NOWHERE else (latitude, longitude)


def _wrong(data: XData, at: int, coordinates: tuple[float, float] | None) -> tuple[WrongPart, ...]:
    """Parts that were sent, in the right form, and mean nothing."""
    found: tuple[WrongPart, ...] = ("time",) if at < 0 and data.created_at else ()
    point = data.geo.coordinates if data.geo is not None else None
    return (*found, "place") if point is not None and point.coordinates and coordinates is None else found
