"""The tagger: decodes posts, drops duplicates, reads the others, and puts their mentions on `mentions`.

The body of a Faust agent, called with chunks in order. It hands a whole chunk to the writer without awaiting in
between, so that a checkpoint never sees half of one. An unreadable post goes to `dead-letters` as its partition and
offset: the text stays on `posts`. A post that a person must see goes to `attention`, too.
"""

from collections import Counter
from typing import NamedTuple

from agents.worker.directory_watch import DirectoryWatch
from agents.worker.stopwatch import Stopwatch
from streams import post_log
from streams.faustkit.chunk import Chunk, Record
from streams.faustkit.writer import KeyValue, Writer
from streams.kafka import topics as kafka_topics
from streams.metrics import Metrics
from streams.reading.attention import attention_of
from streams.reading.reader import UnreadableError, WithheldError, asked_by_id
from streams.reading.sources import PostEnvelope
from streams.records import (
    Attention,
    DeadLetter,
    Gone,
    Mention,
    Tally,
    Withdrawal,
    encode_json,
    encode_mention,
)
from streams.settings import Settings
from streams.tables.first_seen import FirstSeen
from streams.vocabulary import DeadReason, Skipped

BATCH = 64
"""Posts read together, step by step: with their decoded payloads they fill half of a core's cache of 512 kB."""


class _Found(NamedTuple):
    """The records that came of a chunk, by the Kafka topic that they go to."""

    mentions: dict[int, list[KeyValue]]
    """Mentions and tallies, by partition."""
    attention: list[KeyValue]
    dead_letters: list[KeyValue]


