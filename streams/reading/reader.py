"""Reads an envelope's bytes and makes the post's mentions and tallies: runs the other modules of this room in order.

Called by `agents/worker/tagger.py` and `agents/proving/oracle.py`, in two steps (`decode`, `records`), because the
tagger drops duplicates in between. Pure: the same bytes, place and timestamp give the same records, in any process, at
any time.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any, Union

import msgspec

from streams.directory import Directory, Hospital
from streams.reading.addressed import Tie, hospitals_of
from streams.reading.authors import Authors
from streams.reading.lenient import lenient
from streams.reading.mended import mended
from streams.reading.places import names as place_names
from streams.reading.places.locality import Localities
from streams.reading.places.markets import Markets
from streams.reading.places.place import Place
from streams.reading.places.reach import Reaches
from streams.reading.places.resolver import Gazetteer, place_of
from streams.reading.places.text_places import MentionedPlaces
from streams.reading.post import Post
from streams.reading.sources import POST_OF, READERS, STANDING_OF, PostEnvelope
from streams.reading.topics.communities import Communities
from streams.reading.topics.lexicon import Lexicon
from streams.reading.x import seconds_of_id
from streams.records import FUTURE, NO_ASKED, NO_TIME, TOO_OLD, Mention, OpenTopics, Tally, Withdrawal
from streams.tables.periods import HOUR_SECONDS, KEEP_HOURS
from streams.tables.questions import OPEN_SECONDS
from streams.vocabulary import TIERS, DeadReason, Intent, ReadingPart, Tier, WrongPart

_decode_json = msgspec.json.Decoder().decode
AHEAD_SECONDS = 3600
"""Most that a post's own time may be ahead of Kafka's, and its id's time off its own. What is farther off comes from a
wrong clock; the post gets no hour, or is no question."""

Placed = tuple[PostEnvelope, int, int]
"""A post's envelope, its offset on its partition of `posts`, and Kafka's timestamp, ms since the epoch."""


def _nobody(_: ReadingPart) -> None:
    """Whom to tell that a part ended."""


class UnreadableError(Exception):
    """An envelope that cannot be read."""

    def __init__(self, reason: DeadReason) -> None:
        super().__init__(reason)
        self.reason = reason


class WithheldError(UnreadableError):
    """A post whose text its source withholds: what came says so, and is nobody's words. Another copy may have them."""

    def __init__(self) -> None:
        super().__init__("no_post")


