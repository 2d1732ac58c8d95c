"""What X takes back reaches all that keeps a post's id, and changes no count."""

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.ingest.publisher import KafkaConnection
from agents.ingest.x.compliance.events import Event, about_accounts, event_of, withdrawals
from agents.kafka.stored import read
from agents.operations.attention import waiting
from agents.simulated.posts import snowflake
from streams.kafka import topics as kafka_topics
from streams.records import Attention, encode_json
from streams.settings import Settings
from streams.vocabulary import ComplianceKind
from tests.commands import earshot

LINES: list[tuple[object, Event]] = [
    ({"data": {"delete": {"tweet": {"id": "5", "author_id": "7"}, "event_at": "2025-10-09T08:53:20.000Z"}}},
     Event("withdrawn", "5", "delete")),
    ({"data": {"drop": {"post": {"id": 6}}}}, Event("withdrawn", "6", "drop")),
    ({"data": {"withheld": {"tweet": {"id": "8"}, "withheld_in_countries": ["DE"]}}},
     Event("withdrawn", "8", "withheld")),
    ({"id": "9", "action": "delete", "created_at": "2025-10-09T08:53:20.000Z", "reason": "suspended"},
     Event("withdrawn", "9", "suspended")),
    ({"id": "10", "action": "delete", "reason": "deleted"}, Event("withdrawn", "10", "delete")),
    ({"id": "11", "action": "delete", "reason": "a new one"}, Event("withdrawn", "11", "delete")),
    ({"data": {"undrop": {"tweet": {"id": "6"}}}}, Event("restored")),
    ({"data": {"tweet_edit": {"tweet": {"id": "6"}, "initial_tweet_id": "5"}}}, Event("edited")),
    ({"data": {"user_delete": {"user": {"id": "7"}}}}, Event("account", "", "deactivated", 7)),
    ({"data": {"user_protect": {"user": {"id": 7}, "event_at": "soon"}}}, Event("account", "", "protected", 7)),
    ({"data": {"user_suspend": {"user": {"id": "7"}, "event_at": None}}}, Event("account", "", "suspended", 7)),
    ({"data": {"user_withheld": {"user": {"id": "7"}, "withheld_in_countries": ["DE"]}}},
     Event("account", "", "withheld", 7)),
    ({"data": {"scrub_geo": {"user": {"id": "7"}, "up_to_tweet_id": "9"}}}, Event("account", "", "scrub_geo", 7, 9)),
    ({"data": {"scrub_geo": {"user": {"id": "7"}}}}, Event("unreadable")),
    ({"data": {"user_protect": {"user": {"id": "seven"}}}}, Event("unreadable")),
    ({"data": {"user_suspend": "7"}}, Event("unreadable")),
    ({"data": {"user_unprotect": {"user": {"id": "7"}}}}, Event("restored")),
    ({"data": {"user_profile_modification": {"user": {"id": "7"}, "new_value": "a name"}}}, Event("profile")),
    ({"data": {"delete": {"tweet": {"id": "5; drop table"}}}}, Event("unreadable")),
    ({"meta": {}}, Event("other")),
]  # fmt: skip


@pytest.mark.parametrize(("line", "event"), LINES)
def test_each_form_is_read(line: object, event: Event) -> None:
    assert event_of(json.dumps(line).encode()) == event


def test_what_an_account_wrote_after_it_came_back_is_not_meant() -> None:
    line = {"data": {"user_protect": {"user": {"id": "7"}, "event_at": "2026-11-24T08:53:20.000Z"}}}
    at = 1_795_510_400_000  # the same, ms
    up_to = event_of(json.dumps(line).encode()).up_to
    assert int(snowflake(at + 59_999, 0)) < up_to < int(snowflake(at + 61_000, 0))


def results(*lines: tuple[str, str, str]) -> list[bytes]:
    return [
        json.dumps({"id": id, "action": "delete", "created_at": made, "reason": why}).encode()
        for id, made, why in lines
    ]


NEW_ID = snowflake(1_795_510_400_000, 0)
NEW_AT = "2026-11-24T08:53:20.000Z"


