"""What one line of X is, and the posts in it.

A line is a post (of API v2, with or without `includes`, flattened, of v1.1, or as another collector stores it), a page
of them as search answers it, an array of them, a notice of X, or nothing that can be read. Called by `catch_up.py` with
pages of a search and by `agents/ingest/replay/player.py` with the lines of a file. Whether a post is good is
`intake.py`'s to say.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from agents.ingest.x import collectors
from agents.ingest.x.tweets import as_payload, is_tweet
from streams.reading.mended import BYTE_ORDER_MARK, mended
from streams.vocabulary import ReplayKind

_COMPLIANCE = frozenset({
    "delete", "drop", "undrop", "withheld", "scrub_geo", "status_withheld", "user_withheld", "user_delete",
    "user_undelete", "user_protect", "user_unprotect", "user_suspend", "user_unsuspend", "user_profile_modification",
    "tweet_edit",
})  # fmt: skip
"""Of API v2's compliance streams and of v1.1's stream."""
_TOLD: tuple[tuple[ReplayKind, frozenset[str]], ...] = (
    ("compliance", _COMPLIANCE), ("limit", frozenset({"limit", "warning"})),
)  # fmt: skip
_decode = msgspec.json.Decoder(dict[str, Any] | list[Any]).decode
_encode_exactly = msgspec.json.Encoder().encode


class FoundPost(NamedTuple):
    """A post that search found."""

    line: bytes
    """As the stream would have given it: an object with `data` and the users and places that the post names."""
    data: Any = msgspec.UNSET
    """Its `data`, decoded; unset if the page could not be taken apart."""


class Message(NamedTuple):
    """One line."""

    kind: ReplayKind
    posts: tuple[bytes, ...] = ()
    """Lines as the stream gives them, one a post. A v2 line is itself, byte for byte, unless it had to be mended;
    `unreadable` and `other` too, for the dead letter."""
    data: tuple[Any, ...] = ()
    """Of a page of a search: each post's `data`, decoded."""
    created_at: str = ""
    """Of the first post, as X writes it; empty when it does not say."""
    next_token: str = ""
    """Of a page of a search: what to ask for the next page with; empty on the last."""

    @property
    def found(self) -> tuple[FoundPost, ...]:
        """The posts as search found them."""
        return tuple(map(FoundPost, self.posts, self.data)) if self.data else tuple(map(FoundPost, self.posts))


def message_of(line: bytes) -> Message:
    """Read one line. Never raises."""
    if not line.removeprefix(BYTE_ORDER_MARK).strip():
        return Message("empty")
    try:
        line.decode()  # msgspec does not look into what it skips
        try:
            found = _decode(line)
        except msgspec.ValidationError:
            raise
        except msgspec.DecodeError:
            line = mended(line)
            found = _decode(line)
    except (ValueError, RecursionError):  # msgspec's errors and UnicodeDecodeError are ValueErrors
        return Message("unreadable", (line,))
    if isinstance(found, list):
        return _array(line, found)
    try:
        message = _message_of(line, found)
    except (ValueError, RecursionError):
        message = Message("unreadable", (line,))
    meta = found.get("meta")
    token = meta.get("next_token") if isinstance(meta, Mapping) else None
    return message._replace(next_token=token) if isinstance(token, str) else message


def _message_of(line: bytes, found: dict[str, Any]) -> Message:
    data = found.get("data")
    told = data if isinstance(data, Mapping) and "id" not in data else found
    if isinstance(data, list):
        message = _page(data, found)
    elif payload := collectors.payload_of(found) or (as_payload(found) if is_tweet(found) else None):
        message = Message("post", (_encode(payload),), created_at=_created(payload["data"]))
    elif "id" in found and "text" in found:
        message = Message("post", (_flat(found),), created_at=_created(found))
    elif kind := next((kind for kind, names in _TOLD if not names.isdisjoint(told)), None):
        message = Message(kind)
    elif isinstance(data, Mapping):
        message = Message("post", (line,), created_at=_created(data))
    elif "errors" in found:
        message = Message("errors")
    elif data is None and isinstance(found.get("meta"), Mapping):
        message = Message("page")  # a search that found nothing
    else:
        message = Message("other", (line,))
    return message


def _encode(found: Any) -> bytes:
    try:
        return _encode_exactly(found)
    except OverflowError:  # a number of more than 64 bits
        return json.dumps(found, ensure_ascii=False).encode()


def _array(line: bytes, found: list[Any]) -> Message:
    """Posts in an array, as some collectors store a whole file: each is read as a line of its own."""
    try:
        messages = [message_of(_encode(one)) for one in found]
    except (ValueError, RecursionError):
        messages = []
    posts = tuple(post for message in messages for post in message.posts)
    if not posts:
        return Message("unreadable", (line,))
    return Message("page", posts, (), next((one.created_at for one in messages if one.created_at), ""))


def _page(data: list[Any], page: Mapping[str, Any]) -> Message:
    """Its posts, each with the users and places that it names, as it would have come alone."""
    includes = page.get("includes")
    includes = includes if isinstance(includes, Mapping) else {}
    users, places = _by_id(includes.get("users")), _by_id(includes.get("places"))
    posts = tuple(_alone(one, users, places) for one in data)
    return Message("page", posts, tuple(data), _created(data[0] if data else None))


def _alone(data: Any, users: Mapping[str, Any], places: Mapping[str, Any]) -> bytes:
    line: dict[str, Any] = {"data": data}
    if isinstance(data, Mapping):
        named = dict.fromkeys(str(data.get(field)) for field in ("author_id", "in_reply_to_user_id"))
        geo = data.get("geo")
        place = str(geo.get("place_id")) if isinstance(geo, Mapping) else ""
        line["includes"] = {
            "users": [users[one] for one in named if one in users],
            "places": [places[place]] if place in places else [],
        }
    return _encode(line)


def _flat(data: dict[str, Any]) -> bytes:
    """A post whose author stands within it, as search clients flatten pages."""
    users = [one for one in (data.pop("author", None), data.pop("in_reply_to_user", None)) if isinstance(one, Mapping)]
    geo = data.get("geo")
    place = [{**geo, "id": geo["place_id"]}] if isinstance(geo, Mapping) and "place_id" in geo else []
    return _encode({"data": data, "includes": {"users": users, "places": place}})


def _by_id(listed: Any) -> dict[str, Any]:
    if not isinstance(listed, list):
        return {}
    return {str(one["id"]): one for one in listed if isinstance(one, Mapping) and "id" in one}


def _created(data: Any) -> str:
    created = data.get("created_at") if isinstance(data, Mapping) else None
    return created if isinstance(created, str) else ""
