"""What the next check must know of the last one: when it was, and which of X's jobs is done with.

Owns one small file in the wal's folder. Called by `check.py` and whoever runs it; a check by hand counts for the daily
one, too.
"""

import contextlib
from pathlib import Path

import msgspec

from streams.errors import UserError
from streams.settings import Settings


class Remembered(msgspec.Struct):
    """The file's content; one that cannot be read counts as none."""

    checked_at: float = 0.0
    """Up to when X was asked what was taken back, seconds since the epoch; 0: never."""
    applied: str = ""
    """X's job whose result was applied last."""
    job: str = ""
    """X's job that was made last."""
    ids: int = 0
    """How many posts it asks about."""
    whole: bool = False
    """Whether it asks about all that was kept when it was made."""


def load(settings: Settings) -> Remembered:
    """What is remembered."""
    with contextlib.suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode(_file(settings).read_bytes(), type=Remembered)
    return Remembered()


def save(settings: Settings, remembered: Remembered) -> None:
    """Write the file. Raises `UserError`."""
    file = _file(settings)
    part = file.with_suffix(".part")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part.write_bytes(msgspec.json.encode(remembered))
        part.replace(file)
    except OSError as error:
        raise UserError(f"{file} cannot be written: {error.strerror}") from None


def _file(settings: Settings) -> Path:
    return settings.wal_path / "compliance.json"
