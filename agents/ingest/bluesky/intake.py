"""From one event of Bluesky to the records that it becomes on Kafka: mostly none, since most posts are nobody's here.

Owns the rules of what an event must have, the local matching, and the counts of what came. Called by `source.py`, in
its reading thread, and by a retry of dead letters. A post of ours becomes an envelope; its deletion, or the end of its
author's account, a withdrawal; what cannot be read a dead letter, if it is no JSON at all or names one of our accounts.
Knows no connection; where a record goes is `publisher.py`.
"""

import time
from collections.abc import Callable, Mapping
from typing import TypeVar

import msgspec

from agents.ingest.bluesky.memory import Memory
from agents.ingest.records import Record, UnreadableError, dead_letter
from agents.ingest.rules.matcher import LocalRules, Said
from agents.ingest.rules.model import RuleSet
from streams.metrics.registry import declared
from streams.reading import bluesky
from streams.reading.bluesky import BlueskyCommit, BlueskyPayload, BlueskyRecord
from streams.reading.lenient import lenient
from streams.reading.mended import mended
from streams.records import NEVER_ASKED, NO_ASKED, Envelope, Withdrawal, encode_json
from streams.vocabulary import Withdrawn

SOURCE = "bluesky"

ACCOUNT_ENDS: Mapping[str, Withdrawn] = {
    "deleted": "delete",
    "deactivated": "deactivated",
    "suspended": "suspended",
    "takendown": "suspended",  # by Bluesky's own moderators, where `suspended` is for a while
}
"""What an account's `status` means for its posts, when it is not `active` (AT Protocol, account events). The others
(`throttled`, `desynchronized`) are a machine's trouble, and take nothing back."""


_Shape = TypeVar("_Shape", bound=msgspec.Struct)


class _Commit(msgspec.Struct):
    operation: str = ""
    collection: str = ""
    rkey: str = ""
    record: msgspec.Raw = msgspec.Raw(b"")


class _Account(msgspec.Struct):
    active: bool = True
    status: str | None = None


class _Event(msgspec.Struct):
    """What is looked at; all else passes unread."""

    did: str = ""
    time_us: int = 0
    kind: str = ""
    commit: _Commit | None = None
    account: _Account | None = None


_decode_event = msgspec.json.Decoder(_Event).decode
_decode_record = msgspec.json.Decoder(BlueskyRecord).decode


