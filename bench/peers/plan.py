"""What one run of one peer works on: written by the bench, read by the peer's process.

Knows no broker. A plan holds the key for hashing authors of a throw-away pipeline, so its file is private.
"""

import os
import sys
from pathlib import Path
from typing import Self

import msgspec


class Plan(msgspec.Struct, frozen=True):
    """Names, folder and pace of one run."""

    kafka: str
    """Address of the broker, host:port."""
    posts: str
    """Kafka topic of the posts; the others are made for this run."""
    mentions: str
    hospitals: str
    """Changelog of rows."""
    first_seen: str
    """Changelog of post ids."""
    group: str
    partitions: int
    commit_seconds: float
    """Between two commits; 0: as the peer has it by default."""
    session_seconds: float
    folder: str
    """Of the run: what the peer keeps on disk stands in it, and so stays over a kill."""
    author_key: str
    """In hex."""
    variant: str = ""

    @property
    def board(self) -> Path:
        """The file of `board.py`."""
        return Path(self.folder, "board")

    def save(self) -> Path:
        """Write it into its folder; the file."""
        file = Path(self.folder, "plan.json")
        file.touch(mode=0o600)
        file.write_bytes(msgspec.json.encode(self))
        return file

    @classmethod
    def told(cls) -> Self:
        """The plan that this process was started with."""
        return msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=cls)

    def state(self, name: str) -> Path:
        """A folder for what the peer keeps on disk, made if need be."""
        folder = Path(self.folder, name)
        os.makedirs(folder, exist_ok=True)
        return folder
