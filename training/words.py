"""`make words`: learns from labelled posts how much each phrase speaks for each topic, and writes weights.tsv.

Run as a program. One logistic regression a topic (scikit-learn's liblinear, L2), over the phrases of the lexicon found
in a post, the lists of the taxonomy they stand in, and the words, pairs of words and beginnings of words of the post.
What is far likelier, or far less likely, in posts about the topic may get a large weight more easily (`_ease`). The
strongest phrases are kept and weighed again. Seeded: the same posts give the same bytes. scikit-learn stands beside
the environment (`requirements-words.lock`): nothing else needs it. Never reads the test posts.

A community gives its own labels with `--posts FILE`: JSON lines with `text` and `topics`.
"""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import Any
from zlib import crc32

import click
import msgspec

from agents.evaluation import cases
from streams.reading.topics.evidence import ANY_POST, FILE
from streams.reading.topics.intent_words import IntentWords
from streams.reading.topics.phrases import Phrases, pattern_of
from streams.reading.topics.taxonomy import Taxonomy
from streams.reading.topics.words import Words
from training import labelled

VERSION = 1
KEPT = 3_000
"""Phrases kept: with 5,000 or 8,000, F1 on scenes held out was the same or lower, and each post takes longer."""
COMMON = 0.04
"""A word that is in more of the posts than this share is kept only if the lexicon has it: each match costs time, and
the commonest words say least."""
SELDOM = 2
"""A phrase in fewer posts is not weighed by itself; its list's weight counts."""
STEM = 5
"""Letters of a word's beginning: `nurse*` finds nursing, too."""
STRENGTH = 0.8
"""liblinear's C: less drops rare phrases, more learns single posts by heart."""
EASE = 0.5
"""Power of the log of a phrase's ratio: at 0 all phrases are alike, which costs 0.01 of F1; 1 is no better."""
MOST_EASE = 4.0
TOLERANCE = 0.01
"""At which liblinear stops. The figures on scenes held out were measured with it."""
LEANINGS = (0.1, 0.3, 0.5, 0.7, 0.9, 1.1, 1.3)
"""Added to a topic's start: 0.7 is that it counts from odds of 1 to 2. For each topic the best is taken, by four-fold
cross-validation over scenes of plain posts."""
BETA, SAFETY = 0.7, 2.0
"""Recall's weight beside precision's when leanings are compared (F-beta, squared): training posts have more topics each
than a stream has, so a topic taken in error is likelier there. For topics of safety recall weighs more: to miss one is
worse than to look in vain."""
FOLDS = 4
HINTING, CASE = 0.5, 16.0
"""Weight of posts that hint, and of the project's cases of one topic."""
LEAST = 10
"""Hundredths below which a weight is left out."""

OUT = Path(str(resources.files("streams.reading.topics"))) / FILE


class Example(msgspec.Struct, frozen=True):
    """A post to learn from."""

    scene: str
    text: str
    topics: frozenset[str]
    weight: float
    only: str = ""
    """The topic for which alone it is labelled; empty: for all."""


