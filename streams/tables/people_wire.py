"""The authors of an hour as bytes: as they travel, and smaller, as a day that is over keeps them in memory.

Called by `rows.py`. As they travel: 3 bytes each, sorted: 14 bits of register, 6 of rank, 1 for a local one. Smaller:
the steps from register to register and the other 7 bits apart, compressed, since both have few values that are common:
1 byte an author where an hour has thousands, 1.4 where it has a hundred. Knows no row.
"""

import zlib
from collections.abc import Iterable

SHRUNK = zlib.compress(b"")[:1]
"""What the smaller form begins with. The other never does: its first byte is below 32."""
LEAST = 64
"""Fewer authors are not worth it."""
_LOW_BITS = 7
_LOW = (1 << _LOW_BITS) - 1
_FAR = 255
"""A step of so much and more, which is told by the next byte."""
_COUNT_BYTES = 3
_SIZE = 3


def pack_people(people: Iterable[int]) -> bytes:
    """As they travel."""
    return b"".join([person.to_bytes(_SIZE, "big") for person in sorted(people)])


def shrunk(packed: bytes) -> bytes:
    """The smaller form of authors as they travel; they themselves where they are few."""
    if len(packed) < _SIZE * LEAST or packed[:1] == SHRUNK:
        return packed
    steps, lows, before = bytearray(), bytearray(), 0
    for person in unpack_people(packed):
        register = person >> _LOW_BITS
        step = register - before
        before = register
        while step >= _FAR:
            steps.append(_FAR)
            step -= _FAR
        steps.append(step)
        lows.append(person & _LOW)
    return zlib.compress(b"".join((len(lows).to_bytes(_COUNT_BYTES, "big"), steps, lows)), 6)


def unpack_people(packed: bytes) -> list[int]:
    """The authors of either form, sorted."""
    if packed[:1] != SHRUNK:
        return [
            high << 16 | middle << 8 | low
            for high, middle, low in zip(packed[::3], packed[1::3], packed[2::3], strict=True)
        ]
    told = zlib.decompress(packed)
    place = len(told) - int.from_bytes(told[:_COUNT_BYTES], "big")
    people: list[int] = []
    register = 0
    for step in told[_COUNT_BYTES:place]:
        register += step
        if step < _FAR:
            people.append(register << _LOW_BITS | told[place])
            place += 1
    return people
