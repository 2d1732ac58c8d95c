"""Lines of X as captures hold them, of every kind, for the tests of what a line is and of a replay."""

from tests.payloads import a_payload, as_json

V1 = {
    "created_at": "Thu Oct 09 08:53:20 +0000 2025",
    "id": 1900000000000000002,
    "id_str": "1900000000000000002",
    "text": "@MayoClinic the parking ...",
    "truncated": True,
    "extended_tweet": {
        "full_text": "@MayoClinic the parking is a maze",
        "entities": {"user_mentions": [{"screen_name": "MayoClinic", "id_str": "14592723", "id": 14592723}]},
    },
    "in_reply_to_status_id_str": "1900000000000000001",
    "in_reply_to_user_id_str": "14592723",
    "in_reply_to_screen_name": "MayoClinic",
    "user": {"id_str": "8", "screen_name": "Other", "location": "Moorhead, MN"},
    "place": {"id": "p1", "full_name": "Moorhead, MN", "country_code": "US", "place_type": "city"},
    "coordinates": {"type": "Point", "coordinates": [-96.76, 46.87]},
    "entities": {"user_mentions": []},
}
PAGE = {
    "data": [
        {"id": "11", "text": "one", "author_id": "7", "created_at": "2025-10-09T08:53:20.000Z"},
        {"id": 12, "text": "two", "author_id": "9", "geo": {"place_id": "p2"}},
        {"text": "no id"},
    ],
    "includes": {
        "users": [{"id": "7", "username": "a", "location": "Fargo, ND"}, {"id": "9", "username": "b"}],
        "places": [{"id": "p2", "full_name": "Fargo, ND", "country_code": "US", "place_type": "city"}],
    },
    "meta": {"result_count": 3},
}
FLAT = {
    "id": "13", "text": "three", "author_id": "7", "author": {"id": "7", "username": "a", "location": "Fargo, ND"},
    "geo": {"place_id": "p2", "full_name": "Fargo, ND", "country_code": "US", "place_type": "city"},
}  # fmt: skip
UNTIDY: list[tuple[bytes, str]] = [
    (as_json(a_payload()), "post"),
    (as_json({**a_payload({"id": "2"}), "matching_rules": [{"id": 5, "tag": None}, {"id": "6"}]}), "post"),
    (as_json({"data": {"id": 3, "text": "a number for an id"}}) + b"\r", "post"),
    (as_json(V1), "post"),
    (as_json(FLAT), "post"),
    (as_json(PAGE), "page"),
    (b"", "empty"),
    (b"\r", "empty"),
    (as_json({"errors": [{"title": "operational-disconnect", "disconnect_type": "OperationalDisconnect"}]}), "errors"),
    (as_json({"data": None, "errors": [{"title": "Not Found Error"}]}), "errors"),
    (as_json({"delete": {"status": {"id_str": "1"}}}), "compliance"),
    (as_json({"data": {"scrub_geo": {"user": {"id": "1"}, "up_to_tweet_id": "5"}}}), "compliance"),
    (as_json({"limit": {"track": 3}}), "limit"),
    (as_json({"friends": [1, 2]}), "other"),
    (b'{"data": {"id": "99999", "text": "\xff"}}', "unreadable"),
    (b"null", "unreadable"),
    (as_json(a_payload({"id": "4"}))[:-40], "unreadable"),
]
"""Each with its kind; the last is cut off."""
