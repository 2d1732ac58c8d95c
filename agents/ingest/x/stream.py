"""X's filtered stream, and tweepy's client for its rules.

Owns what X shall send of each post. Called by `source.py` and `rule_sync.py`. How a connection ends is
`connection.py`'s.
"""

import time
from collections.abc import Callable, Mapping

import tweepy

from agents.ingest.x.connection import CHUNK_BYTES, STALL_SECONDS, Connection

FIELDS: Mapping[str, list[str]] = {
    "tweet_fields": [
        "author_id",
        "conversation_id",
        "created_at",
        "edit_history_tweet_ids",
        "entities",
        "geo",
        "in_reply_to_user_id",
        "lang",
        "note_tweet",
        "public_metrics",
        "referenced_tweets",
    ],
    "expansions": ["author_id", "geo.place_id", "in_reply_to_user_id", "referenced_tweets.id"],
    "user_fields": ["id", "location", "name", "username", "verified_type"],
    "place_fields": ["country", "country_code", "full_name", "geo", "id", "name", "place_type"],
}
"""What X shall send of each post: what is read now or in a later replay of `posts`, no more."""


class XStream(Connection, tweepy.StreamingClient):  # type: ignore[misc] # tweepy has no types
    """The filtered stream, one connection at a time; also tweepy's client for the rules."""

    def __init__(
        self, token: str, base_url: str, emit: Callable[[bytes], None],
        stall_seconds: float = STALL_SECONDS, clock: Callable[[], float] = time.monotonic, backfill_minutes: int = 0,
    ) -> None:  # fmt: skip
        """`backfill_minutes`: how much X shall send again at each connection, where the plan has it. Others: see
        `Connection`."""
        tweepy.StreamingClient.__init__(self, token, chunk_size=CHUNK_BYTES)
        self._backfill = {"backfill_minutes": backfill_minutes} if backfill_minutes else {}
        self._prepare(base_url, emit, stall_seconds, clock)

    def _open(self) -> None:
        self.filter(**FIELDS, **self._backfill)
