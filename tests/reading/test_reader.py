"""What a post says of each hospital that it is tied to, with all of `reading/` in place."""

import msgspec
import pytest

from streams.directory import load
from streams.reading.reader import Reader
from streams.records import Envelope, Mention, Withdrawal, encode_json
from tests.payloads import a_payload, as_json

READER = Reader(load(), max_bytes=100_000)
AT = 1_760_000_000_000


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
