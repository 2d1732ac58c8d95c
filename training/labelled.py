"""The labelled posts in `training/posts`: who wrote them, who labelled them, and how well the labellers agree.

Called by `words.py` and the accuracy page (`agents/evaluation/accuracy.py`). Each line of a file is one post; a scene's
posts stand in one file. Invented posts: no real person's, none of X's.
"""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from streams.vocabulary import Intent

FOLDER = Path(__file__).with_name("posts")
TRAIN, DEVELOPMENT, TEST = "train.jsonl", "development.jsonl", "test.jsonl"
DANGER = "danger.jsonl"
"""Half about somebody in danger, half only like it; kept apart, as the test posts are."""


class Label(msgspec.Struct, frozen=True):
    """One annotator's answer."""

    topics: tuple[str, ...]
    intent: Intent
    addressed: bool


class Post(msgspec.Struct, frozen=True, omit_defaults=True):
    """One post and its label: the writer's and the second annotator's where they agree, else a third one's."""

    id: str
    scene: str
    voice: str
    text: str
    topics: tuple[str, ...]
    intent: Intent
    addressed: bool
    writer: Label | None = None
    """Absent where it is the label."""
    second: Label | None = None
    """Likewise."""
    hinting: bool = False
    """From a writer who was asked to hint at things instead of naming them: half the weight in training."""

    @property
    def both(self) -> tuple[Label, Label]:
        """The writer's answer and the second annotator's."""
        label = Label(self.topics, self.intent, self.addressed)
        return self.writer or label, self.second or label


def load(name: str) -> list[Post]:
    """The posts of a file."""
    lines = (FOLDER / name).read_bytes().splitlines()
    return [msgspec.json.decode(line, type=Post) for line in lines]


def kappa(pairs: Iterable[tuple[bool, bool]]) -> float:
    """Cohen's kappa of two annotators: agreement beyond chance, 1 at most."""
    answers = list(pairs)
    agreed = sum(one == other for one, other in answers) / len(answers)
    first, second = (sum(one) / len(answers) for one in zip(*answers, strict=True))
    chance = first * second + (1 - first) * (1 - second)
    return (agreed - chance) / (1 - chance) if chance < 1 else 1.0
