"""What a worker tells the others: when something changed, and seldom."""

import json
from collections import defaultdict
from itertools import pairwise
from typing import Any

import pytest

from agents.kafka import stored
from agents.worker.api.announcer import COUNTS_SECONDS
from agents.worker.api.outbox import DELIVERY_SECONDS
from agents.worker.api.peers import AGAIN_SECONDS, SIGN_SECONDS
from streams.kafka import topics as kafka_topics
from tests.running_api import Asked

pytestmark = pytest.mark.kafka

LATE = 5.0
"""Seconds by which Kafka's clock may see two signs closer together than they were put, on a busy machine."""
TRIED = DELIVERY_SECONDS + 1
"""The same of counts: the first are put while the producer still connects, and it tries for so long."""


def timeless(told: dict[str, Any]) -> dict[str, Any]:
    """Without the moments at which lines were made."""
    lines = {name: {**line, "peer": {**line["peer"], "at": 0}} for name, line in told["hospitals"].items()}
    return {**told, "hospitals": lines}


def test_it_tells_changes_at_once_or_after_a_while_and_nothing_twice(asked: Asked) -> None:
    settings = asked.bench.settings

    def records() -> dict[bytes, list[tuple[float, dict[str, Any]]]]:
        found = defaultdict(list)
        for one in stored.read(settings, kafka_topics.workers(settings)):
            if one.value is not None:
                found[one.key or b""].append((one.timestamp / 1000, json.loads(one.value)))
        return found

    keys = {b"worker/worker-1", *(f"partition/{number}".encode() for number in range(4))}
    asked.bench.wait("everything is told, and that it lives once more", lambda: (
        records().keys() == keys and len(records()[b"worker/worker-1"]) > 2
    ))  # fmt: skip
    for key, told in records().items():
        for (before_at, before), (at, after) in pairwise(told):
            if key.startswith(b"worker/"):
                assert before != after or at - before_at > SIGN_SECONDS - LATE
            elif before["epoch"] == after["epoch"]:
                assert at - before_at > COUNTS_SECONDS - TRIED
                assert timeless(before) != timeless(after) or at - before_at > AGAIN_SECONDS - TRIED
            else:
                assert before["epoch"] < after["epoch"]
    (line,) = [
        one["hospitals"]["350070"] for told in records().values() for _, one in told[-1:]
        if "350070" in one.get("hospitals", ())
    ]  # fmt: skip
    assert line["peer"]["posts"] > 10
    assert line.keys() == {
        "peer", "posts_24h", "local_24h", "located_24h", "open", "urgent", "oldest", "surge",
    }, "counts of a hospital, no post"  # fmt: skip
