"""The wire form of mentions and tallies is append-only: what an earlier Earshot wrote on Kafka is read by this one."""

import msgspec
import pytest

from streams.records import (
    Mention,
    OpenCommunities,
    OpenTopics,
    Tally,
    decode_mention,
    encode_mention,
    read_mention,
)

MENTION = Mention(
    hospital="240010",
    partition=3,
    offset=7,
    at=1_760_000_000_000,
    hour=488_888,
    relation="mentioned",
    tier="local",
    precision="city",
    evidence="profile",
    confidence=90,
    distance_km=5,
    topics=OpenTopics(("wait_times",), frozenset()),
    intent="complaint",
    addressed=True,
    post="19",
    reply_to="18",
    mentioned_tier="national",
    communities=OpenCommunities(("nurses",), frozenset()),
)
TALLY = Tally(
    hospital="240010",
    partition=3,
    offset=7,
    at=1_760_000_000_000,
    hour=488_888,
    tier="local",
    topics=("oncology",),
    communities=("breast_cancer",),
)
FIRST_FORM = {
    "mention": (
        "dc0013a16da63234303031300307cf00000199c82cc000ce000775b8a96d656e74696f6e6564a56c6f63616ca463697479a770726f66"
        "696c655a0591aa776169745f74696d6573a9636f6d706c61696e74c3a23139a23138a86e6174696f6e616c91a66e7572736573"
    ),
    "tally": (
        "99a174a63234303031300307cf00000199c82cc000ce000775b8a56c6f63616c91a86f6e636f6c6f677991ad6272656173745f63616e"
        "636572"
    ),
}
WITH_CERTAINTY = (
    "dc0017a16da63234303031300307cf00000199c82cc000ce000775b8a96d656e74696f6e6564a56c6f63616ca463697479a770726f66"
    "696c655a0591aa776169745f74696d6573a9636f6d706c61696e74c3a23139a23138a86e6174696f6e616c91a66e7572736573ce68e7"
    "77f6cd1267ce68e750f001"
)
"""As written at version 0.1.0. A form that was once written is never changed here: further ones are added."""


@pytest.mark.parametrize(("form", "record"), [("mention", MENTION), ("tally", TALLY)])
def test_a_record_of_the_first_form_is_read(form: str, record: Mention | Tally) -> None:
    assert decode_mention(bytes.fromhex(FIRST_FORM[form])) == record


def test_a_mention_that_says_which_topics_are_sure_keeps_its_form() -> None:
    record = msgspec.structs.replace(MENTION, written=1_759_999_990, person=4711, asked=1_759_990_000, sure=1)
    assert decode_mention(bytes.fromhex(WITH_CERTAINTY)) == record
    first = msgspec.msgpack.decode(bytes.fromhex(WITH_CERTAINTY))
    assert msgspec.msgpack.decode(encode_mention(record))[: len(first)] == first


@pytest.mark.parametrize("wire", [*FIRST_FORM.values(), WITH_CERTAINTY, encode_mention(MENTION).hex()])
def test_what_only_counts_reads_the_same(wire: str) -> None:
    value = bytes.fromhex(wire)
    assert msgspec.to_builtins(read_mention(value)) == msgspec.to_builtins(decode_mention(value))


@pytest.mark.parametrize(("form", "record"), [("mention", MENTION), ("tally", TALLY)])
def test_todays_form_begins_with_the_first_ones_fields_in_their_order(form: str, record: Mention | Tally) -> None:
    first = msgspec.msgpack.decode(bytes.fromhex(FIRST_FORM[form]))
    assert msgspec.msgpack.decode(encode_mention(record))[: len(first)] == first
