"""The secret key for hashing authors: from a file, or else made once for a pipeline and kept in Kafka.

Called by the worker at start and by the proof. All workers of a pipeline must hash alike for four weeks: so the Kafka
topic `author-key` holds the key for ever, or its fingerprint if it comes from a file. The key never reaches a
log or an error. Does not know how an author is hashed (`streams/reading/authors.py`).
"""

import secrets
from hashlib import blake2b
from pathlib import Path

import msgspec
from kafka.errors import KafkaError

from agents.kafka import clients, stored
from streams.errors import UserError
from streams.kafka import topics as kafka_topics
from streams.reading.authors import KEY_BYTES
from streams.settings import Settings, variable

_LEAST_CHARACTERS = 32
_ACK_SECONDS = 10.0


class _Told(msgspec.Struct):
    """The record on the Kafka topic."""

    fingerprint: str
    key: str = ""
    """In hex; empty if the key comes from a file."""


def load(settings: Settings) -> bytes:
    """The pipeline's key; made if it has none yet. Blocks for some requests to Kafka. Raises `UserError` if the file
    cannot be used, or holds another key than the one that the pipeline began with."""
    key = _of_file(settings) if settings.author_key_file else secrets.token_bytes(KEY_BYTES)
    told = _told(settings)
    if told is None:
        _tell(settings, _Told(_fingerprint(key), "" if settings.author_key_file else key.hex()))
        told = _told(settings)
        if told is None:
            raise UserError(f"Kafka topic {kafka_topics.author_key(settings)} lost the authors' key: try again")
    if settings.author_key_file:
        if told.fingerprint != _fingerprint(key):
            raise UserError(
                f"{variable('author_key_file')}: this pipeline counts people under another key; give it that file, or "
                "start a new pipeline (another prefix): under two keys everybody would be counted twice"
            )
        return key
    if not told.key:
        raise UserError(f"this pipeline counts people under the key of a file: set {variable('author_key_file')}")
    return bytes.fromhex(told.key)


def _of_file(settings: Settings) -> bytes:
    path = settings.author_key_file
    try:
        text = Path(path).read_text(encoding="ascii").strip()
    except OSError as error:
        raise UserError(f"{variable('author_key_file')}={path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        text = ""
    if len(text) < _LEAST_CHARACTERS or not text.isprintable():
        raise UserError(
            f"{variable('author_key_file')}={path} must hold one line of at least {_LEAST_CHARACTERS} random characters"
        )
    return blake2b(text.encode(), digest_size=KEY_BYTES, person=b"earshot author").digest()


def _fingerprint(key: bytes) -> str:
    return blake2b(key, digest_size=8, person=b"earshot finger").hexdigest()


def _told(settings: Settings) -> _Told | None:
    """The first record: if two workers make a key at once, it decides for both."""
    for record in stored.read(settings, kafka_topics.author_key(settings)):
        if record.value is not None:
            return msgspec.json.decode(record.value, type=_Told)
    return None


def _tell(settings: Settings, told: _Told) -> None:
    try:
        producer = clients.producer(settings, acks="all")
        try:
            # A key of its own for each record: compaction keeps them all, and so the first.
            producer.send(
                kafka_topics.author_key(settings), key=secrets.token_hex(8).encode(), value=msgspec.json.encode(told)
            ).get(_ACK_SECONDS)
        finally:
            producer.close()
    except KafkaError as error:
        raise UserError(f"Kafka did not take the authors' key ({type(error).__name__}): try again") from None
