"""How much each phrase speaks for each topic, and against it: weights that labelled posts taught.

Owns weights.tsv, its checks, and the form in which weights are added quickly. `make words` writes the file
(`training/words.py`). Called by `topic_matcher.py`, which adds the weights of what it finds, and by `lexicon.py`.
Knows no text and no hospital.

A topic counts if the weights of all phrases found, each once, of the taxonomy's lists that they stand in, and of any
post reach 0. Weights are in hundredths of the logarithm of the odds: 70 doubles them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources

from streams.errors import UserError
from streams.reading.topics.packing import LANE, pack, top_bits

FILE = "weights.tsv"
ANY_POST = "[any post]"
"""In place of a phrase: what every post has."""
SURE = 150
"""A topic is sure from here: of such posts some nine in ten are about it (docs/accuracy.md)."""

_HEAD = re.compile(r"# version (\d+)")
_LIST = re.compile(r"\[(.+)\]")


class EvidenceError(UserError):
    """weights.tsv cannot be used. One line: the wrong line's number and what is wrong."""


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
        self._place = {topic: place for place, topic in enumerate(self.topics)}
        self.start = self._packed(self.weights.get(ANY_POST, {}))
        """What any post has; see `packing.py`."""
        self.enough = top_bits(len(self.topics))
        """Bits that tell which topics' sums reached 0."""

    @classmethod
    def load(cls) -> "Evidence":
        """The weights that ship with Earshot. Raises `EvidenceError`."""
        return cls.parse((resources.files(__package__) / FILE).read_text(encoding="utf-8"))

    @classmethod
    def parse(cls, text: str, name: str = FILE) -> "Evidence":
        """The weights in a file's text. Raises `EvidenceError`; `name`: of the file, for errors."""
        lines = text.split("\n")
        head = _HEAD.match(lines[0])
        if head is None:
            raise EvidenceError(f"{name}: line 1 must be `# version N`; `make words` writes the file")
        return cls(int(head[1]), _rows(lines, name))

    def grown(self, added: Mapping[str, Iterable[str]]) -> "Evidence":
        """With phrases that no labelled post taught, by topic: each is enough for its topic, unless something speaks
        against it."""
        rows = [(phrase, topic, weight) for phrase, of in self.weights.items() for topic, weight in of.items()]
        for topic in self.topics:
            enough = SURE - self.told(ANY_POST, topic) - self.told(f"[{topic}]", topic)
            rows += [(phrase, topic, enough) for phrase in added.get(topic, ())]
        return Evidence(self.version, rows)

    def phrases(self) -> Mapping[str, int]:
        """Packed weights of every phrase."""
        return {one: self._packed(weights) for one, weights in self.weights.items() if not _LIST.fullmatch(one)}

    def of_list(self, group: str) -> int:
        """Packed weights of a phrase of the taxonomy's list `group`; 0 for a list without any."""
        return self._packed(self.weights.get(f"[{group.strip()}]", {}))

    def reached(self, bits: int) -> tuple[str, ...]:
        """The topics whose bits are set, sorted."""
        return tuple(topic for topic, place in self._place.items() if bits >> (LANE * place + LANE - 1) & 1)

    def told(self, phrase: str, topic: str) -> int:
        """One weight, 0 if there is none."""
        return self.weights.get(phrase, {}).get(topic, 0)

    def _packed(self, weights: Mapping[str, int]) -> int:
        return pack({self._place[topic]: weight for topic, weight in weights.items() if topic in self._place})


def _rows(lines: list[str], name: str) -> Iterator[tuple[str, str, int]]:
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
        seen.add((fields[0], fields[1]))
        yield fields[0], fields[1], int(fields[2])
