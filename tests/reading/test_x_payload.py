from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.reading.post import Post
from streams.reading.x import post_of, seconds_of_id
from streams.reading.x_payload import XEnvelope, XPayload
from streams.records import Envelope, encode_json
from tests.payloads import a_payload, as_json

DECODE = msgspec.json.Decoder(XPayload).decode


def read(payload: Any) -> Post:
    return post_of(DECODE(as_json(payload)))


def test_a_line_of_the_stream_becomes_a_post() -> None:
    assert read(a_payload()) == Post(
        id="1900000000000000001",
        at=1_760_000_000,
        text="@MayoClinic hello",
        author_id="7",
        author_handle="some_one",
        author_location="Fargo, ND",
        mentions=("mayoclinic",),
        reply_to="",
        reply_to_author="",
        repost=False,
        geo_country="",
        geo_name="",
        geo_type="",
        coordinates=None,
        id_at=1_741_830_274,
    )


def test_an_envelope_is_decoded_together_with_its_payload() -> None:
    payload = msgspec.Raw(as_json(a_payload()))
    wire = encode_json(Envelope("x", "1900000000000000001", 1, "stream", ("240010",), payload))
    envelope = msgspec.json.decode(wire, type=XEnvelope)
    assert envelope.id == "1900000000000000001"
    assert post_of(envelope.payload) == read(a_payload())


@pytest.mark.parametrize("word", ["tweet", "post"])
def test_both_namings_of_the_long_text_are_read(word: str) -> None:
    whole = {"text": "the whole of it @Other", "entities": {"mentions": [{"username": "Other", "id": "8"}]}}
    post = read(a_payload({f"note_{word}": whole, f"edit_history_{word}_ids": ["1"]}))
    assert (post.text, post.mentions) == ("the whole of it @Other", ("other",))


@pytest.mark.parametrize(
    ("urls", "text"),
    [
        ([{"url": "https://t.co/a", "expanded_url": "https://www.Nejm.org/doi?x=1"}], "see https://www.nejm.org now"),
        ([{"url": "https://t.co/a", "expanded_url": "http://bit.ly/1", "unwound_url": "http://u@vaccines.gov/x"}],
         "see https://vaccines.gov now"),
        ([{"url": "https://t.co/a"}, {"expanded_url": "https://x.org"}, {}], "see https://t.co/a now"),
        ([{"url": "https://t.co/a", "expanded_url": "mailto:a@b.org"}], "see https://t.co/a now"),
        ([{"url": None, "expanded_url": None}], "see https://t.co/a now"),
    ],
)  # fmt: skip
def test_a_shortened_link_is_read_as_its_host(urls: list[dict[str, str]], text: str) -> None:
    assert read(a_payload({"text": "see https://t.co/a now", "entities": {"urls": urls}})).text == text


@pytest.mark.parametrize("word", ["tweets", "posts"])
@pytest.mark.parametrize(("kind", "repost"), [("retweeted", True), ("reposted", True), ("quoted", False)])
def test_both_namings_of_references_are_read(word: str, kind: str, repost: bool) -> None:
    post = read(a_payload({f"referenced_{word}": [{"type": kind, "id": "5"}]}, **{word: [{"id": "5", "text": "t"}]}))
    assert (post.repost, post.reply_to) == (repost, "")


@pytest.mark.parametrize("number", ["5", 5])
def test_an_answer_names_what_and_whom_it_answers(number: Any) -> None:
    post = read(
        a_payload(
            {
                "in_reply_to_user_id": 14592723 if number == 5 else "14592723",
                "referenced_tweets": [{"type": "replied_to", "id": number}],
                "entities": {
                    "mentions": [{"username": "Other", "id": "8"}, {"username": "MayoClinic", "id": "14592723"}]
                },
            }
        )
    )
    assert (post.reply_to, post.reply_to_author) == ("5", "14592723")
    assert post.mentions == ("mayoclinic", "other"), "the answered author comes first"


def test_the_answered_author_counts_as_mentioned_even_where_the_text_does_not_say_so() -> None:
    changes = {
        "in_reply_to_user_id": "14592723",
        "referenced_posts": [{"type": "replied_to", "id": "5"}],
        "entities": {},
    }
    assert read(a_payload({**changes, "text": "agreed"})).mentions == ("mayoclinic",)


def test_handles_are_read_off_the_text_where_entities_are_missing() -> None:
    post = read(a_payload({"entities": None, "text": "cc @MayoClinic, (@a_b) a@ @ @é @" + "x" * 20}))
    assert post.mentions == ("mayoclinic", "a_b", "x" * 15)


@pytest.mark.parametrize("one", [7, "7"])
@pytest.mark.parametrize("other", [7, "7"])
def test_ids_may_be_numbers_or_strings(one: Any, other: Any) -> None:
    post = read(a_payload({"id": 12, "author_id": one}, users=[{"id": other, "username": "Z", "location": None}]))
    assert (post.id, post.author_id, post.author_handle, post.author_location) == ("12", "7", "z", "")


def test_a_geo_tag_is_expanded() -> None:
    places = [{"id": "p0"}, {"id": "p1", "full_name": "Fargo, ND", "country_code": "US", "place_type": "city"}]
    geo = {"place_id": "p1", "coordinates": {"type": "Point", "coordinates": [-96.79, 46.87]}}
    post = read(a_payload({"geo": geo}, places=places))
    assert (post.geo_country, post.geo_name, post.geo_type) == ("US", "Fargo, ND", "city")
    assert post.coordinates == (46.87, -96.79), "latitude first"


