"""Files of other collectors are read as X's own: the same post, author, place, answers and time."""

import json
from typing import Any

import msgspec
import pytest

from agents.ingest.x.lines import message_of
from streams.reading.post import Post
from streams.reading.x import post_of
from streams.reading.x_payload import XPayload
from tests.payloads import as_json

TEXT = "@MayoClinic the parking is a maze"
SCRAPED = {
    "_type": "scraper.Tweet", "id": 1900000000000000002, "date": "2025-03-13T01:44:34+00:00", "rawContent": TEXT,
    "renderedContent": "cut", "user": {"id": 8, "id_str": "8", "username": "Other", "location": "Moorhead, MN"},
    "mentionedUsers": [{"id": 14592723, "username": "MayoClinic"}], "inReplyToTweetId": 1900000000000000001,
    "inReplyToUser": {"id": 14592723, "username": "MayoClinic"}, "quotedTweet": None, "retweetedTweet": None,
    "coordinates": {"longitude": -96.76, "latitude": 46.87},
    "place": {"fullName": "Moorhead, MN", "country": "United States", "countryCode": "US", "type": "city"},
    "links": [{"url": "https://www.nejm.org/1", "tcourl": "https://t.co/a"}],
}  # fmt: skip
COLLECTED = {
    "id": 1900000000000000002, "conversation_id": "1900000000000000001", "created_at": "2025-03-13 01:44:34 CET",
    "user_id": 8, "username": "other", "tweet": TEXT, "mentions": [], "retweet": False, "quote_url": "",
    "reply_to": [{"screen_name": "MayoClinic", "id": "14592723"}],
}  # fmt: skip
BROWSED = {
    "rest_id": "1900000000000000002",
    "core": {"user_results": {"result": {
        "rest_id": "8", "core": {"screen_name": "Other"}, "location": {"location": "Moorhead, MN"}, "legacy": {},
    }}},
    "legacy": {
        "full_text": "@MayoClinic the ...", "created_at": "Thu Mar 13 01:44:34 +0000 2025",
        "in_reply_to_status_id_str": "1900000000000000001", "in_reply_to_user_id_str": "14592723",
        "entities": {"user_mentions": [{"screen_name": "MayoClinic", "id_str": "14592723"}]},
    },
    "note_tweet": {"note_tweet_results": {"result": {"text": TEXT}}},
}  # fmt: skip


def post_in(line: object) -> Post:
    (found,) = message_of(as_json(line)).posts
    return post_of(msgspec.json.decode(found, type=XPayload))


@pytest.mark.parametrize("line", [SCRAPED, COLLECTED, BROWSED], ids=["scraped", "collected", "browsed"])
def test_a_post_of_another_collector_reads_like_one_of_x(line: dict[str, Any]) -> None:
    post = post_in(line)
    assert (post.id, post.text, post.author_id, post.author_handle) == ("1900000000000000002", TEXT, "8", "other")
    assert post.mentions == ("mayoclinic",)
    assert (post.reply_to, post.reply_to_author) == ("1900000000000000001", "14592723")
    assert abs(post.at - 1_741_830_274) <= 1
    assert not post.wrong
    if line is not COLLECTED:
        assert post.author_location == "Moorhead, MN"


def test_a_scraped_post_keeps_its_place_its_links_and_its_kind() -> None:
    post = post_in({**SCRAPED, "rawContent": "see https://t.co/a"})
    assert (post.text, post.geo_name, post.coordinates) == ("see https://www.nejm.org", "Moorhead, MN", (46.87, -96.76))
    assert post_in({**SCRAPED, "retweetedTweet": {"id": 5}}).repost
    assert post_in({**SCRAPED, "quotedTweet": {"id": 5}}).quoted == "5"


def test_an_older_scraper_calls_the_text_content() -> None:
    older = {name: value for name, value in SCRAPED.items() if name != "rawContent"}
    assert post_in({**older, "content": TEXT}).text == TEXT


def test_ones_own_archive_is_read() -> None:
    tweet = {"id_str": "1900000000000000002", "id": "1900000000000000002", "full_text": TEXT, "entities": {}}
    assert (post_in({"tweet": tweet}).text, post_in({"tweet": tweet}).author_id) == (TEXT, "")


def test_a_browsers_retweet_is_a_repost() -> None:
    legacy = {**BROWSED["legacy"], "retweeted_status_result": {"result": {"rest_id": "5"}}}  # type: ignore[dict-item]
    assert post_in({**BROWSED, "legacy": legacy}).repost


@pytest.mark.parametrize("field", ["user", "mentionedUsers", "place", "coordinates", "links", "inReplyToUser", "date"])
@pytest.mark.parametrize("value", [None, 7, "x", [], {}, [7], {"id": {}}])
def test_a_field_of_another_form_never_raises(field: str, value: object) -> None:
    (found,) = message_of(json.dumps({**SCRAPED, field: value}).encode()).posts
    assert json.loads(found)["data"]["text"] == TEXT
