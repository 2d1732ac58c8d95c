"""The dead letters: listing them, and trying them again once what refused them has been mended.

Called by `earshot deadletters`. A letter from ingest holds its line; one from the tagger says where on `posts` it
stands, which is there for a day. What can be read now goes to `posts`, and only when Kafka has it is the letter
withdrawn by a tombstone: ended in between, it is tried again, and the tagger drops the copy. Text is never shown here.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from kafka.errors import KafkaError

from agents.ingest.publisher import KafkaConnection
from agents.ingest.sources import SOURCES
from agents.kafka import stored
from streams.errors import UserError
from streams.kafka import topics as kafka_topics
from streams.reading.reader import Reader, UnreadableError
from streams.records import DeadLetter, decode_dead_letter
from streams.settings import Settings
from streams.vocabulary import RetryFate

ACK_SECONDS = 30.0
"""Most that Kafka may take for one record."""


class Letter(NamedTuple):
    """One dead letter that waits."""

    key: bytes
    letter: DeadLetter

    @property
    def name(self) -> str:
        """How a person calls it: its key."""
        return self.key.decode(errors="replace")


def waiting(settings: Settings) -> list[Letter]:
    """All letters of about a day, oldest first; a copy of one stands once, a withdrawn one no more."""
    found: dict[bytes, DeadLetter] = {}
    for record in stored.read(settings, kafka_topics.dead_letters(settings)):
        key = record.key or b""
        found.pop(key, None)
        if record.value is not None:
            found[key] = decode_dead_letter(record.value)
    return [Letter(key, letter) for key, letter in found.items()]


def retry(settings: Settings, reader: Reader, letters: Iterable[Letter]) -> Iterator[tuple[Letter, RetryFate]]:
    """Try each again. Raises `UserError` when Kafka does not take what it is given; the rest waits on."""
    letters = list(letters)
    places = {(one.letter.partition, one.letter.offset) for one in letters if one.letter.offset >= 0}
    values: dict[tuple[int, int], tuple[bytes, bytes]] = {}
    if places:
        for record in stored.read(settings, kafka_topics.posts(settings)):
            if (record.partition, record.offset) in places and record.value is not None:
                values[record.partition, record.offset] = (record.key or b"", record.value)
    connection = KafkaConnection(settings)
    try:
        producer = connection.open()
        try:
            for one in letters:
                fate, key, value = _tried(one.letter, values, reader, settings)
                if fate == "published":
                    producer.send(kafka_topics.posts(settings), value=value, key=key).get(ACK_SECONDS)
                    producer.send(kafka_topics.dead_letters(settings), value=None, key=one.key).get(ACK_SECONDS)
                yield one, fate
        finally:
            connection.discard(producer)
    except KafkaError as error:
        raise UserError(f"Kafka did not take a record ({type(error).__name__}): run it again") from error


def _tried(
    letter: DeadLetter, values: dict[tuple[int, int], tuple[bytes, bytes]], reader: Reader, settings: Settings
) -> tuple[RetryFate, bytes, bytes]:
    """(fate, key, value) of one letter, by today's rules."""
    if letter.offset >= 0:
        if (letter.partition, letter.offset) not in values:
            return "expired", b"", b""
        key, value = values[letter.partition, letter.offset]
    else:
        if len(letter.raw) < letter.size:
            return "cut", b"", b""
        source = SOURCES.get(letter.source)
        record = source.retry(letter.raw, settings) if source is not None else None
        if record is None or record.topic != "posts":
            return "still_dead", b"", b""
        key, value = record.key, record.value
    try:
        reader.decode(value)
    except UnreadableError:
        return "still_dead", b"", b""
    return "published", key, value
