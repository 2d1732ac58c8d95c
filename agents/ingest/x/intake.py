"""From one line of X to the record that it becomes on Kafka: an envelope on `posts`, a dead letter, or nothing.

Owns the rules of what a line must have (an object whose `data` has a number for an id, and a text) and the counts of
what came. Called by `source.py` in its reading and its searching thread, by the replay's player, and by `descriptor.py`
for a dead letter. Looks whether there is a text and does not read it, nor the author; `publisher.py` sends the record.
"""

import contextlib
import logging
import re
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from agents.ingest.records import Record, UnreadableError, dead_letter
from agents.ingest.x.lines import FoundPost
from streams.metrics.registry import declared
from streams.reading.mended import mended
from streams.reading.x import is_id
from streams.records import Envelope, encode_json
from streams.snowflake import written_ms
from streams.vocabulary import Origin

log = logging.getLogger(__name__)

SOURCE = "x"
_TITLE = re.compile(r"[A-Za-z][A-Za-z -]{0,59}")
"""A notice's title may be logged if it is no more than words."""


class _Data(msgspec.Struct):
    id: int | str | None = None
    text: msgspec.Raw = msgspec.Raw(b"")
    note_tweet: msgspec.Raw = msgspec.Raw(b"")
    note_post: msgspec.Raw = msgspec.Raw(b"")
    event_type: msgspec.Raw = msgspec.Raw(b"")
    edit_history_tweet_ids: msgspec.Raw = msgspec.Raw(b"")
    edit_history_post_ids: msgspec.Raw = msgspec.Raw(b"")


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


class _Text(msgspec.Struct):
    text: str | None = None


class _MatchedRule(msgspec.Struct):
    """X requires only a rule's id; a rule made elsewhere may have no tag."""

    tag: str | None = None


class _Notice(msgspec.Struct):
    title: str = ""


_decode_line = msgspec.json.Decoder(_Line).decode
_decode_rules = msgspec.json.Decoder(list[_MatchedRule] | None).decode
_decode_history = msgspec.json.Decoder(list[int | str] | None).decode
_decode_text = msgspec.json.Decoder(str | None).decode
_decode_note = msgspec.json.Decoder(_Text | None).decode
_SHORT = 64
"""Bytes of a text that may be blank; a longer one has words."""
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
            whole, found = _decoded(line)
            if found.errors and found.data is None:
                _log_notices(found.errors)
                self.notices += 1
                return None
            return self._record(whole, _ids(found.data), _tags(found.matching_rules), now)
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
            return self._record(post.line, _ids_of(post.data), (), now)
        except UnreadableError as error:
            return self._dead(error, post.line, now)

    def _dead(self, error: UnreadableError, line: bytes, now: int) -> Record:
        self.dead_letters["ingest", error.reason] += 1
        return dead_letter(error.reason, SOURCE, line, now)

    def _record(self, line: bytes, found: _Post, rules: tuple[str, ...], now: int) -> Record:
        """The envelope of a post, counted. Raises `UnreadableError`."""
        post = _first_version(found)
        envelope = Envelope(SOURCE, post, now, self._origin, rules, msgspec.Raw(line))
        value = encode_json(envelope)
        if len(value) > self._max_bytes:
            raise UnreadableError("too_large")
        # The version's own id: an edit's first version is older.
        self._last_id = int(found.id)
        self.posts += 1
        self.post_at = now / 1000
        return Record("posts", post.encode(), value)


def _first_version(post: _Post) -> str:
    """The id that a post keeps through all edits: its first version's. So the versions meet on one partition, and the
    tagger counts the first that comes; the others are its copies."""
    return str(post.versions[0]) if post.versions and is_id(post.versions[0]) else post.id


def _ids(data: _Data | None) -> _Post:
    # A private message has a text and an id, too, and says what kind of event it is.
    if data is None or not is_id(data.id) or data.event_type or not _has_text(data):
        raise UnreadableError("no_post")
    versions = None
    if history := data.edit_history_tweet_ids or data.edit_history_post_ids:
        with contextlib.suppress(msgspec.DecodeError):
            versions = _decode_history(history)
    return _Post(str(data.id), versions)


def _has_text(data: _Data) -> bool:
    """Whether a post says anything, in its text or in its long form. What is no string says nothing."""
    text = bytes(data.text)
    if len(text) > _SHORT and text.startswith(b'"'):
        return True
    for written, decode in ((data.text, _decode_text), (data.note_tweet, _decode_note), (data.note_post, _decode_note)):
        with contextlib.suppress(msgspec.DecodeError):
            found = decode(written) if written else None
            if _is_text(found.text if isinstance(found, _Text) else found):
                return True
    return False


def _is_text(found: object) -> bool:
    return isinstance(found, str) and bool(found) and not found.isspace()


def _ids_of(data: Any) -> _Post:
    """The same of a post that is decoded already."""
    if not isinstance(data, Mapping) or not is_id(data.get("id")) or "event_type" in data:
        raise UnreadableError("no_post")
    notes = [note for name in ("note_tweet", "note_post") if isinstance(note := data.get(name), Mapping)]
    if not _is_text(data.get("text")) and not any(_is_text(note.get("text")) for note in notes):
        raise UnreadableError("no_post")
    versions = None
    with contextlib.suppress(msgspec.ValidationError):
        history = data.get("edit_history_tweet_ids") or data.get("edit_history_post_ids")
        versions = msgspec.convert(history, list[int | str] | None)
    return _Post(str(data["id"]), versions)


def _decoded(line: bytes) -> tuple[bytes, _Line]:
    """A line, mended if it has to be, and what it says."""
    try:
        # msgspec does not look into what it skips, and skipped text must be UTF-8 for the record to be JSON.
        line.decode()
        try:
            return line, _decode_line(line)
        except msgspec.ValidationError:
            raise
        except msgspec.DecodeError:
            line = mended(line)
            return line, _decode_line(line)
    except msgspec.ValidationError:
        # All that is looked at is what makes a post.
        raise UnreadableError("no_post" if line.lstrip().startswith(b"{") else "wrong_shape") from None
    except (ValueError, RecursionError):  # msgspec's errors and UnicodeDecodeError are ValueErrors
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