class Features:
    """What a post has: names of phrases and lists."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._lexicon = Phrases((*taxonomy.groups(), *IntentWords.load().groups()))
        self._lists = [(group.name, self._lexicon.bit(group.name)) for group in taxonomy.groups()]
        self._words = Words()
        self.lexicon = frozenset(
            phrase for group in (*taxonomy.groups(), *IntentWords.load().groups()) for phrase in group.phrases
        )
        """The phrases that people wrote."""

    def of(self, text: str) -> set[str]:
        """The phrases and `[lists]` of a text."""
        found = self._lexicon.found(text).bits
        names = {f"[{name.strip()}]" for name, bit in self._lists if found & bit}
        phrases = {pattern_of(one): one for one in self._lexicon.phrases_in(text) if one}
        names.update(phrases.values())
        words = self._words.plain(text).decode().split()
        for place, word in enumerate(words):
            if not _is_word(word):
                continue
            if len(word) >= STEM:
                names.add(f"{word[:STEM]}*")
            _add(word, phrases, names)
            if place + 1 < len(words) and _is_word(words[place + 1]):
                _add(f"{word} {words[place + 1]}", phrases, names)
        return names


def _is_word(word: str) -> bool:
    return word.isalnum()


def _add(phrase: str, known: dict[bytes, str], names: set[str]) -> None:
    if pattern_of(phrase) not in known:
        names.add(phrase)


def examples(files: Sequence[Path]) -> Iterator[Example]:
    """The project's posts and cases, and those of `files`."""
    for post in labelled.load(labelled.TRAIN):
        yield Example(post.scene, post.text, frozenset(post.topics), HINTING if post.hinting else 1.0)
    for topic, case in cases.topics().items():
        yield from (Example("", text, frozenset({topic}), CASE, topic) for text in case.about)
        yield from (Example("", text, frozenset(), CASE, topic) for text in case.not_about)
    for file in files:
        for line in file.read_bytes().splitlines():
            own: dict[str, Any] = msgspec.json.decode(line)
            yield Example("", own["text"], frozenset(own["topics"]), 1.0)


def learn(
    posts: Sequence[Example], found: Sequence[set[str]], known: frozenset[str], topics: Sequence[str]
) -> dict[str, dict[str, int]]:
    """Phrase or list -> topic -> weight, in hundredths. `found`: what each post has; `known`: the lexicon's phrases."""
    often = Counter(name for names in found for name in names)
    candidates = sorted(name for name, count in often.items() if count >= SELDOM or name[0] == "[")
    first = fit(posts, found, candidates, topics)
    strength = {
        name: max(abs(first[topic][1][place]) for topic in topics) * often[name] ** 0.5
        for place, name in enumerate(candidates)
    }
    useful = [one for one in candidates if one[0] != "[" and (one in known or often[one] <= COMMON * len(posts))]
    phrases = sorted(useful, key=lambda name: (-strength[name], name))
    kept = sorted({*phrases[:KEPT], *(name for name in candidates if name[0] == "[")})
    second = fit(posts, found, kept, topics)
    leanings = _leanings(posts, found, kept, topics)
    weights: dict[str, dict[str, int]] = {ANY_POST: {}}
    for topic in topics:
        start, coefficients = second[topic]
        weights[ANY_POST][topic] = round(100 * (start + leanings[topic]))
        for name, value in zip(kept, coefficients, strict=True):
            if abs(round(100 * value)) >= LEAST:
                weights.setdefault(name, {})[topic] = round(100 * value)
    return weights


def fit(
    posts: Sequence[Example],
    found: Sequence[set[str]],
    names: Sequence[str],
    topics: Iterable[str],
    strength: float = STRENGTH,
    ease: float = EASE,
    tolerance: float = TOLERANCE,
) -> dict[str, tuple[float, list[float]]]:
    """Topic -> (start, a coefficient for each name)."""
    import numpy as np  # noqa: PLC0415 - beside the environment
    from scipy.sparse import csr_matrix, diags  # noqa: PLC0415
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    place = {name: number for number, name in enumerate(names)}
    columns = [sorted(place[name] for name in one if name in place) for one in found]
    edges = np.cumsum([0, *map(len, columns)])
    matrix = csr_matrix(
        (np.ones(edges[-1]), np.array([one for row in columns for one in row]), edges), shape=(len(posts), len(names))
    )
    fitted: dict[str, tuple[float, list[float]]] = {}
    for topic in topics:
        rows = [number for number, post in enumerate(posts) if post.only in ("", topic)]
        if not any(topic in posts[row].topics for row in rows):
            fitted[topic] = -1.0, [0.0] * len(names)
            continue
        about = np.array([topic in posts[row].topics for row in rows])
        eased = _ease(matrix[rows], about) ** ease
        model = LogisticRegression(
            C=strength, tol=tolerance, solver="liblinear", random_state=0, intercept_scaling=5, max_iter=1000
        )
        model.fit(matrix[rows] @ diags(eased), about, sample_weight=[posts[row].weight for row in rows])
        fitted[topic] = float(model.intercept_[0]), [float(value) for value in model.coef_[0] * eased]
        print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return fitted


