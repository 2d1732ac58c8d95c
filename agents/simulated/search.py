"""`GET /2/tweets/search/recent` of the simulated X: what was written lately and matches a query, newest first, paged.

Owns the parameters, their bounds and the shape of a page (X API v2). Called by `server.py`. Knows no HTTP; the time
comes in as an argument. A page's token is the id before which the next begins, so posts that come in between move
nothing.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import msgspec

from agents.simulated.history import History
from agents.simulated.posts import Post
from agents.simulated.stream_rules import RETWEET, RuleError, parse
from streams.snowflake import first_id

DAYS = 7
"""How far back search goes."""
DELAY_SECONDS = 30.0
"""How old a post must be for a search without `end_time`; one with it may come up to a third of that near."""
MAX_QUERY_CHARS = 512
FEWEST, MOST = 10, 100
"""Of `max_results`; without it the fewest."""

_HARMLESS = frozenset({"expansions", "tweet.fields", "user.fields", "place.fields", "media.fields", "poll.fields"})
"""Taken and passed over: a post has what it has on the stream."""
_KNOWN = _HARMLESS | {"query", "start_time", "end_time", "since_id", "until_id", "max_results", "next_token"}
_ID = re.compile(r"\d{1,19}", re.ASCII)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?Z", re.ASCII)
_TOKEN = re.compile(r"b26v89c19zqg8o3f([0-9a-f]{1,16})", re.ASCII)
"""X's tokens are opaque and long, too."""


class InvalidError(ValueError):
    """A parameter that X would refuse."""

    def __init__(self, parameter: str, value: str, message: str) -> None:
        super().__init__(message)
        self.parameter = parameter
        self.value = value


class _Body(msgspec.Struct):
    """A post's payload; what is in it travels unread."""

    data: msgspec.Raw
    includes: dict[str, list[msgspec.Raw]] = {}


_decode = msgspec.json.Decoder(_Body).decode


def search(history: History, query: Mapping[str, str], now: float, delay: float = DELAY_SECONDS) -> dict[str, Any]:
    """One page. `now`: seconds since the epoch; `delay` as `DELAY_SECONDS`. Raises `InvalidError`."""
    for name in query.keys() - _KNOWN:
        raise InvalidError(name, query[name], f"The query parameter [{name}] is not one of {sorted(_KNOWN)}")
    text = query.get("query", "")
    try:
        matches = parse(text, MAX_QUERY_CHARS)
    except RuleError as error:
        raise InvalidError("query", text, str(error)) from None
    size = _number(query, "max_results", FEWEST)
    if not FEWEST <= size <= MOST:
        message = f"The `max_results` query parameter value [{size}] is not between {FEWEST} and {MOST}"
        raise InvalidError("max_results", str(size), message)
    lowest, before = _bounds(query, now, delay)
    # Reposts are not found by keyword search (X, since 2026-05-04); every query here is one.
    found = (
        post
        for post in history.newest_first()
        if lowest <= int(post.id) < before and RETWEET not in post.atoms and matches(post.seen)
    )
    posts = [*islice(found, size + 1)]
    return _page(posts[:size], more=len(posts) > size)


def _bounds(query: Mapping[str, str], now: float, delay: float) -> tuple[int, int]:
    """The lowest id, and the one before which all must be."""
    oldest, latest = now - DAYS * 86_400, now - delay / 3
    start, end = _time(query, "start_time", oldest), _time(query, "end_time", now - delay)
    if start < oldest:
        raise InvalidError("start_time", query["start_time"], f"'start_time' must be within the last {DAYS} days")
    if "end_time" in query and end > latest:
        message = f"'end_time' must be a minimum of {delay / 3:.0f} seconds prior to the request time"
        raise InvalidError("end_time", query["end_time"], message)
    if start >= end and "start_time" in query:
        raise InvalidError("start_time", query["start_time"], "'start_time' must be before 'end_time'")
    lowest, before = _first_id(start), _first_id(end)
    if "since_id" in query:
        # It goes before `start_time` (tweepy's reference of the endpoint).
        lowest = _id(query, "since_id") + 1
        if lowest < _first_id(oldest):
            raise InvalidError("since_id", query["since_id"], f"'since_id' must be of the last {DAYS} days")
    if "until_id" in query:
        before = min(before, _id(query, "until_id"))
    if "next_token" in query:
        token = _TOKEN.fullmatch(query["next_token"])
        if token is None:
            raise InvalidError("next_token", query["next_token"], "the `next_token` is not one that was given")
        before = min(before, int(token[1], 16))
    return lowest, before


def _page(posts: list[Post], *, more: bool) -> dict[str, Any]:
    """X leaves out what is empty."""
    if not posts:
        return {"meta": {"result_count": 0}}
    bodies = [_decode(post.body + b"}") for post in posts]
    includes: dict[str, dict[bytes, msgspec.Raw]] = {}
    for body in bodies:
        for kind, objects in body.includes.items():
            includes.setdefault(kind, {}).update((bytes(one), one) for one in objects)
    meta = {"newest_id": posts[0].id, "oldest_id": posts[-1].id, "result_count": len(posts)}
    if more:
        meta["next_token"] = f"b26v89c19zqg8o3f{int(posts[-1].id):x}"
    return {
        "data": [body.data for body in bodies],
        "includes": {kind: [*found.values()] for kind, found in includes.items()},
        "meta": meta,
    }


def _first_id(seconds: float) -> int:
    """The lowest id that a post of that time can have."""
    return first_id(int(seconds * 1000))


def _time(query: Mapping[str, str], name: str, otherwise: float) -> float:
    """Seconds since the epoch; X reads whole seconds."""
    if name not in query:
        return otherwise
    try:
        if not _TIME.fullmatch(query[name]):
            raise ValueError
        return datetime.fromisoformat(query[name][:19]).replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise InvalidError(name, query[name], f"'{name}' must be as in 2026-08-07T12:30:00Z") from None


def _id(query: Mapping[str, str], name: str) -> int:
    if not _ID.fullmatch(query[name]):
        raise InvalidError(name, query[name], f"'{name}' must be a post's id")
    return int(query[name])


def _number(query: Mapping[str, str], name: str, otherwise: int) -> int:
    value = query.get(name, str(otherwise))
    if not re.fullmatch(r"\d{1,9}", value, re.ASCII):
        raise InvalidError(name, value, f"'{name}' must be a number")
    return int(value)
