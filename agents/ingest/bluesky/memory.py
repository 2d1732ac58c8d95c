"""Which posts of Bluesky were accepted in the last day, so that their end can be passed on, also after a restart.

Called by `intake.py`, in the reading thread. Bluesky tells of every post that is deleted and every account that goes;
only what was accepted here is anybody's business. Holds hashes and times, no DID, no text: in one SQLite file in the
wal's folder. What is remembered is on the disk at `save`, which comes before the cursor's.
"""

import hashlib
import os
import sqlite3
from contextlib import closing
from pathlib import Path

from streams.errors import UserError
from streams.settings import variable

KEEP_SECONDS = 86_400
"""As long as `posts` and the queue of posts that wait for a person hold anything."""
EXPIRE_SECONDS = 60.0
"""How often the old ones are looked for."""
MOST_POSTS = 1_000_000
"""Bound on the size, some 100 MB: more than eleven posts of ours a second, all day. The oldest are forgotten."""

_TABLES = """
CREATE TABLE IF NOT EXISTS accepted (post TEXT PRIMARY KEY, author BLOB NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_author ON accepted (author);
CREATE INDEX IF NOT EXISTS by_time ON accepted (at);
"""


class Memory:
    """The accepted posts, by id and by their authors' hashes. Used by one thread at a time."""

    def __init__(self, path: Path, most: int = MOST_POSTS) -> None:
        """`most`: how many to keep. Raises `UserError` when the file cannot be used."""
        self._most = most
        try:
            os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
            self._base = sqlite3.connect(path, isolation_level="IMMEDIATE", check_same_thread=False)
        except (OSError, sqlite3.Error) as error:
            raise _refused(path, error) from None
        self._path = path
        self._expired_at = 0.0
        try:
            # Several pages, then one rename: no journal lies about, and a kill leaves the last `save`.
            self._base.execute("PRAGMA journal_mode = TRUNCATE")
            self._base.execute("PRAGMA secure_delete = ON")
            self._base.executescript(_TABLES)
            ((self.posts,),) = self._base.execute("SELECT count(*) FROM accepted").fetchall()
        except sqlite3.Error as error:
            self._base.close()
            raise _refused(path, error) from None

    def close(self) -> None:
        """Let the file go. What was not saved is not remembered."""
        self._base.close()

    def add(self, post: str, author: str, at: float) -> None:
        """A post was accepted. `author`: its DID, of which a hash is kept; `at`: now, seconds since the epoch."""
        self.take(post)  # sent twice
        self._do("INSERT INTO accepted VALUES (?, ?, ?)", post, _hash(author), int(at))

    def take(self, post: str) -> bool:
        """Whether a post was accepted; it is forgotten."""
        return bool(self._found("SELECT post FROM accepted WHERE post = ?", post)) and bool(
            self._do("DELETE FROM accepted WHERE post = ?", post)
        )

    def take_all(self, author: str) -> tuple[str, ...]:
        """The posts of an author (a DID) that were accepted, oldest first; they are forgotten."""
        hashed = _hash(author)
        posts = self._found("SELECT post FROM accepted WHERE author = ? ORDER BY at, post", hashed)
        if posts:
            self._do("DELETE FROM accepted WHERE author = ?", hashed)
        return posts

    def save(self, now: float) -> None:
        """Make durable what was added and taken, and forget what is too old or too much. `now`: seconds since the
        epoch. Raises `UserError` when the disk refuses."""
        if now - self._expired_at >= EXPIRE_SECONDS:
            self._expired_at = now
            self._expire(int(now))
        try:
            self._base.commit()
        except sqlite3.Error as error:
            raise _refused(self._path, error) from None

    def _expire(self, now: int) -> None:
        self._do("DELETE FROM accepted WHERE at < ?", now - KEEP_SECONDS)
        (count,) = self._found("SELECT count(*) FROM accepted")
        self.posts = int(count)
        if self.posts > self._most:
            too_many = self.posts - self._most
            self._do("DELETE FROM accepted WHERE post IN (SELECT post FROM accepted ORDER BY at LIMIT ?)", too_many)
            self.posts = self._most

    def _found(self, query: str, *values: str | bytes) -> tuple[str, ...]:
        """The first column of all rows."""
        try:
            return tuple(found for (found,) in self._base.execute(query, values).fetchall())
        except sqlite3.Error as error:
            raise _refused(self._path, error) from None

    def _do(self, statement: str, *values: str | bytes | int) -> int:
        try:
            with closing(self._base.execute(statement, values)) as cursor:
                changed = cursor.rowcount
        except sqlite3.Error as error:
            raise _refused(self._path, error) from None
        self.posts += changed if statement.startswith("INSERT") else -changed
        return changed


def _hash(author: str) -> bytes:
    return hashlib.blake2b(author.encode(), digest_size=16).digest()


def _refused(path: Path, error: Exception) -> UserError:
    return UserError(f"{path} cannot be used ({error}): make room on its disk, or delete it; see {variable('wal_dir')}")
