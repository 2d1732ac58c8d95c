"""What travels on each Kafka topic, and its wire form.

Owns the records' shapes and their encoding, nothing else: who may read a post's payload is `reading/`, where a record
goes is `kafka_topics.py`. Called by ingest (envelopes, dead letters), the tagger (mentions, tallies) and the hospital
tables.

`mentions` is MessagePack, for speed; the others are JSON, for people with a console consumer. A `Mention` or `Tally`
travels as an array, so its fields are append-only: a new one goes last and has a default. `tests/test_records.py` keeps
bytes of earlier forms.
"""

from collections.abc import Iterable
from typing import Any, Self

import msgspec

from streams.vocabulary import AttentionReason, DeadReason, Evidence, Intent, Precision, Relation, Tier, Withdrawn


class Envelope(msgspec.Struct, frozen=True):
    """One line of a source, as ingest puts it on `posts`. Key of the record: the post id."""

    source: str
    """`x` or `bluesky`. First in the object: the reader chooses the payload's shape by it."""
    id: str
    """The post's id: in its source, or of its own where the source's holds the author (`reading/bluesky.py`)."""
    received_at: int
    """When ingest took the line, ms since the epoch."""
    origin: str
    """`stream`, `search` or `replay`."""
    rules: tuple[str, ...]
    """Tags of the stream rules that matched; may be empty."""
    payload: msgspec.Raw
    """The source's JSON, byte for byte."""


NO_ASKED, NEVER_ASKED = -1, -2
"""In place of the time of a withdrawn post's id: it was not told; an id of its kind says none."""


class Withdrawal(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="source", tag="withdrawal"):
    """A post that its author or its source took back, on `posts` beside the post itself. Key: the post id.

    Counts stay, since nothing of the post is in them; whatever keeps its id must drop it.
    """

    id: str
    """Of the post."""
    received_at: int
    """When we heard of it, ms since the epoch."""
    why: Withdrawn
    asked: int = NO_ASKED
    """When the post was written, by its id in its source, seconds since the epoch, where `id` does not say it;
    `NEVER_ASKED` where the source's id does not either."""


class OpenTopics(tuple[str, ...]):
    """Topics that may stand beside a post id: operational and safety ones. Made by `Taxonomy.split` alone.

    A type of its own, so that a service line cannot get onto a `Mention`: not for mypy, nor at run time.
    """

    __slots__ = ()

    def __new__(cls, topics: Iterable[str], service_lines: frozenset[str]) -> Self:
        """Raises `ValueError` for a topic among `service_lines`."""
        made = super().__new__(cls, topics)
        if not service_lines.isdisjoint(made):
            raise ValueError("a service line or a disease must not stand beside a post id: it travels in a Tally")
        return made


class OpenCommunities(OpenTopics):
    """Communities of interest that may stand beside a post id. Made by `Communities.split` alone."""

    __slots__ = ()


NO_COMMUNITIES = OpenCommunities((), frozenset())


NO_TIME, FUTURE, TOO_OLD = -1, -2, -3
"""In place of a post's hour: its own time is missing; over an hour ahead of Kafka's; more than 28 days behind it."""


class ReadMention(msgspec.Struct, frozen=True, array_like=True, tag="m", gc=False):
    """One post tied to one hospital, as it is read. No author, no text. Key: hospital id.

    Topics are plain tuples, for they were checked when the `Mention` was made: that is read in a third of the time.

    `partition` and `offset` are the post's place on `posts`: what makes a count exact under replay.
    """

    hospital: str
    partition: int
    offset: int
    at: int
    """Kafka timestamp of the post, ms. The only clock that decides anything."""
    hour: int
    """Hours since the epoch of the post's own time. Negative when the post is in no window, and why: `NO_TIME`,
    `FUTURE`, `TOO_OLD`."""
    relation: Relation
    tier: Tier
    precision: Precision
    evidence: Evidence
    confidence: int
    """Per cent, of the tier."""
    distance_km: int
    """Author place to hospital; -1 when not known."""
    topics: tuple[str, ...]
    """A service line never stands here: it travels in a `Tally`."""
    intent: Intent
    addressed: bool
    post: str
    """Post id, so that an answer can find its question."""
    reply_to: str
    """Id of the post that this one answers; empty when it is none."""
    mentioned_tier: Tier = "unknown"
    """How near the nearest town is that the text names with its state; `unknown` when it names none. Apart from `tier`,
    which is the author's."""
    communities: tuple[str, ...] = ()
    """Communities of interest that the post speaks to. One of a disease never stands here: it travels in a `Tally`."""
    written: int = -1
    """The post's own time, seconds since the epoch; -1 where `hour` is negative."""
    person: int = -1
    """(register, rank) of a keyed hash of its author (`tables/sketch.py`): enough to count people, not to tell one. -1
    for a hospital's own post."""

    asked: int = -1
    """When the question was asked that this post is, or that a hospital's own post answers, by that post's id: seconds
    since the epoch. So an answer knows its question's place without having seen it. -1 where no id says so."""
    sure: int = 0
    """Bit i: `topics[i]` is sure, by the sum of its evidence; else it is likely. 0 in records from before this."""


