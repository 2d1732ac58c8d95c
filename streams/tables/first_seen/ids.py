"""Post ids as keys of fixed width: 8 bytes for a number (X), 16 for a hash (Bluesky), exactly and back.

Called by the memory and by the codec. An id that would not come back as it was has no key: it is kept as text.
"""

import re
import struct

SHORT, LONG = 8, 16
"""Widths of a key, in bytes."""
_DIGITS = 20
"""Decimal digits of 2^64 - 1."""
_HASH = re.compile(r"b[0-9a-f]{32}", re.ASCII)
"""As `reading/bluesky.py` makes them."""
_number = struct.Struct("<Q")
number_key = _number.pack
"""The key of a number below 2^64."""


def key_of(post: str) -> bytes:
    """The key of an id; empty if it has none: another form, a leading zero, a number of more than 64 bits."""
    if post.isdigit() and post.isascii():
        if len(post) <= _DIGITS and (post[0] != "0" or post == "0"):
            number = int(post)
            if number < 1 << 64:
                return number_key(number)
        return b""
    return bytes.fromhex(post[1:]) if _HASH.fullmatch(post) else b""


def post_of(key: bytes) -> str:
    """The id whose key it is."""
    if len(key) == SHORT:
        number: int = _number.unpack(key)[0]
        return str(number)
    return "b" + key.hex()
