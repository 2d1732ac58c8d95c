"""From an author to a number that counts people and tells nobody: a keyed hash, of which 20 bits are kept.

Called by the reader for posts that are tied to a hospital. The key is given; where it comes from is
`agents/worker/author_key.py`'s. What is kept (`tables/sketch.py`) is shared by many people on a network, and without
the key nobody can say by which.
"""

from hashlib import blake2b

from streams.tables.sketch import entry_of

KEY_BYTES = 32


class Authors:
    """The hash under one key."""

    def __init__(self, key: bytes) -> None:
        """Raises `ValueError` unless the key has `KEY_BYTES` bytes."""
        if len(key) != KEY_BYTES:
            raise ValueError(f"the key of authors has {len(key)} bytes, not {KEY_BYTES}")
        self._keyed = blake2b(key=key, digest_size=8)

    def entry(self, network: str, author: str) -> int:
        """(register, rank) of an author as one number. `author`: the id in its network; -1 for none."""
        if not author:
            return -1
        hashed = self._keyed.copy()
        hashed.update(f"{network}:{author}".encode(errors="surrogatepass"))
        return entry_of(int.from_bytes(hashed.digest(), "big"))
