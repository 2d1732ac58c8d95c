"""Bluesky as one of the sources: what the rest of Earshot may ask of it.

Called through `agents/ingest/sources.py`. Owns nothing but a post's address; each other answer is another module's.
"""

from collections.abc import Iterator

import msgspec

from agents.ingest.bluesky import source
from agents.ingest.bluesky.check import check
from agents.ingest.bluesky.intake import SOURCE, Intake
from agents.ingest.records import Record
from agents.ingest.rules import files
from agents.ingest.source import Descriptor, Maker
from streams.reading.bluesky import BlueskyPayload
from streams.settings import Settings


def _prepare(settings: Settings) -> Iterator[Maker]:
    yield source.prepare(settings)


def _retry(line: bytes, settings: Settings) -> Record | None:
    """A post that comes so is not in ingest's memory: its deletion is not passed on."""
    return next(iter(Intake(settings.max_post_bytes, files.load(settings)).take(line)), None)


def _address(post: str, payload: bytes) -> str:
    """An id names no author; the payload does."""
    del post
    if not payload:
        return ""
    found = msgspec.json.decode(payload, type=BlueskyPayload)
    return f"https://bsky.app/profile/{found.did}/post/{found.commit.rkey}"


BLUESKY = Descriptor(name=SOURCE, prepare=_prepare, retry=_retry, address=_address, check=check)
