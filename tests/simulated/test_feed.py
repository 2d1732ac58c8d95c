"""What the simulated people write: repeatable, of every kind, and in X's shape."""

import json
import re
from collections import Counter
from typing import Any

import pytest

from agents.simulated.feed import Feed
from agents.simulated.people import targets
from agents.simulated.posts import Post
from streams import directory
from streams.snowflake import written_ms

START_MS = 1_790_000_000_000
TARGETS = targets(directory.load())
COUNT = 6000


def delivered(seed: int = 7, rate: float = 1000, count: int = COUNT) -> list[tuple[Post, bool]]:
    feed = Feed(seed, rate, TARGETS, count)
    feed.start(START_MS)
    found = [*feed.until(count // 3), *feed.until(10 * count)]
    assert feed.exhausted
    return found


@pytest.fixture(scope="module")
def feed() -> list[tuple[Post, bool]]:
    return delivered()


@pytest.fixture(scope="module")
def posts(feed: list[tuple[Post, bool]]) -> list[dict[str, Any]]:
    return [json.loads(post.body + b"}") for post, copy in feed if not copy]


def test_the_same_seed_rate_and_start_write_the_same_bytes_in_the_same_order(feed: list[tuple[Post, bool]]) -> None:
    assert delivered() == feed
    assert delivered(seed=8) != feed


def test_how_often_the_feed_is_asked_changes_nothing() -> None:
    often = Feed(7, 1000, TARGETS, 300)
    often.start(START_MS)
    assert [one for number in range(400) for one in often.until(number)] == delivered(count=300)


def test_ids_are_snowflakes_of_their_time_and_no_two_alike(posts: list[dict[str, Any]]) -> None:
    for number, post in enumerate(sorted(posts, key=lambda post: int(post["data"]["id"]))):
        assert written_ms(int(post["data"]["id"])) == START_MS + number
    assert len({post["data"]["id"] for post in posts}) == COUNT


def test_about_three_in_a_hundred_come_twice_with_the_same_bytes(feed: list[tuple[Post, bool]]) -> None:
    first = {post.id: post for post, copy in feed if not copy}
    copies = [post for post, copy in feed if copy]
    assert 0.02 < len(copies) / COUNT < 0.04
    assert all(first[post.id] == post for post in copies)
    places = {post.id: place for place, (post, copy) in enumerate(feed) if not copy}
    distances = [place - places[post.id] for place, (post, copy) in enumerate(feed) if copy]
    assert min(distances) < 30
    assert max(distances) > 1000


def test_posts_have_the_size_that_xs_have(feed: list[tuple[Post, bool]]) -> None:
    assert 1200 < sum(len(post.body) for post, _ in feed) / len(feed) < 2000


def test_mentions_stand_where_they_say(posts: list[dict[str, Any]]) -> None:
    for post in posts:
        text, mentions = post["data"]["text"], post["data"]["entities"]["mentions"]
        assert [text[one["start"] : one["end"]] for one in mentions] == [f"@{one['username']}" for one in mentions]
        assert len(mentions) == len(re.findall(r"@\w", text))


def test_hospitals_answer_posts_that_were_written_to_them(posts: list[dict[str, Any]]) -> None:
    handles = {target.handle for target in TARGETS}
    written = {post["data"]["id"]: post for post in posts}
    answers = 0
    for post in posts:
        (author,) = (one for one in post["includes"]["users"] if one["id"] == post["data"]["author_id"])
        replied = [one["id"] for one in post["data"].get("referenced_tweets", ()) if one["type"] == "replied_to"]
        if author["username"] in handles and replied:
            asked = written[replied[0]]["data"]
            answers += 1
            assert post["data"]["in_reply_to_user_id"] == asked["author_id"]
            assert post["data"]["conversation_id"] == asked["conversation_id"]
            assert author["username"] in {one["username"] for one in asked["entities"]["mentions"]} | {
                user["username"] for user in written[replied[0]]["includes"]["users"]
            }
    assert answers > COUNT * 0.05


def test_the_mix_is_near_and_far_with_and_without_a_place(posts: list[dict[str, Any]]) -> None:
    homes = Counter(post["includes"]["users"][0].get("location", "") for post in posts)
    for wanted in ("Fargo, ND", "Corvallis, OR", "Rochester, MN", "London, England", "Earth", ""):
        assert homes[wanted] > 0, wanted
    tagged = [post for post in posts if "geo" in post["data"]]
    assert 0.02 < len(tagged) / COUNT < 0.04
    assert all(post["includes"]["places"][0]["id"] == post["data"]["geo"]["place_id"] for post in tagged)


def test_every_hospital_is_written_to_and_some_much_more_than_others(posts: list[dict[str, Any]]) -> None:
    named = Counter(one["username"] for post in posts for one in post["data"]["entities"]["mentions"])
    counts = [named[target.handle] for target in TARGETS]
    assert min(counts) > 0
    assert max(counts) > 3 * min(counts)


def test_there_is_noise_reposts_spanish_emoji_and_two_hospitals_at_once(feed: list[tuple[Post, bool]]) -> None:
    handles = {f"@{target.handle}" for target in TARGETS}
    by = {f"from:{target.handle}" for target in TARGETS}
    written = [post for post, copy in feed if not copy]
    assert any("is:retweet" in post.atoms for post in written)
    assert any(not post.atoms & (handles | by) for post in written)
    assert any(len(post.atoms & handles) > 1 for post in written)
    assert any(b'"lang":"es"' in post.body for post in written)
    assert any("😡".encode() in post.body for post in written)
