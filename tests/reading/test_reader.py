"""What a post says of each hospital that it is tied to, with all of `reading/` in place."""

import msgspec
import pytest

from streams.directory import load
from streams.reading.post import Post
from streams.reading.reader import Reader, asked_at
from streams.records import Envelope, Mention, Withdrawal, encode_json
from tests.payloads import a_payload, as_json

READER = Reader(load(), max_bytes=100_000)
AT = 1_760_000_000_000
POST = Post(**dict.fromkeys(Post.__struct_fields__))  # type: ignore[arg-type] # only times are looked at


def mention(text: str, hospital: str = "240010") -> Mention:
    payload = msgspec.Raw(as_json(a_payload({"text": text})))
    envelope = READER.decode(encode_json(Envelope("x", "1900000000000000001", AT, "stream", (), payload)))
    assert not isinstance(envelope, Withdrawal)
    (found,) = [
        one for one in READER.records(envelope, 0, 7, AT) if isinstance(one, Mention) and one.hospital == hospital
    ]
    return found


@pytest.mark.parametrize(
    ("text", "tier"),
    [
        ("@MayoClinic hello", "unknown"),
        ("@MayoClinic driving down from Byron, MN today", "local"),
        ("@MayoClinic is it far from Portland, Oregon or from Byron, MN?", "local"),
        ("@MayoClinic flying in from Portland, Oregon", "national"),
    ],
)
def test_a_town_in_the_text_is_kept_apart_from_where_its_author_is(text: str, tier: str) -> None:
    found = mention(text)
    assert found.mentioned_tier == tier
    assert (found.tier, found.evidence) == ("national", "profile"), "from Fargo, whatever the text names"


def a_post(at: int, id_at: int = -1, answers_at: int = -1) -> Post:
    return msgspec.structs.replace(POST, at=at, id_at=id_at, answers_at=answers_at)


@pytest.mark.parametrize(
    ("id_at", "asked"), [(AT, AT), (AT - 3600, AT - 3600), (AT - 3601, -1), (AT + 3601, -1), (-1, -1)]
)
def test_a_question_is_asked_when_its_id_says_if_that_can_be(id_at: int, asked: int) -> None:
    assert asked_at(a_post(AT, id_at=id_at), own=False) == asked


WAITS = 72 * 3600


@pytest.mark.parametrize(
    ("answers_at", "asked"),
    [(AT - 60, AT - 60), (AT - WAITS, AT - WAITS), (AT - WAITS - 3601, -1), (AT + 3601, -1), (10**11, -1), (-1, -1)],
)
def test_an_answer_finds_its_question_within_the_time_that_one_waits(answers_at: int, asked: int) -> None:
    assert asked_at(a_post(AT, answers_at=answers_at), own=True) == asked