@pytest.mark.parametrize(
    ("lines", "about"),
    [
        (results(("800000001", "2012-02-03T10:00:00+00:00", "protected")), True),
        (results((NEW_ID, NEW_AT, "suspended"), ("70", "2012-02-03T10:00:00.000Z", "deleted")), True),
        (results((NEW_ID, "2014-11-24T08:53:20.000Z", "suspended")), True),
        (results((NEW_ID, NEW_AT, "deleted")), False),
        (results((NEW_ID, NEW_AT, "deleted"), ("5000000000", "2009-11-24T08:53:20.000Z", "deleted")), False),
        ([*results(("800000001", "2012-02-03T10:00:00+00:00", "protected")), b'{"id":"1","action":"delete"}'], False),
        ([b"", b"{"], False),
        ([], False),
    ],
)
def test_a_result_about_accounts_is_known_by_ids_that_are_no_posts(lines: list[bytes], about: bool) -> None:
    assert about_accounts(lines) is about


def test_a_result_about_accounts_withdraws_no_posts_with_their_ids() -> None:
    accounts: list[Event] = []
    counts: Counter[ComplianceKind] = Counter()
    lines = results(
        ("800000001", "2012-02-03T10:00:00+00:00", "protected"), (NEW_ID, NEW_AT, "suspended"),
        ("70", "2012-02-03T10:00:00.000Z", "deleted"),
    )  # fmt: skip
    assert list(withdrawals(lines, counts, accounts.append)) == []
    assert [(one.author, one.why) for one in accounts] == [
        (800_000_001, "protected"), (int(NEW_ID), "suspended"), (70, "deactivated"),
    ]  # fmt: skip
    assert counts["account"] == 3
    told = withdrawals(lines, counts, accounts.append, accounts=False)
    assert [one.key for one in told] == [b"800000001", NEW_ID.encode(), b"70"], "if somebody says so"


ANYTHING = st.dictionaries(
    st.sampled_from(["data", "id", "action", "delete", "user_protect", "scrub_geo"]),
    st.none()
    | st.integers()
    | st.text()
    | st.dictionaries(
        st.sampled_from(["user", "tweet", "event_at", "up_to_tweet_id"]),
        st.none() | st.integers() | st.text() | st.datetimes().map(str) | st.just({"id": "7"}),
    ),
).map(lambda one: json.dumps(one).encode())


@given(st.binary(max_size=100) | ANYTHING)
def test_no_line_raises(line: bytes) -> None:
    assert event_of(line).kind


@pytest.mark.kafka
def test_a_file_is_applied_to_posts_and_what_was_withdrawn_waits_no_more(
    pipeline_settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "result.jsonl"
    file.write_text("\n".join(json.dumps(line) for line, _ in LINES) + "\n\n{", encoding="utf-8")
    done = earshot(pipeline_settings, "compliance", "apply", str(file), "--json")
    assert done.exit_code == 1, "some lines are unreadable"
    told = json.loads(done.output)
    assert (told["lines"], told["withdrawn"], told["account"], told["unreadable"]) == (22, 6, 5, 5)
    assert told.pop("posts_of_accounts") == 0
    assert told.pop("lines") == sum(told.values())
    stored = [json.loads(one.value or b"") for one in read(pipeline_settings, kafka_topics.posts(pipeline_settings))]
    assert {one["source"] for one in stored} == {"withdrawal"}
    assert {one["id"] for one in stored} == {"5", "6", "8", "9", "10", "11"}


@pytest.mark.kafka
def test_a_withdrawn_post_leaves_the_queue(pipeline_settings: Settings) -> None:
    records = [
        Attention("5", 1, "240010", "crisis"),
        Attention("6", 2, "240010", "safety"),
        Attention("5", 3, "", "withdrawn"),
    ]
    connection = KafkaConnection(pipeline_settings)
    producer = connection.open()
    try:
        for one in records:
            producer.send(kafka_topics.attention(pipeline_settings), key=b"240010", value=encode_json(one)).get(20)
    finally:
        connection.discard(producer)
    assert [one.post for one in waiting(pipeline_settings)] == ["6"]
