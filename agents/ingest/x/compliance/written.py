"""By whom a post on `posts` is, and under which ids X knows it.

Called by `matching.py` and `accounts.py`, which keep the author in memory and nowhere else. Looks at two fields of the
payload; a post's text is not decoded. A payload that does not have them is nobody's and has no other id: nothing here
raises.
"""

from typing import Any, NamedTuple

import msgspec

_MOST_DIGITS = 20
"""Of an id of X: a 64-bit number."""

_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Written(NamedTuple):
    """What a payload says."""

    author: int = 0
    """0: nobody's."""
    versions: tuple[int, ...] = ()
    """Ids of its edit history, the first version's among them; two or more, or none."""


class _Data(msgspec.Struct, gc=False):
    # Raw, so that a field of an unknown shape does not cost the other one.
    author_id: msgspec.Raw = msgspec.Raw(b"")
    edit_history_tweet_ids: msgspec.Raw = msgspec.Raw(b"")
    edit_history_post_ids: msgspec.Raw = msgspec.Raw(b"")


class _Payload(msgspec.Struct, gc=False):
    data: _Data


class _Envelope(msgspec.Struct, gc=False):
    payload: _Payload


_decode = msgspec.json.Decoder(_Envelope).decode
_decode_id = msgspec.json.Decoder(int | str | None).decode
_decode_history = msgspec.json.Decoder(list[Any] | None).decode


def written(value: bytes) -> Written:
    """Of a record of X on `posts`. Never raises."""
    try:
        data = _decode(value).payload.data
    except _UNREADABLE:
        return Written()
    history = bytes(data.edit_history_tweet_ids or data.edit_history_post_ids)
    # Nearly every post has one version, and its history then is one id.
    return Written(_author(data.author_id), _versions(history) if b"," in history else ())


def number(told: object) -> int:
    """An id of X as a number; 0 for what is none."""
    text = str(told) if isinstance(told, (int, str)) else ""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS else 0


def _author(told: msgspec.Raw) -> int:
    try:
        return number(_decode_id(told)) if told else 0
    except _UNREADABLE:
        return 0


def _versions(history: bytes) -> tuple[int, ...]:
    try:
        found = _decode_history(history) or []
    except _UNREADABLE:
        return ()
    return tuple(filter(None, map(number, found)))
