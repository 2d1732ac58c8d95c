"""Search finds what was written lately, whether or not somebody listened: newest first, in pages, within X's bounds."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
import tweepy

from agents.ingest.x.connection import TWEEPY_BASE_URL, BaseUrl
from agents.simulated.feed import Feed
from agents.simulated.history import History
from agents.simulated.posts import Post
from agents.simulated.search import InvalidError, search
from agents.simulated.server import SEARCH_PATH
from agents.simulated.thread import Running
from tests.running_ingest import TOKEN, simulated
from tests.simulated.test_simulated_x import TARGETS, Client
from tests.waiting import wait_until

START = 1_790_000_000
"""Seconds since the epoch; the posts are one a second from then on."""
COUNT = 600
NOW = START + COUNT + 30.0
QUERY = "(@mayoclinic OR to:mayoclinic OR from:mayoclinic) -is:retweet"


def written(count: int = COUNT) -> list[Post]:
    feed = Feed(7, 1, TARGETS, count)
    feed.start(START * 1000)
    return sorted((post for post, copy in feed.until(count) if not copy), key=lambda post: int(post.id))


POSTS = written()
HISTORY = History()
for one in POSTS:
    HISTORY.add(one)
EXPECTED = [
    post.id
    for post in reversed(POSTS)
    if post.atoms & {"@mayoclinic", "to:mayoclinic", "from:mayoclinic"} and "is:retweet" not in post.atoms
]
"""What the query finds, newest first."""


def found(**query: str) -> dict[str, Any]:
    return on_the_wire(search(HISTORY, {"query": QUERY, **query}, NOW))


def on_the_wire(page: dict[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(page))
    return plain


def ids(page: dict[str, Any]) -> list[str]:
    return [one["id"] for one in page.get("data", ())]


def timestamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_pages_follow_each_other_newest_first_and_hold_everything_once() -> None:
    pages: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    while True:
        page = found(max_results="40", **token)
        pages.append(page)
        if "next_token" not in page["meta"]:
            break
        token = {"next_token": page["meta"]["next_token"]}
    assert [len(ids(page)) for page in pages[:-1]] == [40] * (len(pages) - 1)
    assert len(pages) > 2
    assert [one for page in pages for one in ids(page)] == EXPECTED
    for page in pages:
        meta = page["meta"]
        assert (meta["newest_id"], meta["oldest_id"]) == (ids(page)[0], ids(page)[-1])
        assert meta["result_count"] == len(ids(page))


def test_a_post_is_what_it_is_on_the_stream_and_its_company_comes_once() -> None:
    page = found(max_results="50")
    bodies = {post.id: json.loads(post.body + b"}") for post in POSTS}
    assert page["data"] == [bodies[one]["data"] for one in EXPECTED[:50]]
    users = [user["id"] for user in page["includes"]["users"]]
    assert len(users) == len(set(users))
    assert set(users) == {user["id"] for one in EXPECTED[:50] for user in bodies[one]["includes"]["users"]}


def test_without_a_number_a_page_has_ten() -> None:
    assert ids(found()) == EXPECTED[:10]


def test_posts_that_come_in_between_move_no_page() -> None:
    history = History()
    for post in POSTS[:-100]:
        history.add(post)
    first = search(history, {"query": QUERY}, NOW)
    for post in POSTS[-100:]:
        history.add(post)
    token = first["meta"]["next_token"]
    second = on_the_wire(search(history, {"query": QUERY, "next_token": token}, NOW))
    place = EXPECTED.index(first["meta"]["oldest_id"]) + 1
    assert ids(second) == EXPECTED[place : place + 10]


def test_bounds_by_id_are_exclusive_and_by_time_from_the_first_second_to_before_the_last() -> None:
    low, high = EXPECTED[60], EXPECTED[20]
    assert ids(found(since_id=low, until_id=high, max_results="100")) == EXPECTED[21:60]
    begin, end = START + 100, START + 200
    inside = {post.id for number, post in enumerate(POSTS) if 100 <= number < 200}
    assert ids(found(start_time=timestamp(begin), end_time=timestamp(end), max_results="100")) == [
        one for one in EXPECTED if one in inside
    ]
    assert ids(found(start_time=timestamp(end), since_id=low, max_results="100")) == EXPECTED[:60], (
        "since_id goes before start_time"
    )


def test_without_an_end_the_last_half_minute_is_not_found_and_with_one_the_last_ten_seconds_may_not_be_asked() -> None:
    now = START + COUNT
    page = search(HISTORY, {"query": QUERY}, now)
    young = {post.id for number, post in enumerate(POSTS) if number >= COUNT - 30}
    assert page["meta"]["newest_id"] == next(one for one in EXPECTED if one not in young)
    later = search(HISTORY, {"query": QUERY, "end_time": timestamp(now - 10)}, now)
    assert int(later["meta"]["newest_id"]) > int(page["meta"]["newest_id"])
    with pytest.raises(InvalidError, match="10 seconds prior"):
        search(HISTORY, {"query": QUERY, "end_time": timestamp(now - 5)}, now)


def test_reposts_are_never_found() -> None:
    assert any("is:retweet" in post.atoms and "@mayoclinic" in post.atoms for post in POSTS)
    every = search(HISTORY, {"query": "@mayoclinic", "max_results": "100"}, NOW)
    assert not any("RT @" in one["text"] for one in on_the_wire(every)["data"])


def test_nothing_found_is_a_count_of_nought() -> None:
    assert found(until_id="1000000000000000000") == {"meta": {"result_count": 0}}


def test_the_history_forgets_the_oldest() -> None:
    history = History(10)
    for post in POSTS:
        history.add(post)
    assert [post.id for post in history.newest_first()] == [post.id for post in reversed(POSTS[-10:])]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("query", ""),
        ("query", "bio:hospital"),
        ("query", "@mayoclinic " * 50),
        ("max_results", "9"),
        ("max_results", "101"),
        ("max_results", "ten"),
        ("start_time", "yesterday"),
        ("start_time", "2026-13-01T00:00:00Z"),
        ("start_time", timestamp(NOW - 8 * 86_400)),
        ("start_time", timestamp(NOW)),
        ("end_time", timestamp(NOW + 60)),
        ("since_id", "1"),
        ("since_id", "x"),
        ("until_id", "-1"),
        ("next_token", "another"),
        ("sort_by", "colour"),
    ],
)
def test_what_x_would_refuse_is_refused_by_its_name(name: str, value: str) -> None:
    with pytest.raises(InvalidError) as refused:
        found(**{name: value})
    assert refused.value.parameter == name


# -- over HTTP ---------------------------------------------------------------------------------------------------------


@contextmanager
def searchable(**options: Any) -> Iterator[tuple[tweepy.Client, Running]]:
    with simulated(TARGETS, **{"live": True, "search_delay": 0.0, **options}) as running:
        client = tweepy.Client(TOKEN)
        client.session.mount(TWEEPY_BASE_URL, BaseUrl(running.x.url))
        try:
            yield client, running
        finally:
            client.session.close()


def test_tweepy_searches_what_nobody_listened_to() -> None:
    with searchable(rate=2000, count=500) as (client, running):
        wait_until(lambda: running.x.exhausted, "everything is written")
        answer = client.search_recent_tweets(
            QUERY, max_results=100, expansions=["author_id", "geo.place_id"], tweet_fields=["created_at"]
        )
        assert len(answer.data) == answer.meta["result_count"] == 100
        assert {post.author_id for post in answer.data} <= {user.id for user in answer.includes["users"]}
        assert all(post.created_at is not None for post in answer.data)
        pages = [*tweepy.Paginator(client.search_recent_tweets, QUERY, max_results=50, since_id=answer.data[-1].id)]
        again = [post.id for page in pages for post in page.data or ()]
        assert again == [post.id for post in answer.data[:-1]]
        with pytest.raises(tweepy.BadRequest, match="max_results"):
            client.search_recent_tweets(QUERY, max_results=5)
    assert running.x.delivered.total() == 0


def test_live_posts_are_heard_or_searched_and_none_is_neither() -> None:
    with searchable(rate=500) as (client, running):
        plain = Client(running)
        plain.add("@mayoclinic")
        wait_until(lambda: running.x.made > 100, "posts that nobody hears")
        with plain.stream() as lines:
            first = json.loads(next(lines))["data"]["id"]
            for _ in range(20):
                last = json.loads(next(lines))["data"]["id"]
        wait_until(lambda: not running.x.connected, "it is gone")
        missed = client.search_recent_tweets("@mayoclinic -is:retweet", max_results=100, until_id=first)
        assert missed.meta["result_count"] > 20
        heard = client.search_recent_tweets("@mayoclinic -is:retweet", max_results=100, since_id=int(first) - 1)
        assert {int(first), int(last)} <= {post.id for post in heard.data}, "search finds what was heard, too"
        wait_until(
            lambda: bool(client.search_recent_tweets("@mayoclinic", since_id=last).meta["result_count"]),
            "it goes on without a listener",
        )


def test_searches_have_a_window_of_their_own() -> None:
    with searchable(count=0) as (client, running):
        plain = Client(running)
        answers = [plain.get(f"{SEARCH_PATH}?query=@mayoclinic") for _ in range(451)]
        assert [answer.status_code for answer in answers] == [200] * 450 + [429]
        assert answers[0].headers["x-rate-limit-limit"] == "450"
        assert answers[-1].headers["x-rate-limit-remaining"] == "0"
        assert plain.get().status_code == 200, "rules have another"
        with pytest.raises(tweepy.TooManyRequests):
            client.search_recent_tweets(QUERY)


def test_a_search_needs_the_token() -> None:
    with searchable() as (_, running):
        answer = Client(running).get(f"{SEARCH_PATH}?query=@mayoclinic", Authorization="Bearer wrong")
        assert answer.status_code == 401
