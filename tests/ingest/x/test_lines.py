"""A line of X is known for what it is, whatever its age and form, and its posts are as the stream would give them."""

import json

import msgspec
import pytest

from agents.ingest.x.lines import message_of
from streams.reading.post import Post
from streams.reading.x import post_of
from streams.reading.x_payload import XPayload
from tests.payloads import as_json
from tests.x_lines import FLAT, PAGE, UNTIDY, V1


@pytest.mark.parametrize(("line", "kind"), UNTIDY, ids=lambda value: value if isinstance(value, str) else "")
def test_each_line_has_its_kind(line: bytes, kind: str) -> None:
    assert message_of(line).kind == kind


def post_in(line: bytes) -> Post:
    (found,) = message_of(line).posts
    return post_of(msgspec.json.decode(found, type=XPayload))


def test_a_tweet_of_the_old_api_reads_like_one_of_the_new() -> None:
    post = post_in(as_json(V1))
    assert (post.id, post.at, post.text) == ("1900000000000000002", 1_760_000_000, "@MayoClinic the parking is a maze")
    assert (post.author_id, post.author_handle, post.author_location) == ("8", "other", "Moorhead, MN")
    assert (post.mentions, post.reply_to, post.reply_to_author) == (("mayoclinic",), "1900000000000000001", "14592723")
    assert (post.geo_name, post.coordinates) == ("Moorhead, MN", (46.87, -96.76))


def test_an_array_of_posts_is_a_page_of_any_forms() -> None:
    message = message_of(as_json([V1, FLAT, PAGE, {"friends": [1]}, 7]))
    assert message.kind == "page"
    ids = [json.loads(line)["data"].get("id") for line in message.posts[:5]]
    assert ids == ["1900000000000000002", "13", "11", 12, None]
    assert message.posts[5:] == (b'{"friends":[1]}', b"7"), "what is no post becomes a dead letter"


def test_an_old_retweet_is_still_a_repost() -> None:
    assert post_in(as_json({**V1, "retweeted_status": {"id_str": "5"}})).repost


def test_the_posts_of_a_page_carry_their_own_authors_and_places() -> None:
    first, second = (json.loads(line) for line in message_of(as_json(PAGE)).posts[:2])
    assert [user["username"] for user in first["includes"]["users"]] == ["a"]
    assert first["includes"]["places"] == []
    assert second["includes"]["places"] == PAGE["includes"]["places"]  # type: ignore[index] # a dict as written above


def test_a_flattened_post_keeps_its_author_and_place() -> None:
    post = post_in(as_json(FLAT))
    assert (post.author_handle, post.author_location, post.geo_name) == ("a", "Fargo, ND", "Fargo, ND")


@pytest.mark.parametrize(
    ("page", "token"),
    [
        ({"data": [{"id": "1"}], "meta": {"next_token": "b26v"}}, "b26v"),
        ({"meta": {"result_count": 0, "next_token": "b26v"}}, "b26v"),
        ({"data": [{"id": "1"}], "meta": {"result_count": 1}}, ""),
        ({"data": [{"id": "1"}], "meta": {"next_token": None}}, ""),
        ({"data": [{"id": "1"}], "meta": "b26v"}, ""),
        ({"data": [{"id": "1"}]}, ""),
        ([], ""),
    ],
)
def test_a_page_says_how_the_next_one_is_asked_for(page: object, token: str) -> None:
    assert message_of(json.dumps(page).encode()).next_token == token
