"""From one line of X to the record that it becomes on Kafka: an envelope on `posts`, a dead letter, or nothing.

Owns the rules of what a line must have (an object with `data.id`, nothing else) and the counts of what came. Called by
`source.py` in its reading and its searching thread, by the replay's player, and by `descriptor.py` for a dead letter.
Reads no text and no author; `publisher.py` sends the record.
"""

import contextlib
import logging
import re
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from agents.ingest.records import Record, UnreadableError, dead_letter
from agents.ingest.x.lines import FoundPost
from streams.metrics.registry import declared
from streams.records import Envelope, encode_json
from streams.snowflake import written_ms
from streams.vocabulary import Origin

log = logging.getLogger(__name__)

SOURCE = "x"
_ID = re.compile(r"\d{1,20}", re.ASCII)
"""A post id is a decimal 64-bit number (X API v2)."""
_TITLE = re.compile(r"[A-Za-z][A-Za-z -]{0,59}")
"""A notice's title may be logged if it is no more than words."""


class _Data(msgspec.Struct):
    id: int | str | msgspec.UnsetType = msgspec.UNSET
    edit_history_tweet_ids: msgspec.Raw = msgspec.Raw(b"")
    edit_history_post_ids: msgspec.Raw = msgspec.Raw(b"")


class _FoundData(msgspec.Struct):
    """The same fields of a post that is decoded already."""

    id: int | str | msgspec.UnsetType = msgspec.UNSET
    edit_history_tweet_ids: Any = msgspec.UNSET
    edit_history_post_ids: Any = msgspec.UNSET


class _Post(NamedTuple):
    """A post's ids."""

    id: str
    versions: list[int | str] | None
    """Ids of its edit history, the first version's first; None if it has none that can be read."""


class _Line(msgspec.Struct):
    """What is looked at; all else passes unread. Newer namings of other fields do not matter here."""

    data: _Data | None = None
    matching_rules: msgspec.Raw = msgspec.Raw(b"")
    errors: msgspec.Raw = msgspec.Raw(b"")


class _MatchedRule(msgspec.Struct):
    """X requires only a rule's id; a rule made elsewhere may have no tag."""

    tag: str | None = None


class _Notice(msgspec.Struct):
    title: str = ""


_decode_line = msgspec.json.Decoder(_Line).decode
_decode_rules = msgspec.json.Decoder(list[_MatchedRule] | None).decode
_decode_history = msgspec.json.Decoder(list[int | str] | None).decode
_decode_notices = msgspec.json.Decoder(list[_Notice]).decode