class Tagger:
    """Body of the agent on `posts`."""

    def __init__(
        self, settings: Settings, watch: DirectoryWatch, first_seen: FirstSeen, writer: Writer, metrics: Metrics
    ) -> None:
        """`watch`: has what posts are read by, asked once a chunk."""
        self._watch = watch
        self._first_seen = first_seen
        self._writer = writer
        self._metrics = metrics
        self._stopwatch = Stopwatch()
        self._targets = range(settings.partitions)  # of withdrawals: hospitals of earlier directories, too
        self._mentions = kafka_topics.mentions(settings)
        self._attention = kafka_topics.attention(settings)
        self._dead_letters = kafka_topics.dead_letters(settings)

    async def take(self, chunk: Chunk) -> None:
        """Read one chunk of `posts`. Waits while the writer has too much outstanding."""
        await self._writer.room()
        with self._metrics.chunk("tagger", len(chunk.records)):
            found = self._read(chunk)
            for partition, records in found.mentions.items():
                self._writer.put(self._mentions, partition, records)
            if found.attention:
                self._writer.put(self._attention, 0, found.attention)
            if found.dead_letters:
                self._writer.put(self._dead_letters, 0, found.dead_letters)

    def _read(self, chunk: Chunk) -> "_Found":
        out: dict[int, list[KeyValue]] = {}
        found = _Found(mentions=out, attention=[], dead_letters=[])
        reader = self._watch.known.reader
        counts = Counter[Skipped]()
        records, partition = chunk.records, chunk.partition
        for start in range(0, len(records), BATCH):
            ends = self._stopwatch.started()
            decoded = self._decoded(records[start : start + BATCH], partition, counts, found)
            ends("decode")
            taken = self._new(decoded, partition, counts)
            ends("duplicates")
            posts = [(one, record.offset, record.timestamp) for one, record in taken if not isinstance(one, Withdrawal)]
            records_of = reader.records_of(posts, partition, ends)
            if post_log.wanted():
                _follow(posts, records_of)
            read = iter(records_of)
            for envelope, record in taken:
                if isinstance(envelope, Withdrawal):
                    counts["withdrawal"] += 1
                    found.attention.append(self._withdraw(envelope, partition, record, out))
                    post_log.note(envelope.id, "taken back")
                else:
                    self._put(next(read), envelope, counts, found)
            ends("encode")
            self._metrics.read_in(self._stopwatch.seconds, len(decoded))
        for reason, count in counts.items():
            self._metrics.skipped(reason, count)
        self._metrics.wrong_parts(reader.wrong)
        return found

    def _decoded(
        self, records: list[Record], partition: int, counts: Counter[Skipped], found: _Found
    ) -> list[tuple[PostEnvelope | Withdrawal, Record]]:
        """The posts and withdrawals that can be read, in order."""
        decode = self._watch.known.reader.decode
        decoded: list[tuple[PostEnvelope | Withdrawal, Record]] = []
        for record in records:
            value = record.value
            if value is None:
                counts["empty"] += 1
                continue
            try:
                decoded.append((decode(value), record))
            except WithheldError:
                counts["withheld"] += 1  # before it is remembered: another copy may have the text
                post_log.note(record.key, "its text is withheld")
            except UnreadableError as unreadable:
                found.dead_letters.append(self._dead_letter(unreadable.reason, partition, record))
                post_log.note(record.key, "a dead letter, %s", unreadable.reason)
        return decoded

    def _new(
        self, decoded: list[tuple[PostEnvelope | Withdrawal, Record]], partition: int, counts: Counter[Skipped]
    ) -> list[tuple[PostEnvelope | Withdrawal, Record]]:
        """Without the posts that were here before."""
        is_duplicate = self._first_seen.is_duplicate
        fresh = [
            (one, record)
            for one, record in decoded
            if isinstance(one, Withdrawal)
            or not is_duplicate(partition, one.id, record.offset, record.timestamp // 1000)
        ]
        if len(fresh) < len(decoded):
            counts["duplicate"] += len(decoded) - len(fresh)
            if post_log.wanted():
                kept = {record.offset for _, record in fresh}
                for one, record in decoded:
                    if record.offset not in kept:
                        post_log.note(one.id, "a copy of one that counted")
        return fresh

    def _put(
        self, read: list[Mention | Tally], envelope: PostEnvelope, counts: Counter[Skipped], found: _Found
    ) -> None:
        """Encode what was read of a post for the Kafka topics that it goes to."""
        if not read:
            counts["no_hospital"] += 1
            return
        known, out = self._watch.known, found.mentions
        safety = known.reader.lexicon.taxonomy.safety
        for one in read:
            hospital = one.hospital
            key = known.keys[hospital]
            target = known.partition_of[hospital]
            if target in out:
                out[target].append((key, encode_mention(one)))
            else:
                out[target] = [(key, encode_mention(one))]
            if attention_of(one, safety) and (waits := attention_of(one, safety, known.reader.written(envelope))):
                self._metrics.attention(waits.reason)
                found.attention.append((key, encode_json(waits)))

    def _withdraw(
        self, withdrawn: Withdrawal, partition: int, record: Record, out: dict[int, list[KeyValue]]
    ) -> KeyValue:
        """Tell every partition of mentions that a post was taken back; returns the word for the queue."""
        post = withdrawn.id
        key = post.encode()
        gone = Gone(partition, record.offset, record.timestamp, post, asked_by_id(withdrawn))
        told = (key, encode_mention(gone))
        for target in self._targets:
            out.setdefault(target, []).append(told)
        return key, encode_json(Attention(post=post, at=record.timestamp, hospital="", reason="withdrawn"))

    def _dead_letter(self, reason: DeadReason, partition: int, record: Record) -> KeyValue:
        self._metrics.dead_letter(reason)
        size = len(record.value or b"")
        letter = DeadLetter(reason, "tagger", "posts", record.timestamp, size, partition, record.offset)
        return b"%d-%d" % (partition, record.offset), encode_json(letter)


def _follow(posts: list[tuple[PostEnvelope, int, int]], read: list[list[Mention | Tally]]) -> None:
    """Say of each post which hospitals it was read of."""
    for (envelope, _, _), found in zip(posts, read, strict=True):
        hospitals = dict.fromkeys(one.hospital for one in found)
        post_log.note(envelope.id, "read, of hospitals: %s", ", ".join(hospitals) or "none")
