"""The tagger: decodes posts, drops duplicates, reads the others, and puts their mentions on `mentions`.

The body of a Faust agent, called with chunks in order. It hands a whole chunk to the writer without awaiting in
between, so that a checkpoint never sees half of one. An unreadable post goes to `dead-letters` as its partition and
offset: the text stays on `posts`. A post that a person must see goes to `attention`, too.
"""

from typing import NamedTuple

from agents.worker.directory_watch import DirectoryWatch
from streams.faustkit.chunk import Chunk, Record
from streams.faustkit.writer import KeyValue, Writer
from streams.kafka import topics as kafka_topics
from streams.metrics import Metrics
from streams.reading.attention import attention_of
from streams.reading.reader import UnreadableError, WithheldError
from streams.records import Attention, DeadLetter, Gone, Withdrawal, encode_json, encode_mention
from streams.settings import Settings
from streams.tables.first_seen import FirstSeen
from streams.vocabulary import DeadReason


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
        dead: list[KeyValue] = []
        urgent: list[KeyValue] = []
        known = self._watch.known
        reader, partition_of, keys = known.reader, known.partition_of, known.keys
        safety = reader.lexicon.taxonomy.safety
        decode, read = reader.decode, reader.records
        is_duplicate = self._first_seen.is_duplicate
        partition = chunk.partition
        duplicates = elsewhere = empty = withdrawn = withheld = 0
        for record in chunk.records:
            value = record.value
            if value is None:
                empty += 1
                continue
            try:
                envelope = decode(value)
            except WithheldError:
                withheld += 1  # before it is remembered: another copy may have the text
                continue
            except UnreadableError as unreadable:
                dead.append(self._dead_letter(unreadable.reason, partition, record))
                continue
            if isinstance(envelope, Withdrawal):
                withdrawn += 1
                urgent.append(self._withdraw(envelope.id, partition, record, out))
                continue
            offset, at = record.offset, record.timestamp
            if is_duplicate(partition, envelope.id, offset, at // 1000):
                duplicates += 1
                continue
            found = read(envelope, partition, offset, at)
            if not found:
                elsewhere += 1
            for one in found:
                hospital = one.hospital
                target = partition_of[hospital]
                if target in out:
                    out[target].append((keys[hospital], encode_mention(one)))
                else:
                    out[target] = [(keys[hospital], encode_mention(one))]
                if attention_of(one, safety) and (waits := attention_of(one, safety, reader.written(envelope))):
                    self._metrics.attention(waits.reason)
                    urgent.append((keys[hospital], encode_json(waits)))
        self._metrics.skipped("duplicate", duplicates)
        self._metrics.skipped("no_hospital", elsewhere)
        self._metrics.skipped("empty", empty)
        self._metrics.skipped("withdrawal", withdrawn)
        self._metrics.skipped("withheld", withheld)
        self._metrics.wrong_parts(reader.wrong)
        return _Found(mentions=out, attention=urgent, dead_letters=dead)

    def _withdraw(self, post: str, partition: int, record: Record, out: dict[int, list[KeyValue]]) -> KeyValue:
        """Tell every partition of mentions that a post was taken back; returns the word for the queue."""
        key = post.encode()
        gone = Gone(partition=partition, offset=record.offset, at=record.timestamp, post=post)
        told = (key, encode_mention(gone))
        for target in self._targets:
            out.setdefault(target, []).append(told)
        return key, encode_json(Attention(post=post, at=record.timestamp, hospital="", reason="withdrawn"))

    def _dead_letter(self, reason: DeadReason, partition: int, record: Record) -> KeyValue:
        self._metrics.dead_letter(reason)
        size = len(record.value or b"")
        letter = DeadLetter(reason, "tagger", "posts", record.timestamp, size, partition, record.offset)
        return b"%d-%d" % (partition, record.offset), encode_json(letter)
