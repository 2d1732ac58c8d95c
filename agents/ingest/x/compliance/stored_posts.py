"""Which posts of X are still here: ids on `posts` and on the queue of posts that wait for a person.

Called by `check.py`, which asks X about them; what a record says (`told`) is asked by `matching.py` and `accounts.py`,
too. Looks at keys and at the first bytes of values; a post's text and author are not read. Nor are the ids of later
versions: who deletes any version deletes all (X API v2, edit posts), so the first, which is the key, answers for them.
"""

from collections.abc import Callable
from typing import Literal, NamedTuple

from kafka.errors import KafkaError

from agents.ingest.threads import StoppedError
from agents.kafka import stored
from streams.errors import UserError
from streams.kafka import topics as kafka_topics
from streams.records import decode_attention
from streams.settings import Settings

_POST, _WITHDRAWAL = b'{"source":"x",', b'{"source":"withdrawal",'
"""How a record of `posts` begins: `source` is the first field of both (streams/records.py)."""
_ID_DIGITS = 20
"""Most digits of an id of X: a 64-bit number."""


class Kept(NamedTuple):
    """What is here."""

    ids: list[int]
    """Of posts that were not withdrawn, ascending."""
    withdrawn: int
    """Posts that stand here and were withdrawn before: they are not asked about again."""


def told(key: bytes | None, value: bytes | None) -> tuple[Literal["post", "withdrawal"], int] | None:
    """What a record of `posts` says of which post of X; None for any other record."""
    if key is None or value is None or not key.isdigit() or len(key) > _ID_DIGITS:
        return None
    if value.startswith(_POST):
        return "post", int(key)
    return ("withdrawal", int(key)) if value.startswith(_WITHDRAWAL) else None


def kept(settings: Settings, stopping: Callable[[], bool] = lambda: False) -> Kept:
    """Read both Kafka topics to their present end. Raises `UserError` when Kafka does not answer, `StoppedError`."""
    posts: set[int] = set()
    withdrawn: set[int] = set()
    try:
        for one in stored.read(settings, kafka_topics.posts(settings)):
            if stopping():
                raise StoppedError
            if (found := told(one.key, one.value)) is not None:
                (posts if found[0] == "post" else withdrawn).add(found[1])
        for one in stored.read(settings, kafka_topics.attention(settings)):
            waits = decode_attention(one.value or b"")
            if waits.post.isascii() and waits.post.isdecimal() and len(waits.post) <= _ID_DIGITS:
                (withdrawn if waits.reason == "withdrawn" else posts).add(int(waits.post))
    except KafkaError as error:
        raise UserError(
            f"Kafka at {settings.kafka_bootstrap} does not say what is kept ({type(error).__name__}): try again"
        ) from None
    return Kept(sorted(posts - withdrawn), len(posts & withdrawn))
