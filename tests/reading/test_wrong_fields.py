"""One wrong field costs itself alone: the post is read, the field is unknown, and its part is counted."""

import contextlib
import json
from typing import Any

import pytest

from agents.simulated.jetstream import post as bluesky_post
from streams.directory import load
from streams.reading.reader import Reader, UnreadableError, WithheldError
from streams.reading.sources import POST_OF
from streams.records import Mention, encode_json
from tests.payloads import a_payload, as_json

AT = 1_760_000_000_000
DIRECTORY = load()


@pytest.fixture
def reader() -> Reader:
    return Reader(DIRECTORY, max_bytes=100_000)


def envelope(payload: bytes, source: str = "x", id: str = "1900000000000000001") -> bytes:
    return b'{"source":"%b","id":"%b","received_at":1,"origin":"stream","rules":[],"payload":%b}' % (
        source.encode(), id.encode(), payload
    )  # fmt: skip


def mentions(reader: Reader, payload: bytes) -> list[Mention]:
    records = reader.records(reader.decode(envelope(payload)), 0, 7, AT)  # type: ignore[arg-type] # no withdrawal here
    return [one for one in records if isinstance(one, Mention)]


USER = {"id": "7", "username": "Some_One", "location": "Fargo, ND"}


@pytest.mark.parametrize(
    ("data", "includes", "wrong"),
    [
        ({"created_at": 1_795_168_800_000}, {}, {"time": 1}),
        ({"author_id": {"a": 1}}, {}, {"author": 1}),
        ({"author_id": 1.5}, {}, {"author": 1}),
        ({"geo": {"coordinates": {"coordinates": ["-96.79", "46.87"]}}}, {}, {"place": 1}),
        ({"geo": {"coordinates": [1, 2]}}, {}, {"place": 1}),
        ({"geo": "Fargo"}, {}, {"place": 1}),
        ({"entities": []}, {}, {"entities": 1}),
        ({"entities": {"mentions": [{"username": "MayoClinic"}, 7], "urls": "x"}}, {}, {"entities": 1}),
        ({"referenced_tweets": {"type": "quoted"}}, {}, {"reply": 1}),
        ({"text": 7, "note_tweet": {"text": "@MayoClinic hello"}}, {}, {"text": 1}),
        ({"text": None, "note_tweet": {"text": "@MayoClinic hello"}}, {}, {}),
        ({}, {"users": [{**USER, "location": {"name": "Fargo"}}]}, {"place": 1}),
        ({}, {"users": [{**USER, "username": ["a"]}]}, {"author": 1}),
        ({}, {"users": [USER, "someone"]}, {"author": 1}),
        ({}, {"users": {"7": USER}}, {"author": 1}),
        ({}, {"places": "Fargo"}, {"place": 1}),
        ({"lang": 7, "public_metrics": [], "source": {"a": 2**80}}, {}, {}),
    ],
)
def test_a_wrong_field_is_unknown_and_counted(
    reader: Reader, data: dict[str, Any], includes: dict[str, Any], wrong: dict[str, int]
) -> None:
    (found,) = mentions(reader, as_json(a_payload(data, **includes)))
    assert (found.hospital, found.post) == ("240010", "1900000000000000001")
    assert reader.wrong == wrong


def test_everything_may_be_wrong_at_once(reader: Reader) -> None:
    payload = a_payload({"created_at": 5, "entities": 5, "geo": 5}, users=5)
    (found,) = mentions(reader, as_json(payload))
    assert reader.wrong == {"time": 1, "entities": 1, "place": 1, "author": 1}
    assert (found.tier, found.written) == ("unknown", -1)


def test_includes_of_another_form_cost_the_place_alone(reader: Reader) -> None:
    (found,) = mentions(reader, as_json({**a_payload(), "includes": []}))
    assert (found.tier, reader.wrong) == ("unknown", {"other": 1})


@pytest.mark.parametrize("point", [[0, 0], [-96.79, 146.87], ["-96.79", "46.87"], [None, None]])
def test_coordinates_that_are_no_place_do_not_win_over_the_profile(reader: Reader, point: list[object]) -> None:
    (found,) = mentions(reader, as_json(a_payload({"geo": {"coordinates": {"coordinates": point}}})))
    assert (found.tier, found.evidence) == ("national", "profile")


@pytest.mark.parametrize(
    "payload",
    [
        {}, [], None, 7, "x", {"data": None}, {"data": [{"id": "1", "text": "t"}]}, {"data": {"id": "1"}},
        {"data": {"text": "t"}}, {"data": {"id": "abc; x", "text": "t"}}, {"data": {"id": 1.5, "text": "t"}},
        {"data": {"id": "12", "username": "a", "name": "A"}}, {"data": {"id": "9", "name": "n", "member_count": 3}},
        {"data": {"id": "1", "text": " \n"}}, {"data": {"id": "1", "text": "t", "event_type": "MessageCreate"}},
    ],
)  # fmt: skip
def test_what_lacks_an_id_or_a_text_is_no_post(reader: Reader, payload: object) -> None:
    with pytest.raises(UnreadableError) as caught:
        reader.decode(envelope(as_json(payload)))
    assert caught.value.reason == "no_post"


