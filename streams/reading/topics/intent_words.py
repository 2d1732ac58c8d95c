"""The words by which intents are read, from intents.yaml, and the shape of what was read.

Loaded by `lexicon.py`; `intent.py` decides with them. Owns the file's form and the groups made of it.
"""

from importlib import resources

import msgspec

from streams.errors import UserError
from streams.reading.topics.groups import Group
from streams.reading.topics.phrases import pattern_of
from streams.vocabulary import Intent

PREFIX = "intent "
"""Begins every group name, so that none equals a topic's in a shared index."""
_NEGATED = {"complaint": "approval", "compliment": "grumble", "approval": "grumble"}
"""Group that can be negated -> the group for which a negated find counts."""


class IntentError(UserError):
    """intents.yaml cannot be used. One line that says why."""


class IntentRead(msgspec.Struct, frozen=True):
    """An intent, and by which rule or that weights decided."""

    intent: Intent
    why: str


class IntentFind(msgspec.Struct, frozen=True):
    """What speaks for an intent, or against it."""

    evidence: str
    """A phrase, or a list, rule or mark in brackets."""
    intent: Intent
    weight: int
    """In hundredths of the logarithm of the odds."""


class _Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    phrases: tuple[str, ...]
    unless: tuple[str, ...] = ()


class IntentWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """intents.yaml; its comments explain each part."""

    version: int
    self_harm: _Words
    danger: _Words
    help: _Words
    peril: _Words
    over: _Words
    awareness: _Words
    request: _Words
    imperatives: tuple[str, ...]
    openers: tuple[str, ...]
    question: _Words
    rhetorical: _Words
    sarcasm: _Words
    complaint: _Words
    grumble: _Words
    compliment: _Words
    approval: _Words
    information: _Words
    notice: _Words
    news: _Words
    crowd: _Words
    personal: _Words
    other_names: tuple[str, ...]
    grievances: tuple[str, ...]

    @classmethod
    def load(cls) -> "IntentWords":
        """The phrases that ship with Earshot. Raises `IntentError`."""
        return cls.parse((resources.files(__package__) / "intents.yaml").read_bytes())

    @classmethod
    def parse(cls, text: bytes) -> "IntentWords":
        """The phrases in a YAML text. Raises `IntentError`."""
        try:
            words = msgspec.yaml.decode(text, type=cls)
            for group in words.groups():
                for phrase in group.phrases + group.unless:
                    pattern_of(phrase)
        except ValueError as error:  # msgspec.DecodeError is one
            raise IntentError(f"intents.yaml: {' '.join(str(error).split())}") from None
        return words

    def groups(self) -> tuple[Group, ...]:
        """The groups that an index must hold for `Intents`."""
        parts = ((name, getattr(self, name)) for name in self.__struct_fields__)
        return tuple(_group(name, part) for name, part in parts if isinstance(part, _Words))


def _group(name: str, part: _Words) -> Group:
    opposite = PREFIX + _NEGATED[name] if name in _NEGATED else ""
    return Group(PREFIX + name, part.phrases, part.unless, bool(opposite), opposite)
