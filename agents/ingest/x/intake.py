"""From one line of X to the record that it becomes on Kafka: an envelope on `posts`, a dead letter, or nothing.

Owns the rules of what a line must have (an object with `data.id`, nothing else) and the counts of what came. Called by
`source.py` in its reading thread, and by `earshot replay`. Reads no text and no author; where a record goes is
`publisher.py`.
"""

import logging
import re
import time
from collections.abc import Callable

import msgspec

from agents.ingest.records import Record, UnreadableError, dead_letter
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
            record = self._read(line, now)
        except UnreadableError as error:
            self.dead_letters["ingest", error.reason] += 1
            return dead_letter(error.reason, SOURCE, line, now)
        if record is None:
            self.notices += 1
        else:
            self.posts += 1
            self.post_at = now / 1000
        return record

    def _read(self, line: bytes, now: int) -> Record | None:
        if len(line) > self._max_bytes:
            raise UnreadableError("too_large")
        found = _decoded(line)
        if found.data is None or found.data.id is msgspec.UNSET:
            if found.errors and found.data is None:
                _log_notices(found.errors)
                return None
            raise UnreadableError("no_post")
        post = _first_version(found.data)
        if not _ID.fullmatch(post):
            raise UnreadableError("wrong_shape")
        envelope = Envelope(SOURCE, post, now, self._origin, _tags(found.matching_rules), msgspec.Raw(line))
        value = encode_json(envelope)
        if len(value) > self._max_bytes:
            raise UnreadableError("too_large")
        own = str(found.data.id)  # an edit's: its first version is older
        self._last_id = int(own) if _ID.fullmatch(own) else 0
        return Record("posts", post.encode(), value)


def _first_version(data: _Data) -> str:
    """The id that a post keeps through all edits: its first version's. So the versions meet on one partition, and the
    tagger counts the first that comes; the others are its copies."""
    history = data.edit_history_tweet_ids or data.edit_history_post_ids
    if history:
        try:
            ids = _decode_history(history)
        except msgspec.DecodeError:
            ids = None
        if ids and _ID.fullmatch(str(ids[0])):
            return str(ids[0])
    return str(data.id)


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
