"""X as one of the sources: what the rest of Earshot may ask of it.

Called through `agents/ingest/sources.py`. Owns nothing; each answer is another module's.
"""

from collections.abc import Iterator

from agents.ingest.records import Record
from agents.ingest.source import Descriptor, Maker
from agents.ingest.x import source
from agents.ingest.x.check import check
from agents.ingest.x.compliance import source as compliance
from agents.ingest.x.intake import SOURCE, Intake
from streams.settings import Settings


def _prepare(settings: Settings) -> Iterator[Maker]:
    yield source.prepare(settings)
    yield from compliance.prepared(settings)


def _retry(line: bytes, settings: Settings) -> Record | None:
    return Intake(settings.max_post_bytes).take(line)


def _address(post: str, payload: bytes) -> str:
    """Every id of X is a decimal number, and no other source's is."""
    del payload
    return f"https://x.com/i/status/{post}" if post.isascii() and post.isdecimal() else ""


X = Descriptor(name=SOURCE, prepare=_prepare, retry=_retry, address=_address, check=check)
