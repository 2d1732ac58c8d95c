"""The shapes of questions: what is kept of one, how one is shown, and a row of them on the wire.

Made by `questions.py` and `question_kinds.py`; `hospitals.py` and whatever lists questions read them. Shapes alone: a
module with shapes cannot be compiled (`deploy/compiled/modules.py`).
"""

from typing import NamedTuple

import msgspec

from streams.vocabulary import Intent, Tier


class Question(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What is kept of a question."""

    written: int
    """Its own time, seconds since the epoch."""
    intent: Intent
    tier: Tier
    topics: tuple[str, ...]
    """Operational and safety ones."""


class Kind(NamedTuple):
    """What many questions have in common."""

    intent: Intent
    tier: Tier
    topics: tuple[str, ...]


class Waiting(NamedTuple):
    """One question in the queue."""

    post: str
    written: int
    """Seconds since the epoch."""
    intent: Intent
    tier: Tier
    topics: tuple[str, ...]


class AskedWire(msgspec.Struct, array_like=True, frozen=True):
    """A row of questions (`questions.Asked`): array, append-only."""

    form: int
    version: int
    last_at: int
    marks: dict[int, int]
    questions: dict[str, Question]
    answers: dict[str, int]
    gone: list[str]
    uncounted: int


encode_wire = msgspec.msgpack.Encoder().encode
"""Of a tuple with the fields of `AskedWire`, a question as a tuple with those of `Question`: the same on the wire, and
a third of the time."""
asked_wire = msgspec.msgpack.Decoder(AskedWire).decode
