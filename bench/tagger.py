"""What it costs to find the topics and the intent of a post of 240 characters, on one core, by the shipped words.

Called by `make bench`. Two kinds of text, 2,000 of each, read in batches as a worker does, so that none is remembered:
labelled posts that people might write (`training/posts`), all different, strung together to 240 characters; and the
cases of topics, near misses included: denser in phrases and idioms, the worst that is to be expected. Knows no Kafka.
"""

import statistics
import time
from collections.abc import Iterable
from itertools import cycle
from typing import Any

from agents.evaluation.cases import topics
from agents.worker.tagger import BATCH
from streams import compiled
from streams.reading.topics.lexicon import Lexicon
from training import labelled

CHARACTERS = 240
POSTS = 2000


def measure(runs: int) -> dict[str, Any]:
    """One result; the median of `runs`."""
    lexicon = Lexicon.load()
    cases = [text for case in topics().values() for text in case.about + case.not_about]
    written = [post.text for post in labelled.load(labelled.TRAIN)]
    ordinary, dense = _timed(lexicon, _strung(written), runs), _timed(lexicon, _strung(cases), runs)
    return {
        "case": "tagging",
        "cpu_us_per_post": round(statistics.median(ordinary), 2),
        "min_us": round(ordinary[0], 2),
        "max_us": round(ordinary[-1], 2),
        "dense_us_per_post": round(statistics.median(dense), 2),
        "compiled": compiled.used(),
        "characters": CHARACTERS,
        "phrases": lexicon.size,
        "posts": POSTS,
        "runs": runs,
    }


def _timed(lexicon: Lexicon, posts: list[str], runs: int) -> list[float]:
    """Microseconds a post of each run, ascending."""
    _pass(lexicon, posts)  # characters and combinations of topics are remembered, as in a worker
    return sorted(_pass(lexicon, posts) for _ in range(runs))


def _pass(lexicon: Lexicon, posts: list[str]) -> float:
    topics_of, intent_of = lexicon.topics_of, lexicon.intent_of
    started = time.process_time()
    for start in range(0, len(posts), BATCH):
        batch = posts[start : start + BATCH]
        lexicon.prepare(batch)
        for text in batch:
            intent_of(text, True, topics_of(text))
    return (time.process_time() - started) / len(posts) * 1e6


def _strung(texts: Iterable[str]) -> list[str]:
    """Posts of `CHARACTERS`, each of as many texts as it takes."""
    every = cycle(texts)
    posts: list[str] = []
    while len(posts) < POSTS:
        post = next(every)
        while len(post) < CHARACTERS:
            post = f"{post} {next(every)}"
        posts.append(post[:CHARACTERS])
    return posts
