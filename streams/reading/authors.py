"""Turns an author into a number that can count people but identifies nobody: 20 bits of a keyed hash.

Called by `reader.py` for posts that are tied to a hospital. `agents/worker/author_key.py` supplies the key. Many people
on a network share one number (`tables/sketch.py`), and without the key nobody can tell who they are.
"""

from hashlib import blake2b

from streams.tables.sketch import entry_of

KEY_BYTES = 32


class Authors:
    """Hashes authors with one key."""

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