class Mention(ReadMention, frozen=True, array_like=True, tag="m", gc=False):
    """A mention as it is made: with topics and communities that may stand beside a post id, and no others."""

    topics: OpenTopics
    communities: OpenCommunities = NO_COMMUNITIES

    def __post_init__(self) -> None:
        """Raises `TypeError` for topics of no stated class. Costs 0.06 us."""
        if type(self.topics) is not OpenTopics:
            raise TypeError(f"a Mention takes OpenTopics, not {type(self.topics).__name__}: see Taxonomy.split")
        if type(self.communities) is not OpenCommunities:
            raise TypeError(f"a Mention takes OpenCommunities, not {type(self.communities).__name__}")


class Tally(msgspec.Struct, frozen=True, array_like=True, tag="t", gc=False):
    """Service-line topics and disease communities of one post for one hospital: bare counts. Key: hospital id.

    Carries no post id, author, place or intent. The offset makes the count exact and points nowhere once `posts`
    expired.
    """

    hospital: str
    partition: int
    offset: int
    at: int
    hour: int
    tier: Tier
    topics: tuple[str, ...]
    communities: tuple[str, ...] = ()


class Gone(msgspec.Struct, frozen=True, array_like=True, tag="w", gc=False):
    """A post that was taken back, told to every partition of `mentions`: which hospitals it was put to is known there.

    Counts stay; it no longer waits for an answer.
    """

    partition: int
    offset: int
    at: int
    post: str
    asked: int = NO_ASKED
    """When the post was written, by its id, seconds since the epoch: so its question is found without a search.
    `NO_ASKED`, as in records from before this: it may be any question; `NEVER_ASKED`: it is none that waits."""


class Attention(msgspec.Struct, frozen=True):
    """A post that a person must look at now. Key: hospital id. No author, no text, no topic.

    At least once: a replay after a crash may write it again.
    """

    post: str
    at: int
    """The post's own time, ms since the epoch; Kafka's where its own is unknown, and of a withdrawal."""
    hospital: str
    """Empty for `withdrawn`, which is for every hospital."""
    reason: AttentionReason


class DeadLetter(msgspec.Struct, frozen=True, omit_defaults=True):
    """What could not be read, and why. Key: where it stood, so that a copy overwrites itself."""

    reason: DeadReason
    where: str
    """`ingest` or `tagger`."""
    source: str
    at: int
    """ms since the epoch: arrival for ingest, Kafka timestamp for the tagger."""
    size: int
    """Bytes of what could not be read."""
    partition: int = -1
    """Where it stands on `posts`; -1 when it never got there."""
    offset: int = -1
    raw: bytes = b""
    """The line itself (base64 in JSON), only when it stands nowhere else."""


def _taken(kind: type, value: Any) -> OpenTopics:
    """What stands on a Mention's wire: it was checked when the Mention was made. Raises `ValueError` for a record that
    no tagger wrote."""
    if issubclass(kind, OpenTopics) and type(value) is list:
        for one in value:
            if type(one) is not str:
                break
        else:
            return tuple.__new__(kind, value)
    raise ValueError("not topics")


encode_json = msgspec.json.Encoder().encode
encode_mention = msgspec.msgpack.Encoder().encode
decode_mention = msgspec.msgpack.Decoder(Mention | Tally | Gone, dec_hook=_taken).decode
read_mention = msgspec.msgpack.Decoder(ReadMention | Tally | Gone).decode
"""As `decode_mention`, for what only counts."""
decode_dead_letter = msgspec.json.Decoder(DeadLetter).decode
decode_attention = msgspec.json.Decoder(Attention).decode
