"""What it costs to find the topics and the intent of a post, on one core, by the shipped words.

Called by `make bench`. Texts are the project's own labelled cases, near misses included, strung together to 240
characters: three times as dense in phrases and idioms as what people post, which costs about half. Knows no Kafka.
"""

import statistics
import time
from itertools import cycle
from typing import Any

from agents.evaluation.cases import topics
from streams.reading.topics.lexicon import Lexicon

CHARACTERS = 240
POSTS = 2000


def measure(runs: int) -> dict[str, Any]:
    """One result; the median of `runs`."""
    lexicon = Lexicon.load()
    posts = _posts()
    _pass(lexicon, posts)  # what is remembered is remembered
    micros = sorted(_pass(lexicon, posts) for _ in range(runs))
    return {
        "case": "tagging",
        "cpu_us_per_post": round(statistics.median(micros), 2),
        "min_us": round(micros[0], 2),
        "max_us": round(micros[-1], 2),
        "characters": CHARACTERS,
        "phrases": lexicon.size,
        "posts": POSTS,
        "runs": runs,
    }


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