@pytest.mark.parametrize(
    ("moment", "seconds"),
    [
        ("2025-10-09T08:53:20.000Z", 1_760_000_000),
        ("2025-10-09T08:53:20Z", 1_760_000_000),
        ("2025-10-09T10:53:20+02:00", 1_760_000_000),
        ("2025-10-09T08:53:20", 1_760_000_000),
        ("2025-10-09 08:53:20", 1_760_000_000),
        ("Thu Oct 09 08:53:20 +0000 2025", 1_760_000_000),
        ("Thu Oct 9 10:53:20 +0200 2025", 1_760_000_000),
        ("Thu Xxx 09 08:53:20 +0000 2025", -1),
        ("Thu Oct 09 08:53:20 2025", -1),
        ("2025-10-09", -1),
        ("1899-01-01T00:00:00Z", -1),
        ("0001-01-01T00:00:00+23:59", -1),
        ("yesterday", -1),
        ("", -1),
        (None, -1),
    ],
)
def test_the_posts_own_time_is_read_or_missing(moment: str | None, seconds: int) -> None:
    post = read(a_payload({"created_at": moment, "id": "29700859246"}))
    assert (post.at, post.wrong) == (seconds, ("time",) if seconds < 0 and moment else ())


@pytest.mark.parametrize("moment", [None, "", "yesterday"])
def test_a_post_without_a_readable_time_has_the_one_in_its_id(moment: str | None) -> None:
    assert read(a_payload({"created_at": moment})).at == 1_741_830_274


@pytest.mark.parametrize(
    "point",
    [
        [0, 0],
        [0.0, -0.0],
        [0.00001, 0.00001],
        [-96.79, 146.87],
        [196.79, 46.87],
        [46.87, -96.79],
        [-96.79],
        [1, 2, 3, 4],
    ],
)
def test_coordinates_that_are_no_place_leave_the_profile_its_word(point: list[float]) -> None:
    post = read(a_payload({"geo": {"coordinates": {"type": "Point", "coordinates": point}}}))
    assert (post.coordinates, post.wrong, post.author_location) == (None, ("place",), "Fargo, ND")


def test_a_point_may_have_a_height() -> None:
    assert read(a_payload({"geo": {"coordinates": {"coordinates": [-96.79, 46.87, 275]}}})).coordinates == (
        46.87,
        -96.79,
    )


NULLABLE = (
    "author_id", "created_at", "in_reply_to_user_id", "entities", "note_tweet", "note_post", "referenced_tweets",
    "referenced_posts", "geo",
)  # fmt: skip


@pytest.mark.parametrize("field", NULLABLE)
def test_what_x_leaves_out_or_sends_as_null_is_no_error(field: str) -> None:
    payload = a_payload({field: None})
    with_null = read(payload)
    del payload["data"][field]
    assert read(payload) == with_null


def test_a_bare_post_is_enough() -> None:
    assert read({"data": {"id": "1"}}).author_id == ""
    assert read({"data": {"id": "1"}, "includes": None}).id == "1"
    assert read({"data": {"id": "1"}, "includes": {"users": None, "places": None}}).id == "1"


@pytest.mark.parametrize(
    "payload",
    [
        {}, [], None, 1, {"data": None}, {"data": []}, {"data": {}}, {"data": {"id": None}}, {"data": {"id": 1.5}},
        {"data": {"id": "1", "text": 3}}, {"data": {"id": "1", "entities": []}}, {"errors": [{"title": "x"}]},
        {"data": {"id": "1"}, "includes": {"users": {}}}, {"data": {"id": "1", "geo": {"coordinates": [1, 2]}}},
    ],
)  # fmt: skip
def test_the_strict_decoder_refuses_a_wrong_shape_with_a_validation_error(payload: Any) -> None:
    with pytest.raises(msgspec.ValidationError):
        read(payload)


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*NULLABLE, "id", "text"]), inner),
    max_leaves=12,
)


@given(st.fixed_dictionaries({"id": st.integers() | st.text()}, optional=dict.fromkeys((*NULLABLE, "text"), ANYTHING)))
@settings(deadline=None)
def test_a_payload_is_read_or_a_validation_error_and_nothing_else(data: dict[str, Any]) -> None:
    try:
        payload = DECODE(as_json({"data": data}))
    except msgspec.ValidationError:
        return
    assert isinstance(post_of(payload), Post)


QUESTION = "1900000000000000001"
LATER = "1900000000000000777"


def a_reply(kind: str, target: str, **includes: object) -> dict[str, Any]:
    return a_payload({"referenced_tweets": [{"type": kind, "id": target}]}, **includes)


@pytest.mark.parametrize(("kind", "field"), [("replied_to", "reply_to"), ("quoted", "quoted")])
def test_an_answer_to_a_later_version_is_one_to_the_first(kind: str, field: str) -> None:
    versions = [{"id": LATER, "text": "?", "edit_history_tweet_ids": [QUESTION, LATER]}]
    assert getattr(read(a_reply(kind, LATER, tweets=versions)), field) == QUESTION
    assert getattr(read(a_reply(kind, LATER)), field) == LATER, "X did not send it along"
    assert read(a_reply(kind, LATER, tweets=versions)).answers_at == 1_741_830_274


@pytest.mark.parametrize("wrong", ["no list", [{"id": ["1"]}], [{"id": LATER, "edit_history_tweet_ids": [{}]}]])
def test_what_is_wrong_in_a_post_sent_along_costs_nothing(wrong: object) -> None:
    assert read(a_reply("replied_to", LATER, tweets=wrong)).reply_to == LATER


@pytest.mark.parametrize("post", ["", "abc", "29700859246", "123456789012345678901"])
def test_an_id_without_a_time_says_none(post: str) -> None:
    assert seconds_of_id(post) == -1
