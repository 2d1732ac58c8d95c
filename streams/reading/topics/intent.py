"""Decides what a post wants: exactly one intent.

Rules answer first, in the order of precedence of the labelling rules. Their answer is then weighed with what else the
post has: the lists its phrases stand in, phrases with a weight, and marks such as a question mark. The intent with the
largest sum is the post's. That somebody is in danger is never outweighed. Called by `lexicon.py`, once for each tie of
a post to a hospital. Sarcasm is mostly missed. Stores nobody's mood. Knows no hospital: an argument says whether the
post addresses one, and a hospital named without a handle is recognised by its capitals.
"""

import re
from typing import Final

from streams.reading import languages
from streams.reading.languages import FunctionWords, any_of
from streams.reading.topics.evidence import Evidence
from streams.reading.topics.intent_evidence import IntentEvidence, mark_names, marks_of
from streams.reading.topics.intent_words import PREFIX, IntentFind, IntentRead, IntentWords
from streams.reading.topics.phrases import Phrases
from streams.vocabulary import INTENTS, Intent

_CAPITAL: Final = re.compile(r"(?<![@#\w])[A-Z][a-zà-ÿ]+")
"""A proper name. Hospitals in the US have Latin names, whatever the language of the text."""
_STOPS: Final = ".!?:…"
TOLD_CHARS: Final = 80
"""An author who tells a hospital so much, without a question, praise or news, reports what happened to him; thanks
and answers are shorter."""
_STAFF: Final = "staff_conduct"
"""Blame of staff has words of its own; without them, a post about staff is praise."""
_RUMOUR: Final = "rumor_misinfo_watch"
"""To pass on a rumour is to inform, whoever does it."""
NEEDED_TOPICS = (_STAFF, _RUMOUR)
"""Topics that the rules here name. A taxonomy without one is refused (`lexicon.py`)."""


# The rules, in order of precedence; intent_of has what each needs.
_DANGER: Final = IntentRead("crisis", "somebody is in danger now")
_ASKED: Final = IntentRead("request", "asks the hospital to do something")
_ORDERED: Final = IntentRead("request", "opens with what is to be done")
_PUT: Final = IntentRead("question", "puts a question to the hospital")
_MARKED: Final = IntentRead("question", "has a question mark")
_MOCKED: Final = IntentRead("complaint", "praise that is none, or a question that is none")
_BLAMED: Final = IntentRead("complaint", "blames a hospital")
_GRUMBLED: Final = IntentRead("complaint", "complains of how things went")
_AGGRIEVED: Final = IntentRead("complaint", "tells a hospital of its service, without praise")
_PRAISED: Final = IntentRead("compliment", "thanks or praises")
_APPROVED: Final = IntentRead("compliment", "approves")
_TOLD: Final = IntentRead("information", "tells news or an offer")
_IMPERSONAL: Final = IntentRead("information", "has a topic and nobody who speaks of himself")
_CROWD: Final = IntentRead("none", "asks the crowd")
_VENTED: Final = IntentRead("none", "blames nobody by name")
_NOTHING: Final = IntentRead("none", "wants nothing of a hospital")
_RULES = (
    _DANGER, _ASKED, _ORDERED, _PUT, _MARKED, _MOCKED, _BLAMED, _GRUMBLED, _AGGRIEVED, _PRAISED, _APPROVED, _TOLD,
    _IMPERSONAL, _CROWD, _VENTED, _NOTHING,
)  # fmt: skip


