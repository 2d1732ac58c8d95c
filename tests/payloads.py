"""Posts and payloads for tests, plain unless told otherwise."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import yaml

from streams.reading.post import Post
from streams.records import Mention, OpenTopics

PLAIN = Post(
    id="1",
    at=1_760_000_000,
    text="",
    author_id="7",
    author_handle="someone",
    author_location="",
    mentions=(),
    reply_to="",
    reply_to_author="",
    repost=False,
    geo_country="",
    geo_name="",
    geo_type="",
    coordinates=None,
)


def a_post(**changes: Any) -> Post:
    return msgspec.structs.replace(PLAIN, **changes)


def a_mention(**changes: Any) -> Mention:
    fields: dict[str, Any] = {
        "hospital": "240010", "partition": 0, "offset": 1, "at": 1_760_000_000_000, "hour": 488_888,
        "relation": "mentioned", "tier": "local", "precision": "city", "evidence": "profile", "confidence": 90,
        "distance_km": 3, "topics": OpenTopics((), frozenset()), "intent": "none", "addressed": True, "post": "1",
        "reply_to": "",
    }  # fmt: skip
    return Mention(**(fields | changes))


def cases(name: str) -> Any:
    return yaml.safe_load((Path(__file__).parent / "cases" / f"{name}.yaml").read_text(encoding="utf-8"))


def a_payload(data: Mapping[str, Any] | None = None, **includes: Any) -> dict[str, Any]:
    """A line of the stream as X sends it, with much that is not read."""
    return {
        "data": {
            "id": "1900000000000000001",
            "text": "@MayoClinic hello",
            "author_id": "7",
            "created_at": "2025-10-09T08:53:20.000Z",
            "edit_history_tweet_ids": ["1900000000000000001"],
            "lang": "en",
            "public_metrics": {"like_count": 1, "retweet_count": 0},
            "entities": {"mentions": [{"start": 0, "end": 11, "username": "MayoClinic", "id": "14592723"}]},
            **(data or {}),
        },
        "includes": {
            "users": [
                {"id": "14592723", "username": "MayoClinic", "location": "Rochester, MN"},
                {"id": "7", "username": "Some_One", "name": "x", "location": "Fargo, ND", "verified": False},
            ],
            **includes,
        },
        "matching_rules": [{"id": 1, "tag": "240010"}],
    }


def as_json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
