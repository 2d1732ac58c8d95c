"""A worker counts what real files hold: placeholders, wrong fields, posts of long ago."""

import time
from typing import Any

import msgspec
import pytest

from agents.operations.attention import waiting
from streams.kafka import topics as kafka_topics
from streams.records import Envelope, encode_json
from streams.snowflake import first_id
from tests.payloads import a_payload
from tests.running_worker import Bench
from tests.x_compliance import put

pytestmark = pytest.mark.kafka

SPRING_2012_MS = 1_335_000_000_000
UNSAFE = "@MayoClinic you gave me the wrong medication"


def test_placeholders_wrong_fields_and_old_posts_are_told_apart(bench: Bench) -> None:
    old = str(first_id(SPRING_2012_MS))
    posts: dict[str, dict[str, Any]] = {
        "100": {"text": "@some_one's account has been withheld in DE in response to a legal demand"},
        "101": {"text": "@MayoClinic the wait was long", "created_at": 1_795_168_800_000, "geo": "Fargo"},
        old: {"text": UNSAFE, "created_at": None},
        "99": {"text": UNSAFE, "created_at": "Sat Apr 21 09:20:00 +0000 2012"},
        "98": {"text": UNSAFE, "created_at": None},
    }
    lines = [
        (id, Envelope("x", id, 1, "replay", (), msgspec.Raw(encode_json(a_payload({"id": id, **data})))))
        for id, data in posts.items()
    ]
    before = time.time() * 1000 - 1000
    put(bench.settings, kafka_topics.posts(bench.settings), lines)
    bench.start()
    bench.wait_counted(5, 4)
    bench.drain()
    assert bench.sample("pipeline_skipped_total", reason="withheld") == 1
    assert bench.sample("pipeline_wrong_parts_total", part="time") == 1
    assert bench.sample("pipeline_wrong_parts_total", part="place") == 1
    assert bench.verdict().difference == 0
    dated = {one.post: one.at for one in waiting(bench.settings)}
    assert dated[old] == dated["99"] == SPRING_2012_MS, "not as if it were of now"
    assert dated["98"] > before, "of an unknown time: perhaps now"