def _ease(matrix: Any, about: Any) -> Any:
    """For each column a factor: the more its share in posts about the topic differs from that in the others, the
    larger, and the less the penalty on its weight. A post of each kind is added, so that rare phrases stay small."""
    import numpy as np  # noqa: PLC0415

    share = about.mean()
    inside = np.asarray(matrix[about].sum(axis=0)).ravel() + 2 * share
    outside = np.asarray(matrix[~about].sum(axis=0)).ravel() + 2 * (1 - share)
    ratio = np.abs(np.log(inside / inside.sum()) - np.log(outside / outside.sum()))
    return np.minimum(ratio, MOST_EASE)


def _leanings(
    posts: Sequence[Example], found: Sequence[set[str]], names: Sequence[str], topics: Sequence[str]
) -> dict[str, float]:
    """Topic -> the leaning that is best on posts of scenes that were not learned from."""
    safety = Taxonomy.load().safety
    sums: dict[str, list[tuple[float, bool]]] = {topic: [] for topic in topics}
    for fold in range(FOLDS):
        held = [fold_of(post.scene, FOLDS) == fold and post.weight == 1.0 and post.scene != "" for post in posts]
        learned = [number for number, out in enumerate(held) if not out]
        fitted = fit([posts[one] for one in learned], [found[one] for one in learned], names, topics)
        for topic, (start, coefficients) in fitted.items():
            value = dict(zip(names, coefficients, strict=True))
            for number, out in enumerate(held):
                if out:
                    total = start + sum([value.get(name, 0.0) for name in sorted(found[number])])
                    sums[topic].append((total, topic in posts[number].topics))
    return {
        topic: max(
            (_fbeta(of, leaning, SAFETY if topic in safety else BETA), -leaning, leaning) for leaning in LEANINGS
        )[2]
        for topic, of in sums.items()
    }


def fold_of(scene: str, folds: int, kind: str = "") -> int:
    """The number of the part in which all posts of a scene stand; parts of another `kind` cross these."""
    return crc32((kind + scene).encode()) % folds


def _fbeta(sums: Sequence[tuple[float, bool]], leaning: float, beta: float) -> float:
    right = sum(total + leaning >= 0 and true for total, true in sums)
    answered, labelled = sum(total + leaning >= 0 for total, _ in sums), sum(true for _, true in sums)
    return (1 + beta) * right / (answered + beta * labelled) if answered + labelled else 0.0


def written(weights: dict[str, dict[str, int]]) -> str:
    """The file's text: by topic, what speaks most for it first."""
    rows = [(topic, -weight, phrase) for phrase, of in weights.items() for topic, weight in of.items()]
    lines = [
        f"# version {VERSION}",
        "# Made by `make words` from training/posts and tests/cases/topics; evidence.py says what the columns mean:",
        "# phrase or [list], topic, weight.",
    ]
    lines += [f"{phrase}\t{topic}\t{-weight}" for topic, weight, phrase in sorted(rows)]
    return "\n".join(lines) + "\n"


@click.command()
@click.option("--posts", "files", multiple=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if the file is not what the posts give.")
def main(files: tuple[Path, ...], check: bool) -> None:
    """Learn the weights and write them. FILES: further labelled posts, JSON lines with `text` and `topics`."""
    posts = list(examples(files))
    print(f"words: learning from {len(posts)} posts", file=sys.stderr)
    taxonomy = Taxonomy.load()
    features = Features(taxonomy)
    weights = learn(posts, [features.of(post.text) for post in posts], features.lexicon, sorted(taxonomy.by_id))
    text = written(weights)
    if check:
        sys.exit(text != OUT.read_text(encoding="utf-8"))
    OUT.write_text(text, encoding="utf-8")
    print(f"words: {len(weights) - 1} phrases and lists, {text.count(chr(10)) - 3} weights", file=sys.stderr)


if __name__ == "__main__":
    main()