class Intake:
    """Makes records of lines and counts them. Used by one thread; its counts may be read by any."""

    def __init__(self, max_bytes: int, clock: Callable[[], float] = time.time, origin: Origin = "stream") -> None:
        """`max_bytes`: a larger line, or envelope, is dead. `clock`: seconds since the epoch."""
        self._origin = origin
        self._max_bytes = max_bytes
        self._clock = clock
        self.lines = 0
        self.posts = 0
        self.notices = 0
        self.dead_letters = declared("pipeline_dead_letters_total").counts(where="ingest")
        self.post_at = 0.0
        """When the last post came, seconds since the epoch; 0 before the first."""
        self._last_id = 0

    @property
    def delivery_lag(self) -> float:
        """Seconds between the writing of the last post, by its id, and its arrival; 0 before the first."""
        return self.post_at - written_ms(self._last_id) / 1000 if self._last_id else 0.0

    @property
    def dead(self) -> int:
        """Lines that could not be read."""
        return sum(self.dead_letters.values())

    def take(self, line: bytes) -> Record | None:
        """The record of one line; None for a notice, which tells of the stream and is no post. Never raises."""
        self.lines += 1
        now = int(self._clock() * 1000)
        try:
            if len(line) > self._max_bytes:
                raise UnreadableError("too_large")
            found = _decoded(line)
            if found.errors and found.data is None:
                _log_notices(found.errors)
                self.notices += 1
                return None
            return self._record(line, _ids(found.data), _tags(found.matching_rules), now)
        except UnreadableError as error:
            return self._dead(error, line, now)

    def take_found(self, post: FoundPost) -> Record | None:
        """The record of a post that search found: what `take` makes of its line, without decoding it again. Never
        raises."""
        if post.data is msgspec.UNSET:
            return self.take(post.line)
        self.lines += 1
        now = int(self._clock() * 1000)
        try:
            if len(post.line) > self._max_bytes:
                raise UnreadableError("too_large")
            return self._record(post.line, _found_ids(post.data), (), now)
        except UnreadableError as error:
            return self._dead(error, post.line, now)

    def _dead(self, error: UnreadableError, line: bytes, now: int) -> Record:
        self.dead_letters["ingest", error.reason] += 1
        return dead_letter(error.reason, SOURCE, line, now)

    def _record(self, line: bytes, found: _Post, rules: tuple[str, ...], now: int) -> Record:
        """The envelope of a post, counted. Raises `UnreadableError`."""
        post = _first_version(found)
        if not _ID.fullmatch(post):
            raise UnreadableError("wrong_shape")
        envelope = Envelope(SOURCE, post, now, self._origin, rules, msgspec.Raw(line))
        value = encode_json(envelope)
        if len(value) > self._max_bytes:
            raise UnreadableError("too_large")
        # The version's own id: an edit's first version is older.
        self._last_id = int(found.id) if _ID.fullmatch(found.id) else 0
        self.posts += 1
        self.post_at = now / 1000
        return Record("posts", post.encode(), value)


def _first_version(post: _Post) -> str:
    """The id that a post keeps through all edits: its first version's. So the versions meet on one partition, and the
    tagger counts the first that comes; the others are its copies."""
    if post.versions and _ID.fullmatch(str(post.versions[0])):
        return str(post.versions[0])
    return post.id


def _ids(data: _Data | None) -> _Post:
    if data is None or data.id is msgspec.UNSET:
        raise UnreadableError("no_post")
    versions = None
    if history := data.edit_history_tweet_ids or data.edit_history_post_ids:
        with contextlib.suppress(msgspec.DecodeError):
            versions = _decode_history(history)
    return _Post(str(data.id), versions)


def _found_ids(data: Any) -> _Post:
    try:
        found = msgspec.convert(data, _FoundData | None)
    except msgspec.ValidationError:
        raise UnreadableError("wrong_shape") from None
    if found is None or found.id is msgspec.UNSET:
        raise UnreadableError("no_post")
    history = found.edit_history_tweet_ids
    if history is msgspec.UNSET:
        history = found.edit_history_post_ids
    versions = None
    with contextlib.suppress(msgspec.ValidationError):
        versions = msgspec.convert(history, list[int | str] | None)
    return _Post(str(found.id), versions)


def _decoded(line: bytes) -> _Line:
    try:
        # msgspec does not look into what it skips, and skipped text must be UTF-8 for the record to be JSON.
        line.decode()
        return _decode_line(line)
    except msgspec.ValidationError:
        raise UnreadableError("wrong_shape") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise UnreadableError("not_json") from None


def _tags(rules: msgspec.Raw) -> tuple[str, ...]:
    """Tags of the rules that matched; a shape that is not known has none, and the post is still a post."""
    if not rules:
        return ()
    try:
        return tuple(rule.tag for rule in _decode_rules(rules) or () if rule.tag)
    except msgspec.DecodeError:
        return ()


def _log_notices(errors: msgspec.Raw) -> None:
    try:
        titles = [notice.title for notice in _decode_notices(errors)]
    except msgspec.DecodeError:
        titles = []
    log.warning("X says: %s", ", ".join(filter(_TITLE.fullmatch, titles)) or "an error without a title")
