"""Which posts of X are here, by whom each is, and under which ids X knows it.

Read off Kafka: `posts`, and the queue of posts that wait for a person. Called by `check.py`, which asks X about the
posts; by `post_index.py`, which follows them; and by `agents/cli/compliance.py`, which applies a file's events to them.
Looks at keys, at the first bytes of values and at two fields of a payload; a post's text is not decoded, and an author
is kept in memory only.
"""

from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple

import msgspec
from kafka.errors import KafkaError

from agents.ingest.threads import StoppedError
from agents.ingest.x.compliance.events import MOST_DIGITS, Event
from agents.kafka import stored
from streams.errors import UserError
from streams.kafka import topics as kafka_topics
from streams.records import decode_attention
from streams.settings import Settings

_POST, _WITHDRAWAL = b'{"source":"x",', b'{"source":"withdrawal",'
"""How a record of `posts` begins: `source` is the first field of both (streams/records.py)."""

_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class StoredPosts(NamedTuple):
    """The posts that are here at one moment."""

    ids: list[int]
    """Of posts that were not withdrawn, ascending. Ids of later versions are not among them: who deletes any version
    deletes all (X API v2, edit posts), so the first, which is the key, answers for them."""
    withdrawn: int
    """How many posts are here and were withdrawn before: X is not asked about them again."""


def stored_posts(settings: Settings, stopping: Callable[[], bool] = lambda: False) -> StoredPosts:
    """Read both Kafka topics to their present end; blocks for as long as that takes.

    Raises `UserError` when Kafka does not answer, `StoppedError` when `stopping` says so.
    """
    posts: set[int] = set()
    withdrawn: set[int] = set()
    try:
        for one in stored.read(settings, kafka_topics.posts(settings)):
            if stopping():
                raise StoppedError
            if (found := post_of_record(one.key, one.value)) is not None:
                (posts if found[0] == "post" else withdrawn).add(found[1])
        for one in stored.read(settings, kafka_topics.attention(settings)):
            waits = decode_attention(one.value or b"")
            if waits.post.isascii() and waits.post.isdecimal() and len(waits.post) <= MOST_DIGITS:
                (withdrawn if waits.reason == "withdrawn" else posts).add(int(waits.post))
    except KafkaError as error:
        raise _unanswered(settings, error) from None
    return StoredPosts(sorted(posts - withdrawn), len(posts & withdrawn))


class AccountEvents:
    """Events about accounts, applied to the posts that are here in one pass.

    For a file of events. Ingest, which follows `posts` all the time, does the same in `post_index.py`.
    """

    def __init__(self) -> None:
        self._events: dict[int, Event] = {}

    def add(self, event: Event) -> None:
        """An event that is `account`. Of several of one account, the one that reaches furthest counts."""
        before = self._events.get(event.author)
        if before is None or event.up_to >= before.up_to:
            self._events[event.author] = event

    def withdrawals(self, settings: Settings, already: set[int]) -> Iterator[Event]:
        """A withdrawal of each post of these accounts that is here and was not withdrawn before; none for the ids in
        `already`. Reads `posts` to its present end before the first, and not at all when there are no accounts. Raises
        `UserError` when Kafka does not answer."""
        found: dict[int, Event] = {}
        withdrawn = set(already)
        if not self._events:
            return
        try:
            for one in stored.read(settings, kafka_topics.posts(settings)):
                if (record := post_of_record(one.key, one.value)) is None or one.value is None:
                    continue
                kind, post = record
                if kind == "withdrawal":
                    withdrawn.add(post)
                    continue
                event = self._events.get(identity_of(one.value).author)
                if event is not None and post <= event.up_to:
                    found[post] = Event("withdrawn", str(post), event.why)
        except KafkaError as error:
            raise _unanswered(settings, error) from None
        yield from (event for post, event in found.items() if post not in withdrawn)


def post_of_record(key: bytes | None, value: bytes | None) -> tuple[Literal["post", "withdrawal"], int] | None:
    """What a record of `posts` is, and of which post of X; None for any other record."""
    if key is None or value is None or not key.isdigit() or len(key) > MOST_DIGITS:
        return None
    if value.startswith(_POST):
        return "post", int(key)
    return ("withdrawal", int(key)) if value.startswith(_WITHDRAWAL) else None


class Identity(NamedTuple):
    """Who wrote a post, and all its ids."""

    author: int = 0
    """0: the payload names none."""
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


def identity_of(value: bytes) -> Identity:
    """Of a post of X on `posts`. Never raises: a payload without these fields has no author and no other ids."""
    try:
        data = _decode(value).payload.data
    except _UNREADABLE:
        return Identity()
    history = bytes(data.edit_history_tweet_ids or data.edit_history_post_ids)
    # Nearly every post has one version, and its history then is one id.
    return Identity(_author(data.author_id), _versions(history) if b"," in history else ())


def _author(field: msgspec.Raw) -> int:
    try:
        return _number(_decode_id(field)) if field else 0
    except _UNREADABLE:
        return 0


def _versions(history: bytes) -> tuple[int, ...]:
    try:
        found = _decode_history(history) or []
    except _UNREADABLE:
        return ()
    return tuple(filter(None, map(_number, found)))


def _number(field: object) -> int:
    """An id of X as a number; 0 for what is none."""
    text = str(field) if isinstance(field, (int, str)) else ""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS else 0


def _unanswered(settings: Settings, error: KafkaError) -> UserError:
    return UserError(
        f"Kafka at {settings.kafka_bootstrap} does not say which posts are here ({type(error).__name__}): try again"
    )
