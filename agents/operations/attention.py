"""The posts that wait for a person, read from their Kafka topic, and where each can be looked up.

Called by `earshot attention`. A replay may have written one twice: here it stands once. A source whose
ids do not lead back to a post needs its payload, while `posts` has it.
"""

import msgspec

from agents.ingest.sources import SOURCES
from agents.kafka import stored
from streams.errors import UserError
from streams.kafka import topics as kafka_topics
from streams.records import Attention, Envelope, decode_attention
from streams.settings import Settings


def waiting(settings: Settings, hospital: str = "") -> list[Attention]:
    """All of about a day, oldest first; of one hospital, or of all. What was withdrawn waits no more."""
    found: dict[tuple[str, str], Attention] = {}
    withdrawn: set[str] = set()
    for record in stored.read(settings, kafka_topics.attention(settings)):
        one = decode_attention(record.value or b"")
        if one.reason == "withdrawn":
            withdrawn.add(one.post)
        elif not hospital or one.hospital == hospital:
            found.setdefault((one.post, one.hospital), one)
    waits = [one for one in found.values() if one.post not in withdrawn]
    return sorted(waits, key=lambda one: (one.at, one.post, one.hospital))


def address_by_id(post: str) -> str:
    """Where a post can be seen, if its id alone says so; else empty. Asks no Kafka."""
    return next((found for source in SOURCES.values() if (found := source.address(post, b""))), "")


def address_on_posts(settings: Settings, post: str) -> str:
    """Where a post can be seen, by its payload on `posts`. Raises `UserError` when it is not there."""
    key = post.encode()
    for record in stored.read(settings, kafka_topics.posts(settings)):
        if record.key == key and record.value is not None:
            try:
                found = msgspec.json.decode(record.value, type=Envelope)
            except msgspec.DecodeError:
                continue  # its withdrawal
            return SOURCES[found.source].address(post, bytes(found.payload))
    raise UserError(f"{post} is not on `posts`", "it came more than a day ago, or it is no post's id")
