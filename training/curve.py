"""`make curve`: would more labelled posts help? Learns from parts of the scenes and writes curve.csv.

Run as a program, with scikit-learn beside the environment as for `words.py`, which owns the method. The accuracy page
(`agents/evaluation/accuracy.py`) shows the file. Each fourth of the plain training posts, by scene, is read with
weights learned from a part of the other scenes. Never reads the test posts.
"""

import csv
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from agents.evaluation import scores
from streams.reading.topics.evidence import ANY_POST
from streams.reading.topics.taxonomy import Taxonomy
from training import labelled, words
from training.words import Features

FILE = labelled.FOLDER.with_name("curve.csv")
COLUMNS = ("part", "scenes", "posts", "macro_f1", "precision", "recall")
PARTS = (8, 4, 2, 1)
"""One of so many scenes is learned from."""


def rows(folds: int = words.FOLDS, parts: Sequence[int] = PARTS) -> Iterator[tuple[str, ...]]:
    """A row for each part; `scenes` and `posts` are the means of what was learned from."""
    taxonomy = Taxonomy.load()
    features, topics = Features(taxonomy), sorted(taxonomy.by_id)
    posts = [post for post in words.examples(()) if post.scene]
    found = [features.of(post.text) for post in posts]
    for part in parts:
        pairs: list[tuple[frozenset[str], frozenset[str]]] = []
        scenes = learned = 0
        for fold in range(folds):
            outside = [words.fold_of(post.scene, folds, "held out") == fold for post in posts]
            inside = [
                number
                for number, post in enumerate(posts)
                if not outside[number] and words.fold_of(post.scene, part, "part") == 0
            ]
            weights = words.learn([posts[n] for n in inside], [found[n] for n in inside], features.lexicon, topics)
            scenes, learned = scenes + len({posts[n].scene for n in inside}), learned + len(inside)
            pairs += [
                (post.topics, read(names, weights, topics))
                for post, names, out in zip(posts, found, outside, strict=True)
                if out and post.weight == 1
            ]
        every = scores.over_sets(pairs)
        of = every.per_topic.values()
        means = (sum(one.precision for one in of) / len(of), sum(one.recall for one in of) / len(of))
        figures = (every.macro_f1, *means)
        yield (f"1/{part}", str(scenes // folds), str(learned // folds), *(f"{one:.3f}" for one in figures))


def read(names: set[str], weights: dict[str, dict[str, int]], topics: Sequence[str]) -> frozenset[str]:
    """The topics whose evidence in a post reaches 0."""
    found = [weights[one] for one in names if one in weights] + [weights[ANY_POST]]
    return frozenset(topic for topic in topics if sum(one.get(topic, 0) for one in found) >= 0)


@click.command()
def main() -> None:
    """Measure and write the file."""
    with Path(FILE).open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        for row in rows():
            print("curve:", *row, file=sys.stderr)
            table.writerow(row)


if __name__ == "__main__":
    main()
