"""A record's form in the wal: length and crc32 of a body, then the body (time, topic, key, value).

Owns the bytes and their check. Called by `segments.py` and `wal.py`. Knows no file.
"""

import struct
import zlib
from collections.abc import Iterator
from typing import Literal, NamedTuple

from agents.ingest.records import Record

HEAD = struct.Struct("<II")
"""Length of the body in bytes, crc32 of the body. No body is empty, so zeros, which a power cut may leave, are no
record."""
_BODY = struct.Struct("<QBH")
"""When the record was accepted, ms since the epoch; its topic; length of its key. The key and the value follow."""
_TOPICS: dict[int, Literal["posts", "dead-letters"]] = {1: "posts", 2: "dead-letters"}
_CODES = {topic: code for code, topic in _TOPICS.items()}


class Entry(NamedTuple):
    """One record of the wal."""

    number: int
    """Its place in the order of acceptance, over all segments and starts."""
    at: int
    """When ingest accepted it, ms since the epoch."""
    record: Record


def encode(record: Record, at: int) -> bytes:
    """The bytes of a record that came at `at`, ms since the epoch."""
    body = b"".join((_BODY.pack(at, _CODES[record.topic], len(record.key)), record.key, record.value))
    return HEAD.pack(len(body), zlib.crc32(body)) + body


def decode(body: memoryview, number: int) -> Entry:
    """The record in a body whose checksum matched."""
    at, code, length = _BODY.unpack_from(body)
    key = _BODY.size + length
    return Entry(number, at, Record(_TOPICS[code], bytes(body[_BODY.size : key]), bytes(body[key:])))


def bodies(data: bytes) -> Iterator[tuple[int, memoryview]]:
    """Yield (offset of its end, body) for each record, up to the first that is cut short or does not match its
    checksum."""
    view, start = memoryview(data), 0
    while start + HEAD.size <= len(data):
        length, checksum = HEAD.unpack_from(data, start)
        end = start + HEAD.size + length
        body = view[start + HEAD.size : end]
        if length < _BODY.size or end > len(data) or zlib.crc32(body) != checksum or body[8] not in _TOPICS:
            return
        yield end, body
        start = end
