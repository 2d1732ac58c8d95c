"""A line of X becomes an envelope with its bytes untouched, a dead letter with a reason, or nothing; never an error."""

import json
import logging

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.ingest.records import DEAD_RAW_BYTES, Record
from agents.ingest.x.intake import Intake
from agents.ingest.x.lines import message_of
from streams.kafka.topics import MAX_RECORD_BYTES
from streams.records import DeadLetter, Envelope, decode_dead_letter
from streams.snowflake import first_id

NOW = 1_790_000_000.25
MAX_BYTES = 100_000

NAMES = st.sampled_from(["data", "id", "errors", "matching_rules", "tag", "title", "x"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


def take(line: bytes, max_bytes: int = MAX_BYTES) -> Record | None:
    return Intake(max_bytes, lambda: NOW).take(line)


def envelope(line: bytes) -> Envelope:
    record = take(line)
    assert record is not None
    assert record.topic == "posts"
    found = msgspec.json.decode(record.value, type=Envelope)
    assert record.key == found.id.encode()
    return found


def dead(line: bytes, max_bytes: int = MAX_BYTES) -> DeadLetter:
    record = take(line, max_bytes)
    assert record is not None
    assert record.topic == "dead-letters"
    return decode_dead_letter(record.value)


def test_an_envelope_holds_the_line_byte_for_byte() -> None:
    # Blanks, an escape, an order and a number that no encoder would choose.
    line = (
        b'{ "matching_rules":[{"id":7,"tag":"hospitals:1"}],"data" : {"text":"\\u0041 \xc3\xa9","id":"12", "n":1.50}}'
    )
    found = envelope(line)
    assert bytes(found.payload) == line
    assert (found.source, found.id, found.origin, found.received_at) == ("x", "12", "stream", 1_790_000_000_250)
    assert found.rules == ("hospitals:1",)


@pytest.mark.parametrize(
    ("rules", "tags"),
    [
        ('[{"id":"1","tag":"a"},{"id":2,"tag":"b"}]', ("a", "b")),
        ('[{"id":"1"}]', ()),
        ('[{"id":"1","tag":null},{"id":"2","tag":"b"}]', ("b",)),
        ("null", ()),
        ("[]", ()),
        ('"of a shape to come"', ()),
    ],
)
def test_a_post_is_a_post_however_its_rules_are_given(rules: str, tags: tuple[str, ...]) -> None:
    assert envelope(f'{{"data":{{"id":"1","text":"t"}},"matching_rules":{rules}}}'.encode()).rules == tags
    assert envelope(b'{"data":{"id":"1","text":"t"}}').rules == ()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"data":{"id":"1","te', "not_json"),
        (b'{"data":{"id":"1"}} and more', "not_json"),
        (b'{"data":{"id":"1","text":"\xff\xfe"}}', "not_json"),
        (b"<html>502</html>", "not_json"),
        (b'{"x":' + b"[" * 50_000, "not_json"),
        (b"null", "wrong_shape"),
        (b"[]", "wrong_shape"),
        (b'"post"', "wrong_shape"),
        (b'{"data":[{"id":"1","text":"t"}]}', "no_post"),
        (b'{"data":{"id":1.5,"text":"t"}}', "no_post"),
        (b'{"data":{"id":true,"text":"t"}}', "no_post"),
        (b'{"data":{"id":-1,"text":"t"}}', "no_post"),
        (b'{"data":{"id":"one","text":"t"}}', "no_post"),
        (b'{"data":{"id":"abc; x","text":"t"}}', "no_post"),
        (b'{"data":{"id":"","text":"t"}}', "no_post"),
        (b'{"data":{"id":"123456789012345678901","text":"t"}}', "no_post"),
        ('{"data":{"id":"١٢","text":"t"}}'.encode(), "no_post"),
        (b'{"data":{"id":"1"}}', "no_post"),
        (b'{"data":{"id":"1","text":""}}', "no_post"),
        (b'{"data":{"id":"1","text":" \\n"}}', "no_post"),
        (b'{"data":{"id":"1","text":null}}', "no_post"),
        (
            b'{"data":{"id":"1","text":["more than sixty-four bytes, and yet it is no string, whatever it says"]}}',
            "no_post",
        ),
        (b'{"data":{"id":"1","text":null,"note_tweet":{"text":7}}}', "no_post"),
        (b'{"data":{"id":"9","name":"nurses","member_count":3}}', "no_post"),
        (b'{"data":{"id":"1","event_type":"MessageCreate","text":"between us"}}', "no_post"),
        (b'{"includes":{}}', "no_post"),
        (b"{}", "no_post"),
        (b'{"data":{"text":"t"},"errors":[]}', "no_post"),
        (b'{"data":{"id":"1","text":"%b"}}' % (b"x" * MAX_BYTES), "too_large"),
        # The line fits, its envelope does not: whoever reads `posts` goes by the envelope's size.
        (b'{"data":{"id":"1","text":"%b"}}' % (b"x" * (MAX_BYTES - 40)), "too_large"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_line_that_is_no_post_is_dead_with_its_reason_and_its_bytes(line: bytes, reason: str) -> None:
    letter = dead(line)
    assert letter.reason == reason
    assert (letter.where, letter.source, letter.at, letter.size) == ("ingest", "x", 1_790_000_000_250, len(line))
    assert letter.raw == line


def test_an_id_may_be_a_number() -> None:
    assert envelope(b'{"data":{"id":12,"text":"t"}}').id == "12"


@pytest.mark.parametrize("text", ["null", "7", '""', '{"a":"b"}'])
def test_a_long_post_may_have_its_text_beside_it(text: str) -> None:
    assert envelope(b'{"data":{"id":"12","text":%b,"note_tweet":{"text":"all"}}}' % text.encode()).id == "12"


@pytest.mark.parametrize(
    ("spoiled", "found"),
    [
        (rb'"x \ud83d"', "x \ufffd"),
        (rb'"\udc00x"', "\ufffdx"),
        (rb'"\ud83d\ude00"', "\U0001f600"),
        (b"NaN", None),
        (b"-Infinity", None),
        (b'"a\tb"', "a\tb"),
    ],
)
def test_damage_in_one_field_costs_that_field_alone(spoiled: bytes, found: str | None) -> None:
    line = b'{"data":{"id":"12","text":"t","unread":%b}}' % spoiled
    kept = json.loads(bytes(envelope(line).payload))
    assert kept == {"data": {"id": "12", "text": "t", "unread": found}}


def test_a_byte_order_mark_is_dropped() -> None:
    assert (
        bytes(envelope(b'\xef\xbb\xbf{"data" : {"id":"12","text":"t"}}').payload)
        == b'{"data" : {"id":"12","text":"t"}}'
    )


@pytest.mark.parametrize("field", ["edit_history_tweet_ids", "edit_history_post_ids"])
def test_the_versions_of_an_edited_post_share_the_first_ones_id(field: str) -> None:
    assert envelope(b'{"data":{"id":"14","text":"t","%b":["12","13","14"]}}' % field.encode()).id == "12"
    assert envelope(b'{"data":{"id":"12","text":"t","%b":[12]}}' % field.encode()).id == "12"


@pytest.mark.parametrize("history", ["null", "[]", "7", '{"a":1}', '["x"]', "[null]"])
def test_a_history_that_cannot_be_read_leaves_a_post_its_own_id(history: str) -> None:
    assert envelope(b'{"data":{"id":"14","text":"t","edit_history_tweet_ids":%b}}' % history.encode()).id == "14"


def test_a_dead_letter_of_any_size_fits_a_record() -> None:
    record = take(b"x" * 20_000_000)
    assert record is not None
    assert len(record.value) + len(record.key) < MAX_RECORD_BYTES
    letter = decode_dead_letter(record.value)
    assert (letter.size, len(letter.raw)) == (20_000_000, DEAD_RAW_BYTES)


def test_copies_of_a_dead_line_share_a_key() -> None:
    first, copy, other = take(b"null"), take(b"null"), take(b"[]")
    assert first is not None
    assert copy is not None
    assert other is not None
    assert first.key == copy.key != other.key


def test_a_notice_of_x_is_neither_a_post_nor_dead(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    intake = Intake(MAX_BYTES)
    assert intake.take(b'{"errors":[{"title":"operational-disconnect","disconnect_type":"X"}]}') is None
    assert intake.take(b'{"errors":[{"title":"about @someone: 1"}]}') is None
    assert intake.take(b'{"errors":{"of":"another shape"}}') is None
    assert (intake.lines, intake.notices, intake.posts, intake.dead) == (3, 3, 0, 0)
    assert caplog.messages == ["X says: operational-disconnect", *["X says: an error without a title"] * 2]


def test_a_post_with_partial_errors_is_a_post() -> None:
    assert envelope(b'{"data":{"id":"1","text":"t"},"errors":[{"title":"Not Found Error"}]}').id == "1"


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value, ensure_ascii=False).encode(errors="replace")))
def test_no_line_raises_and_each_is_counted_once(line: bytes) -> None:
    intake = Intake(MAX_BYTES, lambda: NOW)
    record = intake.take(line)
    assert intake.lines == intake.posts + intake.dead + intake.notices == 1
    if record is None:
        assert intake.notices == 1
    elif record.topic == "posts":
        assert bytes(msgspec.json.decode(record.value, type=Envelope).payload) == line.strip()
    else:
        assert decode_dead_letter(record.value).raw == line


@pytest.mark.parametrize(
    ("data", "lag"),
    [
        ({}, 0.0),
        ({"id": str(first_id(1_790_000_000_250 - 1500))}, 1.5),
        # An edit comes late for its first version, and not for itself.
        ({"id": str(first_id(1_790_000_000_250 - 500)), "edit_history_tweet_ids": ["1"]}, 0.5),
        ({"id": "none", "edit_history_tweet_ids": ["1"]}, 0.0),
    ],
)
def test_how_late_a_post_comes_is_told_by_its_id(data: dict[str, object], lag: float) -> None:
    intake = Intake(MAX_BYTES, lambda: NOW)
    intake.take(json.dumps({"data": {"text": "t", **data}}).encode())
    assert intake.delivery_lag == pytest.approx(lag)


IDS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.sampled_from(["12", "x", ""])
FOUND = st.fixed_dictionaries(
    {},
    optional={
        "id": IDS,
        "edit_history_tweet_ids": IDS | st.lists(IDS, max_size=3),
        "edit_history_post_ids": IDS | st.lists(IDS, max_size=3),
        "text": st.text(max_size=40),
    },
)


@given(st.lists(FOUND | JSON, max_size=4))
def test_a_post_that_search_found_becomes_what_its_line_becomes(data: list[object]) -> None:
    page = message_of(json.dumps({"data": data}).encode())
    assert [one.line for one in page.found] == list(page.posts)
    by_line, decoded = Intake(60, lambda: NOW, "search"), Intake(60, lambda: NOW, "search")
    records = [by_line.take(line) for line in page.posts]
    assert [decoded.take_found(one) for one in page.found] == records
    for name in ("lines", "posts", "dead_letters", "post_at", "delivery_lag"):
        assert getattr(decoded, name) == getattr(by_line, name)
