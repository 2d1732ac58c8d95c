"""How much each phrase speaks for each topic, and against it: weights that labelled posts taught.

Owns weights.tsv and its checks. `make words` writes the file (`training/words.py`). Called by `topic_matcher.py`, which
decides by the sums, and by `lexicon.py`, which puts the weights into the index; `intent_evidence.py` has weights for
intents in the same form. Knows no text and no hospital.

A topic counts if the weights of all phrases found, each once, of the taxonomy's lists that they stand in, and of any
post reach 0. Weights are in hundredths of the logarithm of the odds: 70 doubles them.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from importlib import resources
from typing import Final

from streams.errors import UserError
from streams.reading.topics import weights as numbers
from streams.reading.topics.groups import Group, Weighing

FILE = "weights.tsv"
ANY_POST = "[any post]"
"""In place of a phrase: what every post has."""
MOST_TOPICS = 62
"""Topics that may have weights: compiled, a bit for each must fit a machine word."""
SURE: Final = 150
"""A topic is sure from here: of such posts some nine in ten are about it (docs/accuracy.md)."""

_HEAD = re.compile(r"# version (\d+)")
_LIST = re.compile(r"\[(.+)\]")


class EvidenceError(UserError):
    """weights.tsv or intents.tsv cannot be used. One line: the wrong line's number and what is wrong."""


class Evidence:
    """Weights by phrase, by list of the taxonomy and by topic. Read only."""

    def __init__(self, version: int, rows: Iterable[tuple[str, str, int]]) -> None:
        """`rows`: (phrase, `[list]` or `[any post]`; topic; weight)."""
        self.version = version
        self.weights: dict[str, dict[str, int]] = {}
        """Phrase or list -> topic -> weight."""
        for phrase, topic, weight in rows:
            self.weights.setdefault(phrase, {})[topic] = weight
        self.topics = tuple(sorted(self.weights.get(ANY_POST, {})))
        """Topics that count by evidence."""
        self._lane = {topic: lane for lane, topic in enumerate(self.topics)}

    @classmethod
    def load(cls) -> "Evidence":
        """The weights that ship with Earshot. Raises `EvidenceError`."""
        return cls.parse((resources.files(__package__) / FILE).read_text(encoding="utf-8"))

    @classmethod
    def parse(cls, text: str, name: str = FILE, known: Collection[str] = ()) -> "Evidence":
        """The weights in a file's text. Raises `EvidenceError`; `name`: of the file, for errors; `known`: what there
        may be weights for, if not anything."""
        lines = text.split("\n")
        head = _HEAD.match(lines[0])
        if head is None:
            raise EvidenceError(f"{name}: line 1 must be `# version N`; `make words` writes the file")
        evidence = cls(int(head[1]), _rows(lines, name, known))
        evidence.require_fit(name)
        if len(evidence.topics) > MOST_TOPICS:
            raise EvidenceError(f"{name}: {len(evidence.topics)} topics have weights; at most {MOST_TOPICS} may")
        return evidence

    def grown(self, added: Mapping[str, Iterable[str]]) -> "Evidence":
        """With phrases that no labelled post taught, by topic: each is enough for its topic, unless something speaks
        against it. Raises `EvidenceError` if they are too many."""
        rows = [(phrase, topic, weight) for phrase, of in self.weights.items() for topic, weight in of.items()]
        for topic in self.topics:
            enough = SURE - self.told(ANY_POST, topic) - self.told(f"[{topic}]", topic)
            rows += [(phrase, topic, enough) for phrase in added.get(topic, ())]
        evidence = Evidence(self.version, rows)
        evidence.require_fit("with the taxonomy's own phrases")
        return evidence

    def require_fit(self, name: str) -> None:
        """Raise `EvidenceError` if there is a text whose sums are too large; `name`: of the weights, for errors."""
        try:
            numbers.require_fit(map(self._by_lane, self.weights))
        except ValueError as error:
            raise EvidenceError(f"{name}: {error}") from None

    def phrases(self) -> list[str]:
        """Every phrase that has a weight."""
        return [one for one in self.weights if not _LIST.fullmatch(one)]

    def weighing(self, groups: Iterable[Group]) -> Weighing:
        """The weights by lane, the place of a topic in `topics`. `groups`: the lists that may have weights."""
        return Weighing(
            len(self.topics),
            self._by_lane(ANY_POST),
            {phrase: self._by_lane(phrase) for phrase in self.phrases()},
            {group.name: self.of_list(group.name) for group in groups},
        )

    def of_list(self, group: str) -> dict[int, int]:
        """Lane -> weight of the list `group`; empty for a list without any."""
        return self._by_lane(f"[{group.strip()}]")

    def told(self, phrase: str, topic: str) -> int:
        """One weight, 0 if there is none."""
        return self.weights.get(phrase, {}).get(topic, 0)

    def _by_lane(self, phrase: str) -> dict[int, int]:
        weights = self.weights.get(phrase, {})
        return {self._lane[topic]: weight for topic, weight in weights.items() if topic in self._lane}


def _rows(lines: list[str], name: str, known: Collection[str]) -> Iterator[tuple[str, str, int]]:
    seen: set[tuple[str, str]] = set()
    for number, line in enumerate(lines, start=1):
        if not line or line.startswith("# "):
            continue
        fields = line.split("\t")
        if len(fields) != 3 or not re.fullmatch(r"-?\d{1,4}", fields[2]) or (fields[0], fields[1]) in seen:
            raise EvidenceError(
                f"{name}: line {number} must be a phrase, a topic and a weight below 10000, with tabs between, "
                "and stand once"
            )
        if known and fields[1] not in known:
            raise EvidenceError(f"{name}: line {number}: {fields[1]!r} is none of {', '.join(known)}")
        seen.add((fields[0], fields[1]))
        yield fields[0], fields[1], int(fields[2])
