"""What leaves a source: records for `posts`, and dead letters for lines that are none.

Called by each source's intake. Owns the form of a dead letter of ingest. Knows no source.
"""

import hashlib
from typing import Literal, NamedTuple

from streams.kafka.topics import MAX_RECORD_BYTES
from streams.records import DeadLetter, encode_json
from streams.vocabulary import DeadReason

DEAD_RAW_BYTES = (MAX_RECORD_BYTES - 4096) // 4 * 3
"""Most bytes of a line that a dead letter carries: base64 makes 4 of 3, and 4 KiB are for the rest of the record."""


class Record(NamedTuple):
    """One record for Kafka."""

    topic: Literal["posts", "dead-letters"]
    """By its plain name; the pipeline's prefix is the publisher's business."""
    key: bytes
    value: bytes


class UnreadableError(Exception):
    """A line that is no post and no notice."""

    def __init__(self, reason: DeadReason) -> None:
        super().__init__(reason)
        self.reason = reason


def dead_letter(reason: DeadReason, source: str, line: bytes, now: int) -> Record:
    """The record of a line that could not be read. `now`: ms since the epoch."""
    letter = DeadLetter(reason, "ingest", source, now, len(line), raw=line[:DEAD_RAW_BYTES])
    # It stands nowhere, so its bytes are its key: a copy overwrites itself.
    key = b"ingest-" + hashlib.blake2b(line, digest_size=16).hexdigest().encode()
    return Record("dead-letters", key, encode_json(letter))
