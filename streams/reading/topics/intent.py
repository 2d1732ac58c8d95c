"""What a post wants: exactly one intent, by phrases and the order of precedence of the labelling rules.

Called by the reader, once for each tie of a post to a hospital. Sarcasm is not seen, nor is anybody's mood stored.
Knows no hospital: whether the post addresses one comes in as an argument.
"""

from importlib import resources

import msgspec

from streams.errors import UserError
from streams.reading.topics.phrases import Group, Phrases, pattern_of
from streams.vocabulary import Intent

_NAMES = (
    "crisis",
    "awareness",
    "request",
    "question",
    "rhetorical",
    "complaint",
    "compliment",
    "information",
    "personal",
)
_PREFIX = "intent "
"""Of group names, so that they meet no topic's in a shared index."""


class IntentError(UserError):
    """intents.yaml cannot be used. One line that says why."""


class _Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    phrases: tuple[str, ...]
    unless: tuple[str, ...] = ()


class IntentWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """intents.yaml, whose comments say what each part is."""

    version: int
    crisis: _Words
    awareness: _Words
    request: _Words
    question: _Words
    rhetorical: _Words
    complaint: _Words
    compliment: _Words
    information: _Words
    personal: _Words

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
        """What an index has to hold so that `Intents` can use it."""
        parts: list[tuple[str, _Words]] = [(name, getattr(self, name)) for name in _NAMES]
        return tuple(Group(_PREFIX + name, part.phrases, part.unless) for name, part in parts)


class Intents:
    """Reads intents."""

    def __init__(self, words: IntentWords, phrases: Phrases | None = None) -> None:
        """`phrases`: an index that holds `words.groups()` among others; without it, one of its own."""
        self._phrases = phrases or Phrases(words.groups())
        bit = {name: self._phrases.bit(_PREFIX + name) for name in _NAMES}
        self._crisis, self._awareness = bit["crisis"], bit["awareness"]
        self._request, self._question = bit["request"], bit["question"]
        self._rhetorical, self._complaint, self._compliment = bit["rhetorical"], bit["complaint"], bit["compliment"]
        self._information, self._personal = bit["information"], bit["personal"]

    @classmethod
    def load(cls) -> "Intents":
        """With the phrases that ship with Earshot. Raises `IntentError`."""
        return cls(IntentWords.load())

    def intent_of(  # noqa: PLR0911 - one return a rule
        self, text: str, addressed: bool, topics: tuple[str, ...]
    ) -> Intent:
        """The intent of a post. `addressed`: it speaks to the hospital; `topics`: what it is about.

        Requests and questions are only such when addressed (to the crowd they are `none`); a complaint must name a
        hospital, which a handle does.
        """
        found = self._phrases.found(text)
        if found & self._crisis and (found & self._personal or not found & self._awareness):
            return "crisis"
        rhetorical = found & self._rhetorical
        if addressed and not rhetorical:
            if found & self._request:
                return "request"
            if found & self._question or "?" in text:
                return "question"
        if (rhetorical or found & self._complaint) and (addressed or "@" in text):
            return "complaint"
        if found & self._compliment:
            return "compliment"
        if found & self._information or (topics and not addressed and not found & self._personal and "?" not in text):
            return "information"
        return "none"
