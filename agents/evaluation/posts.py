"""Compares labelled posts with what Earshot reads in them.

Called by `earshot evaluate` and the accuracy page (`accuracy.py`). A set of posts has no hospital directory, and its
handles may be invented: here every @handle counts as a hospital's, and a post is addressed if it speaks to any of them.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from agents.evaluation import label_file, scores
from streams.reading.addressed import addresses
from streams.reading.topics.lexicon import Lexicon
from streams.vocabulary import Intent

_HANDLE = re.compile(r"(?<!\w)@(\w+)")
_BETWEEN = re.compile(r"[|;,\s]+")


class Labelled(msgspec.Struct, frozen=True):
    """One post and its labels; other fields are not read. A label that is missing is not scored."""

    text: str
    topics: tuple[str, ...] = ()
    intent: Intent | None = None
    addressed: bool | None = None


class Answer(msgspec.Struct, frozen=True):
    """What Earshot reads in a post."""

    topics: tuple[str, ...]
    intent: Intent
    addressed: bool


def handles_in(text: str) -> set[str]:
    """The handles of a text, lower case, without @."""
    return set(_HANDLE.findall(text.lower()))


def speaks_to(text: str, handles: Iterable[str]) -> bool:
    """Whether a text speaks to any of these."""
    return any(addresses(text, handle) for handle in handles)


def answer(text: str, lexicon: Lexicon) -> Answer:
    """Read one post, every @handle a hospital's."""
    topics = lexicon.topics_of(text)
    addressed = speaks_to(text, handles_in(text))
    return Answer(topics, lexicon.intent_of(text, addressed, topics), addressed)


def load(path: Path) -> list[Labelled]:
    """The posts of a file: JSON lines, or `.csv` with the columns text and topics (ids with |, ; or spaces between).

    Raises `UserError` that names the line.
    """
    return label_file.load(path, _rows if path.suffix.lower() == ".csv" else _lines, "posts")


def _lines(text: str) -> Iterator[Labelled]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                yield msgspec.json.decode(line, type=Labelled)
            except msgspec.DecodeError as error:
                raise ValueError(f"line {number}: {error}") from None


def _rows(text: str) -> Iterator[Labelled]:
    rows = csv.DictReader(text.splitlines(keepends=True))
    missing = {"text", "topics"}.difference(rows.fieldnames or ())
    if missing:
        raise ValueError(f"the header has no column {' and '.join(sorted(missing))}")
    for row in rows:
        yield Labelled(row["text"] or "", tuple(one for one in _BETWEEN.split(row["topics"] or "") if one))


def evaluate(posts: Iterable[Labelled], lexicon: Lexicon) -> dict[str, Any]:
    """The figures: `n`, `topics`, and `intent` and `addressed` where there are such labels. JSON types and structs.

    Labels that the taxonomy has not count as missed; `unknown` names them if there are any.
    """
    known = lexicon.taxonomy.by_id.keys()
    sets: list[tuple[frozenset[str], frozenset[str]]] = []
    intents: list[tuple[str, str]] = []
    addressed: list[tuple[object, object]] = []
    unknown: set[str] = set()
    for post in posts:
        read = answer(post.text, lexicon)
        unknown.update(topic for topic in post.topics if topic not in known)
        sets.append((frozenset(post.topics), frozenset(read.topics)))
        if post.intent is not None:
            intents.append((post.intent, read.intent))
        if post.addressed is not None:
            addressed.append((post.addressed, read.addressed))
    figures: dict[str, Any] = {"n": len(sets), "topics": scores.over_sets(sets)}
    if intents:
        figures["intent"] = scores.over_choices(intents)
    if addressed:
        figures["addressed"] = {"accuracy": scores.accuracy(addressed)}
    if unknown:
        figures["unknown"] = sorted(unknown)
    return figures
