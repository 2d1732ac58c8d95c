"""The simulated X to who starts it as a process: its command, and a token for ingest.

Called through `sources.py`. The simulated X itself is `server.py`.
"""

import secrets
from pathlib import Path

import msgspec

from agents.simulated.source import Prepared, SimulatedSource
from streams.settings import Settings


def _prepare(settings: Settings, folder: Path) -> Prepared:
    """Make up a token."""
    token = folder / "token"
    token.write_text(secrets.token_urlsafe(24))
    token.chmod(0o600)
    return Prepared(msgspec.structs.replace(settings, x_token_file=str(token)), ("--token-file", str(token)))


def _pointed_at(settings: Settings, url: str) -> Settings:
    return msgspec.structs.replace(settings, x_base_url=url)


X = SimulatedSource(name="x", command="simulate-x", scheme="http://", prepare=_prepare, pointed_at=_pointed_at)
