"""`make words`: learns from labelled posts what speaks for each intent, and how much, and writes intents.tsv.

Run as a program, after `words.py`: the rules for intents see the topics that its weights find. One logistic regression
an intent (`words.py` has it), over the rules' answer, the lists of intents.yaml, marks and phrases of a post.
`streams/reading/topics/intent_evidence.py` says what these are. Seeded: the same posts give the same bytes. Never reads
the test posts.

A community gives its own labels with `--posts FILE`: JSON lines with `text`, `topics` and `intent`; one without an
intent teaches topics only.
"""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import click
import msgspec

from agents.evaluation import cases
from agents.evaluation.posts import handles_in, speaks_to
from streams.reading.topics.evidence import ANY_POST, Evidence
from streams.reading.topics.intent import Intents
from streams.reading.topics.intent_evidence import FILE, PRECEDENCE
from streams.reading.topics.quotations import own_words
from streams.reading.topics.taxonomy import Taxonomy
from streams.reading.topics.topic_matcher import TopicMatcher
from training import labelled
from training.words import Example, Features, fit

VERSION = 1
ADDED = 0.6
"""A phrase that the index lacks is added if its weight for some intent is so large, in the logarithm of the odds: each
match costs time, and with 0.45, which adds twice as many, the figures on scenes held out were the same."""
COMMON, SELDOM, RARE = 0.1, 5, 10
"""Share of the posts above which, and number of them below which, a phrase is not weighed; `RARE`: one to be added."""
STRENGTH = 0.5
"""liblinear's C: `words.py` says what it does."""
CASE = 8.0
"""Weight of the project's cases of intents: each is read as it is labelled."""
ALARM = 0.5
"""Added to the start of crisis: to miss one is worse than to look in vain. More than two thousand posts were written to
be dangerous or to look like it, three times the share of plain posts, which leans to alarm, too. Of plain posts of
scenes held out, .92 of dangers are told and .61 of alarms are right; with 0.0 .90 and .68, but of the posts written to
be dangerous .51 in place of .55."""
RULED = frozenset({"[somebody is in danger now]", "[intent self_harm]", "[intent danger]"})
"""Not weighed for crisis: where these stand a rule answers, so weights must learn from everything else."""
LEAST = 5
"""Hundredths below which a weight is left out."""

OUT = Path(str(resources.files("streams.reading.topics"))) / FILE


class Examples:
    """Posts to learn from, and what each has."""

    def __init__(self, files: Sequence[Path]) -> None:
        taxonomy = Taxonomy.load()
        self._features = Features(taxonomy)
        self._topics = TopicMatcher(taxonomy, evidence=Evidence.load())
        self._rules = Intents.load()
        self.posts: list[Example] = []
        self.found: list[set[str]] = []
        for post in labelled.load(labelled.TRAIN):
            self._add(post.scene, post.text, post.intent)
        for case in cases.intents():
            self._add("", case.text, case.intent, CASE, (case.addressed, case.topics))
        for file in files:
            for line in file.read_bytes().splitlines():
                own: dict[str, Any] = msgspec.json.decode(line)
                if "intent" in own:
                    self._add("", own["text"], own["intent"])
        self.known = self._features.lexicon | set(Evidence.load().phrases())
        """Phrases that are in the index anyway."""

    def _add(
        self, scene: str, text: str, intent: str, weight: float = 1.0, said: tuple[bool, tuple[str, ...]] | None = None
    ) -> None:
        """`said`: whether the post addresses the hospital, and its topics; without it, as Earshot finds them."""
        addressed, topics = said or (speaks_to(text, handles_in(text)), self._topics.topics_of(text))
        own = own_words(text)
        self.posts.append(Example(scene, text, frozenset({intent}), weight))
        phrases = {name for name in self._features.of(own) if name[0] != "["}
        self.found.append(phrases | {f"[{name}]" for name in self._rules.evidence_of(own, addressed, topics)})


def learn(examples: Examples) -> dict[str, dict[str, int]]:
    """Evidence -> intent -> weight, in hundredths."""
    posts, found, known = examples.posts, examples.found, examples.known
    often = Counter(name for names in found for name in names)
    candidates = sorted(
        name for name, count in often.items()
        if name[0] == "[" or (count >= SELDOM and (name in known or count <= COMMON * len(posts)))
    )  # fmt: skip
    first = fit(posts, found, candidates, PRECEDENCE, STRENGTH, 0, 1e-4)
    largest = {
        name: max(abs(first[intent][1][place]) for intent in PRECEDENCE) for place, name in enumerate(candidates)
    }
    kept = [
        name for name in candidates
        if name[0] == "[" or name in known or (often[name] >= RARE and largest[name] >= ADDED)
    ]  # fmt: skip
    unruled = [name for name in kept if name not in RULED]
    weights: dict[str, dict[str, int]] = {ANY_POST: {}}
    for intent in PRECEDENCE:
        names, leaning = (unruled, ALARM) if intent == "crisis" else (kept, 0.0)
        start, coefficients = fit(posts, found, names, [intent], STRENGTH, 0, 1e-4)[intent]
        weights[ANY_POST][intent] = round(100 * (start + leaning))
        for name, value in zip(names, coefficients, strict=True):
            if abs(round(100 * value)) >= LEAST:
                weights.setdefault(name, {})[intent] = round(100 * value)
    return weights


def written(weights: dict[str, dict[str, int]]) -> str:
    """The file's text: by intent in the order of precedence, what speaks most for it first."""
    return "\n".join([*_lines(weights), ""])


def _lines(weights: dict[str, dict[str, int]]) -> Iterator[str]:
    yield f"# version {VERSION}"
    yield "# Made by `make words` from training/posts and tests/cases/intents.yaml; intent_evidence.py says what the"
    yield "# columns mean: a phrase, or a [rule, list or mark]; intent; weight."
    for intent in PRECEDENCE:
        rows = sorted((-of[intent], name) for name, of in weights.items() if intent in of)
        yield from (f"{name}\t{intent}\t{-weight}" for weight, name in rows)


@click.command()
@click.option("--posts", "files", multiple=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if the file is not what the posts give.")
def main(files: tuple[Path, ...], check: bool) -> None:
    """Learn the weights and write them. FILES: further labelled posts, JSON lines with `text`, `topics`, `intent`."""
    examples = Examples(files)
    print(f"intents: learning from {len(examples.posts)} posts", file=sys.stderr)
    weights = learn(examples)
    text = written(weights)
    if check:
        sys.exit(text != OUT.read_text(encoding="utf-8"))
    OUT.write_text(text, encoding="utf-8")
    added = sum(name[0] != "[" and name not in examples.known for name in weights)
    print(f"intents: {len(weights) - 1} kinds of evidence, {added} phrases that nothing else needs", file=sys.stderr)


if __name__ == "__main__":
    main()