class Reader:
    """Everything needed to read a post, loaded once. After an edit, `renewed` makes the reader of the next post."""

    def __init__(
        self,
        directory: Directory,
        max_bytes: int,
        lexicon: Lexicon | None = None,
        author_key: bytes = b"",
        before: "Reader | None" = None,
    ) -> None:
        """`max_bytes`: larger envelopes are unreadable. `lexicon`: without it, the words that ship with Earshot.
        `author_key`: for counting people; without it, mentions count nobody. `before`: shares its places where the
        directory's are the same."""
        self._author_key = author_key
        self._authors = Authors(author_key) if author_key else None
        self.directory = directory
        self.lexicon = lexicon or Lexicon.load()
        if before is None or directory.crosswalk != before.directory.crosswalk:
            self._names = place_names.known(directory.crosswalk)
            self.gazetteer = Gazetteer(self._names)
            self._mentioned = MentionedPlaces(self._names, self.gazetteer)
        else:
            self._names, self.gazetteer, self._mentioned = before._names, before.gazetteer, before._mentioned
        if before is None or directory is not before.directory:  # an id may mean another place now
            self._reaches = Reaches(self._names, Markets(self._names.zips.values()))
            self._localities = Localities(self._reaches)
        else:
            self._reaches, self._localities = before._reaches, before._localities
        self._communities = Communities.load().split
        self._max_bytes = max_bytes
        self.wrong: Counter[WrongPart] = Counter() if before is None else before.wrong
        """How often a part of a post was wrong and so unknown. Only for metrics: no record depends on it."""
        self._decode: Callable[[bytes], PostEnvelope | Withdrawal] = msgspec.json.Decoder(
            Union[Withdrawal, *POST_OF]
        ).decode

    def renewed(self, directory: Directory, lexicon: Lexicon) -> "Reader":
        """A reader with another directory or other words; what did not change is shared. Takes a second for another
        crosswalk, else tens of milliseconds."""
        return Reader(directory, self._max_bytes, lexicon, self._author_key, before=self)

    def residents(self, hospital: Hospital) -> int:
        """People in the hospital's service area (HSA), by the gazetteer; 0 where that is not known."""
        return self._reaches.residents(hospital)

    def region(self, hospital: Hospital) -> tuple[str, str]:
        """Number and name of the hospital's referral region (HRR), by the gazetteer; empty where it is in none."""
        return self._reaches.region(hospital)

    def decode(self, value: bytes) -> PostEnvelope | Withdrawal:
        """Decode a record of `posts`: a post's envelope, or the withdrawal of a post. A field of it that is wrong is
        unknown, and raises `wrong`. Raises `UnreadableError` with the reason, `WithheldError` for a placeholder;
        nothing else, for any bytes."""
        if len(value) > self._max_bytes:
            raise UnreadableError("too_large")
        try:
            found = self._decode(value)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            found = self._leniently(value)
        if isinstance(found, Withdrawal):
            return found
        is_a = STANDING_OF[type(found)](found.payload)
        if is_a == "post":
            return found
        raise WithheldError if is_a == "withheld" else UnreadableError("no_post")

    def _leniently(self, value: bytes) -> PostEnvelope | Withdrawal:
        """What the strict decoder refused, field by field. Raises `UnreadableError`."""
        try:
            envelope = _json(value)
            if not isinstance(envelope, dict) or not isinstance(source := envelope.get("source"), str):
                raise UnreadableError("wrong_shape")
            if source == "withdrawal":
                return msgspec.convert(envelope, Withdrawal)
            if source not in READERS:
                raise UnreadableError("unknown_source")
            id = envelope.get("id")
            if not isinstance(id, str) or "payload" not in envelope:
                raise UnreadableError("wrong_shape")
        except msgspec.ValidationError:
            raise UnreadableError("wrong_shape") from None
        known, wrong = READERS[source], list[WrongPart]()
        try:
            found: PostEnvelope = lenient(envelope, known.envelope, known.parts, wrong)
        except (msgspec.ValidationError, OverflowError, RecursionError):
            raise UnreadableError("no_post") from None
        self.wrong.update(set(wrong))
        return found

    def records(self, envelope: PostEnvelope, partition: int, offset: int, at: int) -> list[Mention | Tally]:
        """As `records_of`, for one post. `offset`, `at`: its place in the partition and Kafka's timestamp, ms since the
        epoch."""
        return self.records_of([(envelope, offset, at)], partition)[0]

    def records_of(
        self, posts: list[Placed], partition: int, ends: Callable[[ReadingPart], None] = _nobody
    ) -> list[list[Mention | Tally]]:
        """For each post its mentions and tallies, one or two for each hospital it is tied to. `partition`: of `posts`,
        where they stand. `ends`: told each part that ended.

        Works step by step through all posts, not post by post: then a step's code and tables stay in the core's
        cache, and a post costs half as much. Give some 100 at once: the posts themselves must fit, too.
        """
        read: list[list[Mention | Tally]] = [[] for _ in posts]
        tied = self._tied(posts)
        ends("hospitals")
        lexicon, gazetteer = self.lexicon, self.gazetteer
        lexicon.prepare([post.text for _, post, _ in tied])
        words = [self._worded(post.text, ties) for _, post, ties in tied]
        communities = [self._communities(post.text, post.mentions) for _, post, _ in tied]
        ends("words")
        places = [(place_of(post, gazetteer), self._mentioned.of(post.text)) for _, post, _ in tied]
        nearby = [
            [(self._localities.locality(place, hospital), self._nearest(named, hospital)) for hospital, _, _ in ties]
            for (place, named), (_, _, ties) in zip(places, tied, strict=True)
        ]
        ends("places")
        authors = self._authors
        persons = (
            [authors.entry(post.network, post.author_id) for _, post, _ in tied]
            if authors is not None
            else [-1] * len(tied)
        )
        for (number, post, ties), worded, near, (open_communities, health), person in zip(
            tied, words, nearby, communities, persons, strict=True
        ):
            envelope, offset, at = posts[number]
            hour = hour_of(post, at)
            records = read[number]
            for tie, said, (locality, mentioned_tier) in zip(ties, worded, near, strict=True):
                hospital, relation, addressed = tie
                open_topics, sure, service_lines, intent = said
                own = relation == "author"
                records.append(
                    Mention(
                        hospital=hospital.id,
                        partition=partition,
                        offset=offset,
                        at=at,
                        hour=hour,
                        relation=relation,
                        tier=locality.tier,
                        precision=locality.precision,
                        evidence=locality.evidence,
                        confidence=locality.confidence,
                        distance_km=locality.distance_km,
                        topics=open_topics,
                        intent=intent,
                        addressed=addressed,
                        post=envelope.id,
                        reply_to=(post.reply_to or post.quoted) if own else post.reply_to,
                        mentioned_tier=mentioned_tier,
                        communities=open_communities,
                        written=post.at if hour >= 0 else -1,
                        person=-1 if own else person,
                        asked=asked_at(post, own=own) if hour >= 0 else -1,
                        sure=sure,
                    )
                )
                if (service_lines or health) and not own:
                    records.append(
                        Tally(
                            hospital=hospital.id,
                            partition=partition,
                            offset=offset,
                            at=at,
                            hour=hour,
                            tier=locality.tier,
                            topics=service_lines,
                            communities=health,
                        )
                    )
        ends("mentions")
        return read

    def _tied(self, posts: list[Placed]) -> list[tuple[int, Post, tuple[Tie, ...]]]:
        """The posts that are tied to hospitals, each with its number among all."""
        found: list[tuple[int, Post, tuple[Tie, ...]]] = []
        for number, (envelope, _, _) in enumerate(posts):
            post = POST_OF[type(envelope)](envelope.payload)
            if post.wrong:
                self.wrong.update(post.wrong)
            ties = hospitals_of(post, self.directory)
            if ties:
                found.append((number, post, ties))
        return found

    def _worded(self, text: str, ties: tuple[Tie, ...]) -> list[tuple[OpenTopics, int, tuple[str, ...], Intent]]:
        """For each tie, what the words say: open topics, which of them are sure, service lines, intent."""
        lexicon = self.lexicon
        every = lexicon.topics_of(text)
        found: list[tuple[OpenTopics, int, tuple[str, ...], Intent]] = []
        for hospital, relation, addressed in ties:
            topics = lexicon.topics_for(hospital.id, text, every)
            open_topics, service_lines = lexicon.taxonomy.split(topics)
            intent: Intent = "none" if relation == "author" else lexicon.intent_of(text, addressed, topics)
            sure = lexicon.sure_bits(text, open_topics) if open_topics else 0
            found.append((open_topics, sure, service_lines, intent))
        return found

    def written(self, envelope: PostEnvelope) -> int:
        """The post's own time, seconds since the epoch, however old; -1 if unknown."""
        return POST_OF[type(envelope)](envelope.payload).at

    def _nearest(self, named: tuple[Place, ...], hospital: Hospital) -> Tier:
        if not named:
            return "unknown"
        tiers = [self._localities.locality(place, hospital).tier for place in named]
        return min(tiers, key=TIERS.index)