class Intents:
    """Reads intents."""

    def __init__(
        self,
        words: IntentWords,
        phrases: Phrases | None = None,
        function_words: FunctionWords | None = None,
        evidence: Evidence | None = None,
        first_lane: int = 0,
    ) -> None:
        """`phrases`: an index whose first groups are `words.groups()`, with the weights of `evidence` from lane
        `first_lane` on; without it, one is made. `function_words`: without it, the shipped languages. Without
        `evidence`, the rules decide alone."""
        spoken = function_words or languages.load()
        weighing = evidence.weighing(words.groups()) if evidence is not None else None
        self._phrases = phrases or Phrases(words.groups(), spoken, weighing)
        self._groups = {group.name: self._phrases.bit(group.name) for group in words.groups()}
        self._evidence: IntentEvidence | None = None
        if evidence is not None:
            rules = [rule.why for rule in _RULES]
            self._evidence = IntentEvidence(evidence, self._phrases, rules, first_lane)
        self._outweighed = {one: IntentRead(one, "what else the post has outweighs the rule") for one in INTENTS}
        self._said_to = re.compile(
            rf"[\W\d_]*(?:@\w+\W+)+(?:(?:{any_of(spoken.fillers)})\W+)*"
            rf"([a-z{''.join(spoken.letters)}]+(?:['’](?:{any_of(spoken.contracted)}))?)"
        )
        """Finds the first word after the handles that open a text (lower case)."""
        self._care = re.compile(rf"\b(?:{any_of(spoken.care)})\b", re.I)
        """Words in or after a hospital's name."""
        self._of_care = re.compile(rf"{_CAPITAL.pattern}(?:['’]s)? (?i:{any_of(spoken.care)})\b")
        self._located = re.compile(rf"\b(?i:{any_of(spoken.located)}) (?:(?i:the|la|el) )?{_CAPITAL.pattern}")

        def bit(name: str) -> int:
            return self._phrases.bit(PREFIX + name)

        self._danger, self._over, self._awareness = bit("self_harm") | bit("danger"), bit("over"), bit("awareness")
        self._request, self._question, self._crowd = bit("request"), bit("question"), bit("crowd")
        self._rhetorical, self._sarcasm = bit("rhetorical"), bit("sarcasm")
        self._complaint, self._grumble = bit("complaint"), bit("grumble")
        self._compliment, self._approval = bit("compliment"), bit("approval")
        self._information, self._notice, self._news = bit("information"), bit("notice"), bit("news")
        self._personal = bit("personal")
        self._imperatives, self._openers = frozenset(words.imperatives), frozenset(words.openers)
        self._other_names = frozenset(words.other_names)
        self._grievances = frozenset(words.grievances)

    @classmethod
    def load(cls) -> "Intents":
        """The rules alone, with the phrases that ship with Earshot; `lexicon.py` gives them weights. Raises
        `IntentError` or `LanguagesError`."""
        return cls(IntentWords.load())

    def intent_of(self, text: str, addressed: bool, topics: tuple[str, ...]) -> Intent:
        """The intent of a post. `addressed`: it speaks to the hospital; `topics`: what it is about."""
        return self.read(text, addressed, topics).intent

    def read(self, text: str, addressed: bool, topics: tuple[str, ...]) -> IntentRead:
        """The intent, with the rule that decided, or that it was outweighed."""
        found = self._phrases.found(text)
        ruled = self._ruled(text, int(found.low), addressed, topics)
        if self._evidence is None or ruled is _DANGER:
            return ruled
        marks = self._marks(text, addressed)
        intent = self._evidence.heaviest(text, found, ruled.why, marks)
        return ruled if intent == ruled.intent else self._outweighed[intent]

    def evidence_of(self, text: str, addressed: bool, topics: tuple[str, ...]) -> list[str]:
        """What a post has beside phrases: the rule that answers, lists, marks. Names, without brackets."""
        found = int(self._phrases.found(text).low)
        rule = self._ruled(text, found, addressed, topics).why
        marks = self._marks(text, addressed)
        return [rule, *(name for name, bit in self._groups.items() if found & bit), *mark_names(marks)]

    def explain(
        self, text: str, addressed: bool, topics: tuple[str, ...]
    ) -> tuple[dict[Intent, int], tuple[IntentFind, ...]]:
        """The sum of each intent, and what speaks for and against each. Empty where the rules decide alone."""
        found = self._phrases.found(text)
        ruled = self._ruled(text, int(found.low), addressed, topics)
        if self._evidence is None or ruled is _DANGER:
            return {}, ()
        marks = self._marks(text, addressed)
        told = self._evidence.told(self.evidence_of(text, addressed, topics), text)
        return self._evidence.sums(text, found, ruled.why, marks), told

    def _ruled(self, text: str, found: int, addressed: bool, topics: tuple[str, ...]) -> IntentRead:
        """The rules' answer.

        Requests and questions are only such when addressed (to the crowd they are `none`); a complaint must name a
        hospital; a handle is a name. Without handle and topic the intent is `none`, unless somebody is in danger.
        """
        if found & self._danger and self._is_crisis(found):
            return _DANGER
        if addressed:
            wanted = self._wanted(text, found)
            if wanted is not None:
                return wanted
        elif (
            not topics and "@" not in text and not (self._care.search(text) or self._names_a_hospital(text, addressed))
        ):
            return _NOTHING
        elif found & self._crowd:
            return _CROWD
        elif _RUMOUR in topics or (found & self._news and not found & self._personal):
            return _TOLD
        return self._polarity(text, found, addressed, topics)

    def _is_crisis(self, found: int) -> bool:
        return not found & self._over and bool(found & self._personal or not found & self._awareness)

    def _wanted(self, text: str, found: int) -> IntentRead | None:  # noqa: PLR0911 - one return a rule
        """A request or a question; None if it is neither, or only asks in order to blame."""
        if found & self._request:
            return _ASKED
        blames = found & (self._complaint | self._grumble)
        mocks = found & (self._rhetorical | self._sarcasm)
        if found & self._question and not (mocks and blames):
            return _PUT
        if mocks:
            return None
        if "?" in text and not blames:
            return _MARKED
        if text[:1].isalpha():
            return None  # no handle opens it
        said = self._said_to.match(text.lower())
        if said is None:
            return None
        if said[1] in self._openers and not blames:
            return _PUT
        return _ORDERED if said[1] in self._imperatives else None

    def _polarity(  # noqa: PLR0911 - one return a rule
        self, text: str, found: int, addressed: bool, topics: tuple[str, ...]
    ) -> IntentRead:
        blame, grumble = found & self._complaint, found & self._grumble
        praise, approval = found & self._compliment, found & self._approval
        asked = found & self._rhetorical and (addressed or blame or grumble)
        mocks = found & self._sarcasm or (asked and not praise)
        if mocks or blame or (grumble and not praise):
            if not self._names_a_hospital(text, addressed):
                return _TOLD if found & (self._information | self._awareness) and topics else _VENTED
            if mocks:
                return _MOCKED
            if blame:
                return _BLAMED
            if not approval or addressed:
                return _GRUMBLED
        if praise:
            return _PRAISED
        personal = found & self._personal
        if found & self._information or (found & self._notice and topics and not (personal or addressed)):
            return _TOLD if topics or "@" in text or self._care.search(text) else _NOTHING
        if approval or (_STAFF in topics and not grumble):
            return _APPROVED
        if addressed or (personal and self._names_a_hospital(text, addressed)):
            told = addressed and len(text) > TOLD_CHARS
            return _AGGRIEVED if told or not self._grievances.isdisjoint(topics) else _NOTHING
        return _IMPERSONAL if topics and not personal and "?" not in text else _NOTHING

    def _marks(self, text: str, addressed: bool) -> int:
        names = int(self._names_a_hospital(text, addressed))
        if not addressed and "@" not in text:
            names |= bool(self._of_care.search(text)) << 1
            names |= bool(self._located.search(text)) << 2
            names |= bool(_CAPITAL.match(text)) << 3
        return marks_of(text, addressed, names)

    def _names_a_hospital(self, text: str, addressed: bool) -> bool:
        """Whether the text has a handle or a proper name: a capital in mid-sentence, or a sentence that opens like a
        name. Names of people, days and companies do not count (`other_names`)."""
        if addressed or "@" in text:
            return True
        for name in _CAPITAL.finditer(text):
            if name[0].lower().removesuffix("s") in self._other_names or name[0].lower() in self._other_names:
                continue
            before, after = text[: name.start()].rstrip(), text[name.end() :]
            if before and before[-1] not in _STOPS:
                return True
            following = _CAPITAL.match(after, 1) if after[:1] == " " else None
            if after[:2] in ("'s", "’s") or self._care.match(after, 1):
                return True
            if following is not None and following[0].lower() not in self._other_names:
                return True
        return False
