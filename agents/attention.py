"""The posts that wait for a person, read from their Kafka topic.

Called by `earshot attention`. A replay may have written one twice: here it stands once.
"""

from agents.proving import stored
from streams import kafka_topics
from streams.records import Attention, decode_attention
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
