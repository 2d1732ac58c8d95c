"""The project's own labelled cases in `tests/cases`: a checkout has them, an installation does not.

Called by the accuracy page (`accuracy.py`), `bench/tagger.py` and the tests.
"""

from pathlib import Path
from typing import TypeVar

import msgspec

from streams.vocabulary import Intent

FOLDER = Path(__file__).parents[2] / "tests" / "cases"

Shape = TypeVar("Shape")


class TopicCases(msgspec.Struct, frozen=True, rename={"about": "is", "not_about": "is_not"}):
    """Posts that are about a topic, and near misses that are not; whatever else they are about."""

    about: list[str]
    not_about: list[str]


class IntentCase(msgspec.Struct, frozen=True):
    """A post and what it wants."""

    text: str
    addressed: bool
    intent: Intent
    topics: tuple[str, ...] = ()


class AddressedCase(msgspec.Struct, frozen=True):
    """A post, and whether it speaks to @sandside."""

    text: str
    addressed: bool


def topics() -> dict[str, TopicCases]:
    """By topic, sorted."""
    return {path.stem: _load(path, TopicCases) for path in sorted((FOLDER / "topics").glob("*.yaml"))}


def intents() -> list[IntentCase]:
    """Every case of an intent."""
    return _load(FOLDER / "intents.yaml", list[IntentCase])


def addressed() -> list[AddressedCase]:
    """Every case of a post that speaks to a hospital, or does not."""
    return _load(FOLDER / "addressed.yaml", list[AddressedCase])


def _load(path: Path, shape: type[Shape]) -> Shape:
    return msgspec.yaml.decode(path.read_bytes(), type=shape)
