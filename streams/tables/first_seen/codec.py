"""The wire form of facts: chunks of a changelog, by version.

Called by the memory, by the tests and by whatever moves a pipeline. Version 1: a header (version; first and last offset
of the chunk; the last fact's seconds; bytes of the records with short and with long keys), the records as `buckets.py`
keeps them, and the facts whose ids have no key, as msgpack. Version 0, of Earshot before, is a msgpack list of facts;
it never begins with byte 1. All numbers are little-endian.
"""

import struct
from typing import NamedTuple

import msgspec

from streams.tables.first_seen.buckets import LEAP, MASK, TAIL, pack_tail, unpack_tail
from streams.tables.first_seen.ids import LONG, SHORT, key_of, post_of

Fact = tuple[str, int, int]
"""Post id, first offset, Kafka timestamp in seconds."""

VERSION = 1
_header = struct.Struct("<BqqIII")
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Fact]).decode


class Packed(NamedTuple):
    """A chunk's facts, ready to be merged or written."""

    first: int
    """Lowest offset of a fact in it."""
    last: int
    """Highest offset."""
    at: int
    """Seconds of the fact at `last`."""
    short: bytes
    """Records with keys of 8 bytes."""
    long: bytes
    """Records with keys of 16 bytes."""
    odd: list[Fact]
    """Facts whose ids have no key."""


def name(first: int, last: int) -> bytes:
    """A chunk's key: its offsets name its content, so whoever writes this key writes the same facts."""
    return b"%d-%d" % (first, last)


def offsets(key: bytes) -> tuple[int, int]:
    """First and last offset from a chunk's key. Raises `ValueError` for another key."""
    first, between, last = key[1:].partition(b"-")
    if not between:
        raise ValueError(f"{key!r} names no chunk")
    return int(key[:1] + first), int(last)


def pack(facts: list[Fact]) -> Packed:
    """Facts, at least one, in ascending order of their offsets."""
    short, long = bytearray(), bytearray()
    odd: list[Fact] = []
    for fact in facts:
        key = key_of(fact[0])
        if key:
            record = key + pack_tail(fact[1] & MASK, fact[2])
            if len(key) == SHORT:
                short += record
            else:
                long += record
        else:
            odd.append(fact)
    return Packed(facts[0][1], facts[-1][1], facts[-1][2], bytes(short), bytes(long), odd)


def encode(chunk: Packed) -> bytes:
    """The wire form."""
    header = _header.pack(VERSION, chunk.first, chunk.last, chunk.at, len(chunk.short), len(chunk.long))
    return b"".join((header, chunk.short, chunk.long, _encode(chunk.odd) if chunk.odd else b""))


def decode(value: bytes) -> Packed:
    """A chunk of whichever version. Raises `ValueError` or msgspec's error if it is none."""
    if value[:1] != b"\x01":
        chunk = pack(sorted(_decode(value), key=lambda fact: fact[1]))
    elif len(value) < _header.size:
        raise ValueError("a chunk of facts is cut short")
    else:
        _, first, last, at, short, long = _header.unpack_from(value)
        middle = _header.size + short
        end = middle + long
        if end > len(value) or short % (SHORT + TAIL) or long % (LONG + TAIL):
            raise ValueError("a chunk of facts is cut short")
        odd = _decode(value[end:]) if end < len(value) else []
        chunk = Packed(first, last, at, value[_header.size : middle], value[middle:end], odd)
    if not 0 <= chunk.last - chunk.first < LEAP:
        raise ValueError(f"a chunk of facts from offset {chunk.first} to {chunk.last}")
    return chunk


def facts(chunk: Packed) -> list[Fact]:
    """The facts one by one, in ascending order of their offsets."""
    found = list(chunk.odd)
    for records, width in ((chunk.short, SHORT), (chunk.long, LONG)):
        for start in range(0, len(records), width + TAIL):
            low, at = unpack_tail(records, start + width)
            offset = chunk.last - ((chunk.last - low) & MASK)
            found.append((post_of(records[start : start + width]), offset, at))
    return sorted(found, key=lambda fact: fact[1])