def _json(value: bytes) -> Any:
    """Any JSON, mended where a strict decoder refuses it. Raises `UnreadableError`."""
    try:
        try:
            return _decode_json(value)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return _decode_json(mended(value))
    except (ValueError, RecursionError):
        raise UnreadableError("not_json") from None


def asked_at(post: Post, *, own: bool) -> int:
    """When the question was asked that this post is, or (`own`) that it answers, by that post's id. -1 where the id
    says nothing, or a time at which this post cannot be that: an id on Bluesky is its writer's choice, and a question
    row in another year would never end."""
    asked = post.answers_at if own else post.id_at
    first = post.at - AHEAD_SECONDS - (OPEN_SECONDS if own else 0)
    return asked if asked >= 0 and first <= asked <= post.at + AHEAD_SECONDS else -1


def asked_by_id(withdrawn: Withdrawal) -> int:
    """When a post that was taken back was written, by its id: `Gone.asked`."""
    if withdrawn.asked == NO_ASKED and (asked := seconds_of_id(withdrawn.id)) >= 0:
        return asked
    return withdrawn.asked


def hour_of(post: Post, at: int) -> int:
    """The post's own time in hours since the epoch. `NO_TIME`, `FUTURE` or `TOO_OLD` if it has none, or one that does
    not fit Kafka's timestamp (`at`, ms since the epoch)."""
    taken = at // 1000
    if post.at < 0:
        return NO_TIME
    if post.at > taken + AHEAD_SECONDS:
        return FUTURE
    return post.at // HOUR_SECONDS if post.at >= taken - KEEP_HOURS * HOUR_SECONDS else TOO_OLD