class Intake:
    """Makes records of events and counts them. Used by one thread; its counts may be read by any."""

    def __init__(
        self, max_bytes: int, wanted: RuleSet, memory: Memory | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        """`max_bytes`: a larger envelope is dead. Without a `memory` nothing is withdrawn. `clock`: seconds since the
        epoch."""
        self._max_bytes = max_bytes
        self._memory = memory
        self._clock = clock
        self.listen_for(wanted)
        self.lines = declared("source_lines_total").counts(source=SOURCE)
        self.dead_letters = declared("pipeline_dead_letters_total").counts(where="ingest")
        self.post_at = 0.0
        """When the last post of ours came, seconds since the epoch; 0 before the first."""
        self.at_us = 0
        """Bluesky's time of the event that was taken last, microseconds since the epoch; 0 if it had none."""

    def listen_for(self, wanted: RuleSet) -> None:
        """Match by these rules from now on."""
        self._rules = LocalRules(wanted.accounts[SOURCE], wanted.communities)
        self._names = tuple(name.lower().encode() for name in wanted.ever[SOURCE])

    def take(self, frame: bytes) -> tuple[Record, ...]:
        """The records of one event; none for what is not ours. Raises `UserError` when the memory's disk refuses, and
        nothing else, whatever the bytes."""
        self.at_us = 0
        now = self._clock()
        try:
            whole, event = self._read(frame)
            records = self._records(event, whole, now)
        except UnreadableError as error:
            if error.reason != "not_json" and not self._names_us(frame):
                self.lines[SOURCE, "other"] += 1
                return ()
            self.lines[SOURCE, "dead"] += 1
            self.dead_letters["ingest", error.reason] += 1
            return (dead_letter(error.reason, SOURCE, frame, int(now * 1000)),)
        return records

    def _read(self, frame: bytes) -> tuple[bytes, _Event]:
        """The event's bytes, mended if they have to be, and the event."""
        try:
            # msgspec does not look into what it skips, and skipped text must be UTF-8 for the record to be JSON.
            frame.decode()
            try:
                event = _decode_event(frame)
            except msgspec.ValidationError:
                event = _leniently(frame, _Event)
                if event.commit is None:
                    raise
            except msgspec.DecodeError:
                frame = mended(frame)
                event = _leniently(frame, _Event)
        except msgspec.ValidationError:
            raise UnreadableError("wrong_shape") from None
        except (ValueError, RecursionError):  # msgspec's errors and UnicodeDecodeError are ValueErrors
            raise UnreadableError("not_json") from None
        self.at_us = event.time_us
        return frame, event

    def _records(self, event: _Event, frame: bytes, now: float) -> tuple[Record, ...]:
        commit, account = event.commit, event.account
        records: tuple[Record, ...] = ()
        if commit is not None and commit.collection == bluesky.POSTS:
            if commit.operation in ("create", "update"):
                record = self._post(event.did, commit, frame, now)
                if record is not None:
                    self.lines[SOURCE, "post"] += 1
                    self.post_at = now
                    return (record,)
            elif commit.operation == "delete" and self._memory is not None:
                post = bluesky.post_id(bluesky.uri_of(event.did, commit.rkey))
                asked = bluesky.seconds_of_key(commit.rkey)
                records = (_withdrawn(post, "delete", now, asked),) if self._memory.take(post) else ()
        elif account is not None and not account.active and self._memory is not None:
            why = ACCOUNT_ENDS.get(account.status or "")
            if why is not None:
                records = tuple(_withdrawn(post, why, now) for post in self._memory.take_all(event.did))
        self.lines[SOURCE, "withdrawal" if records else "other"] += 1
        return records

    def _post(self, did: str, commit: _Commit, frame: bytes, now: float) -> Record | None:
        """A changed post is itself again, under the same id: the tagger counts the first that comes, as for X."""
        try:
            try:
                record = _decode_record(commit.record)
            except msgspec.ValidationError:
                record = _leniently(commit.record, BlueskyRecord)
        except (msgspec.DecodeError, RecursionError):
            raise UnreadableError("no_post") from None
        payload = BlueskyPayload(did, BlueskyCommit(commit.rkey, record))
        if bluesky.standing(payload) != "post":
            raise UnreadableError("no_post")
        post = bluesky.post_of(payload)
        said = Said(
            author=did.lower(),
            author_handle="",
            mentions=(*map(str.lower, post.mention_ids), *filter(None, post.mentions)),
            reply_to_author=post.reply_to_author.lower(),
            text=post.text,
            hashtags=bluesky.hashtags_of(record),
            languages=tuple(record.langs or ()),
        )
        tags = self._rules.tags(said)
        if not tags:
            return None
        envelope = Envelope(SOURCE, post.id, int(now * 1000), "stream", tags, msgspec.Raw(frame))
        value = encode_json(envelope)
        if len(value) > self._max_bytes:
            raise UnreadableError("too_large")
        if self._memory is not None:
            self._memory.add(post.id, did, now)
        return Record("posts", post.id.encode(), value)

    def _names_us(self, frame: bytes) -> bool:
        lower = frame.lower()
        return any(name in lower for name in self._names)


def _leniently(raw: bytes | msgspec.Raw, shape: type[_Shape]) -> _Shape:
    """Field by field; what is wrong is unknown, and counted by the worker that reads the post."""
    found: _Shape = lenient(msgspec.json.decode(raw), shape, bluesky.PARTS, [])
    return found


def _withdrawn(post: str, why: Withdrawn, now: float, asked: int | None = None) -> Record:
    """`asked`: by the post's key, -1 where that says no time; None: not known here."""
    told = NO_ASKED if asked is None else asked if asked >= 0 else NEVER_ASKED
    return Record("posts", post.encode(), encode_json(Withdrawal(post, int(now * 1000), why, told)))