@pytest.mark.parametrize(
    "value",
    [
        envelope(rb'{"data":{"id":"1900000000000000001","text":"@MayoClinic hi \ud83d"}}'),
        envelope(rb'{"data":{"id":"1900000000000000001","text":"@MayoClinic hi"},"unread":"\udc00"}'),
        envelope(b'\xef\xbb\xbf{"data":{"id":"1900000000000000001","text":"@MayoClinic hi"}}').replace(
            b"\xef\xbb\xbf", b""
        ),
        b"\xef\xbb\xbf" + envelope(b'{"data":{"id":"1900000000000000001","text":"@MayoClinic hi"}}'),
        envelope(b'{"data":{"id":"1900000000000000001","text":"@MayoClinic hi","lang":NaN}}'),
    ],
)
def test_damage_that_can_be_mended_costs_no_post(reader: Reader, value: bytes) -> None:
    found = reader.decode(value)
    assert found.id == "1900000000000000001"
    assert len(reader.records(found, 0, 7, AT)) == 1  # type: ignore[arg-type] # no withdrawal here


@pytest.mark.parametrize(
    "text",
    [
        "@some_one's account has been withheld in DE in response to a legal demand",
        "@some_one\u2019s account has been withheld in Germany, France in response to a legal demand. Learn more.",
        "This Tweet from @some_one has been withheld in response to a report from the copyright holder. Learn more.",
        "This Post from @some_one has been withheld in IN based on local laws.",
        "This post has been withheld worldwide in response to a legal demand.",
        "@some_one has been withheld in DE in response to a legal demand",
    ],
)
def test_a_placeholder_of_a_withheld_post_is_nobodys_words(reader: Reader, text: str) -> None:
    with pytest.raises(WithheldError):
        reader.decode(envelope(as_json(a_payload({"text": text}))))


@pytest.mark.parametrize(
    "text",
    [
        "@MayoClinic my records have been withheld in response to a legal demand",
        "@MayoClinic care has been withheld from my aunt",
        "This is what has been withheld from us @MayoClinic, in response to nothing",
        "@MayoClinic has withheld my bill in response to a question",
    ],
)
def test_people_may_speak_of_withholding(reader: Reader, text: str) -> None:
    assert len(mentions(reader, as_json(a_payload({"text": text})))) == 1


@pytest.mark.parametrize(
    ("field", "value", "wrong"),
    [
        ("createdAt", 1_795_168_800_000, {"time": 1}),
        ("facets", [{"index": 7, "features": [{"$type": ["x"], "did": 7}]}], {"entities": 1}),
        ("facets", "x", {"entities": 1}),
        ("langs", "en", {"language": 1}),
        ("reply", {"parent": "at://x"}, {"reply": 1}),
        ("embed", [], {"reply": 1}),
        ("tags", [7, "a"], {"entities": 1}),
    ],
)
def test_bluesky_records_are_read_field_by_field_too(
    reader: Reader, field: str, value: object, wrong: dict[str, int]
) -> None:
    event = bluesky_post("did:plc:a", "3jzfcijpj2z2a", "hello")
    event["commit"]["record"][field] = value
    found = reader.decode(envelope(json.dumps({**event, "time_us": 1}).encode(), "bluesky", "b1"))
    post = POST_OF[type(found)](found.payload)  # type: ignore[union-attr] # no withdrawal here
    assert (post.text, reader.wrong) == ("hello", wrong)
    assert post.at > 0


def test_a_withdrawal_is_read_or_of_a_wrong_shape(reader: Reader) -> None:
    assert reader.decode(encode_json({"source": "withdrawal", "id": "1", "received_at": 1, "why": "delete"})).id == "1"
    with pytest.raises(UnreadableError) as caught:
        reader.decode(encode_json({"source": "withdrawal", "id": "1", "received_at": 1, "why": "boredom"}))
    assert caught.value.reason == "wrong_shape"


@pytest.mark.parametrize(
    "inner",
    [b"[" * 50_000, b"[" * 5_000 + b"]" * 5_000, b'{"a":' * 900 + b"1" + b"}" * 900],
    ids=["open", "5000", "900"],
)
def test_deep_nesting_is_refused_or_skipped_and_raises_nothing_else(reader: Reader, inner: bytes) -> None:
    with contextlib.suppress(UnreadableError):
        reader.decode(envelope(b'{"data":{"id":"1","text":"t","entities":%b}}' % inner))
