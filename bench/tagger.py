"""What it costs to find the topics and the intent of a post of 240 characters, on one core, by the shipped words.

Called by `make bench`. Two kinds of text: posts as people write them, one to a line of `posts.txt`, of whom no word was
made; and the project's own labelled cases, near misses included, strung together: twice as dense in phrases and
idioms, the worst that is to be expected. Knows no Kafka.
"""

import statistics
import time
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from agents.evaluation.cases import topics
from streams.reading.topics.lexicon import Lexicon

CHARACTERS = 240
POSTS = 2000


def measure(runs: int) -> dict[str, Any]:
    """One result; the median of `runs`."""
    lexicon = Lexicon.load()
    written = Path(__file__).with_name("posts.txt").read_text(encoding="utf-8").splitlines()
    ordinary, dense = _timed(lexicon, list(islice(cycle(written), POSTS)), runs), _timed(lexicon, _posts(), runs)
    return {
        "case": "tagging",
        "cpu_us_per_post": round(statistics.median(ordinary), 2),
        "min_us": round(ordinary[0], 2),
        "max_us": round(ordinary[-1], 2),
        "dense_us_per_post": round(statistics.median(dense), 2),
        "characters": CHARACTERS,
        "phrases": lexicon.size,
        "posts": POSTS,
        "runs": runs,
    }


def _timed(lexicon: Lexicon, posts: list[str], runs: int) -> list[float]:
    """Microseconds a post of each run, ascending."""
    _pass(lexicon, posts)  # what is remembered is remembered
    return sorted(_pass(lexicon, posts) for _ in range(runs))


def _pass(lexicon: Lexicon, posts: list[str]) -> float:
    topics_of, intent_of = lexicon.topics_of, lexicon.intent_of
    started = time.process_time()
    for text in posts:
        intent_of(text, True, topics_of(text))
    return (time.process_time() - started) / len(posts) * 1e6


def _posts() -> list[str]:
    texts = cycle([text for case in topics().values() for text in case.about + case.not_about])
    posts: list[str] = []
    while len(posts) < POSTS:
        post = next(texts)
        while len(post) < CHARACTERS:
            post = f"{post} {next(texts)}"
        posts.append(post[:CHARACTERS])
    return posts
