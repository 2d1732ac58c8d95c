"""What an event of Bluesky becomes: a post of ours, the end of one, a dead letter, or nothing."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.ingest.bluesky.intake import ACCOUNT_ENDS, Intake
from agents.ingest.bluesky.memory import KEEP_SECONDS, Memory
from agents.ingest.records import Record
from agents.ingest.rules.model import Community, RuleSet
from agents.simulated.jetstream import account, deletion, identity, post
from streams.directory import load
from streams.errors import UserError
from streams.reading.bluesky import post_id, uri_of
from streams.reading.reader import Reader
from streams.records import NEVER_ASKED, decode_dead_letter
from tests.scripted_bluesky import FARGO, FARGO_HANDLE, MAYO, MAYO_HANDLE, OTHER, SOMEONE, directory_folder

NOW = 1_790_000_000.0
MAX_BYTES = 20_000
OURS = post(SOMEONE, "3abc", f"@{FARGO_HANDLE} hello", mentions={FARGO: f"@{FARGO_HANDLE}"})
NOBODYS = post(SOMEONE, "3xyz", "good morning")
ID = post_id(uri_of(SOMEONE, "3abc"))


def frame(event: object, time_us: int = 1_790_000_000_000_000) -> bytes:
    return json.dumps({**event, "time_us": time_us} if isinstance(event, dict) else event).encode()


class Clock:
    now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> RuleSet:
    hospitals = load(directory_folder(tmp_path_factory.mktemp("directory")))
    return RuleSet.of(hospitals, "2026-11-24", (Community("measles", keywords=("measles",), languages=("en",)),))


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    return Reader(load(directory_folder(tmp_path_factory.mktemp("directory"))), MAX_BYTES)


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    found = Memory(tmp_path / "bluesky.db")
    yield found
    found.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def intake(wanted: RuleSet, memory: Memory, clock: Clock) -> Intake:
    return Intake(MAX_BYTES, wanted, memory, clock)


def take(intake: Intake, event: object) -> list[Any]:
    """What an event became, as values; of dead letters the reason."""
    return [_value(record) for record in intake.take(frame(event))]


def _value(record: Record) -> Any:
    if record.topic == "dead-letters":
        return decode_dead_letter(record.value).reason
    value = msgspec.json.decode(record.value)
    assert record.key.decode() == value["id"]
    return value


def test_a_post_of_ours_is_an_envelope_with_its_bytes_untouched(intake: Intake) -> None:
    line = b'{ "time_us" : 5, ' + frame(OURS)[1:]
    (record,) = intake.take(line)
    assert (record.topic, record.key) == ("posts", ID.encode())
    assert record.value.startswith(b'{"source":"bluesky","id":"' + ID.encode())
    assert line in record.value
    value = msgspec.json.decode(record.value)
    assert (value["origin"], value["received_at"]) == ("stream", int(NOW * 1000))
    assert value["rules"] == ["hospitals:350070"]


@pytest.mark.parametrize(
    ("event", "tags"),
    [
        (post(FARGO, "3a", "we are open"), ["hospitals:350070"]),
        (post(SOMEONE, "3a", "really?", reply_to=uri_of(FARGO, "3p")), ["hospitals:350070"]),
        (post(SOMEONE, "3a", f"@{MAYO_HANDLE}", mentions={MAYO: f"@{MAYO_HANDLE}"}), ["hospitals:240010"]),
        (post(SOMEONE, "3a", "Measles in Fargo"), ["community:measles"]),
        (post(SOMEONE, "3a", "Measles in Fargo", langs=["de"]), None),
        (NOBODYS, None),
        (post(SOMEONE, "3a", f"@{FARGO_HANDLE}"), None),
        ({**OURS, "commit": {**OURS["commit"], "collection": "app.bsky.feed.like"}}, None),
        (identity(FARGO, "new.example.org"), None),
        ({"did": SOMEONE, "kind": "something new"}, None),
    ],
)
def test_posts_are_matched_by_did_handle_and_word(intake: Intake, event: Any, tags: list[str] | None) -> None:
    assert [value["rules"] for value in take(intake, event)] == ([] if tags is None else [tags])
    assert intake.lines["bluesky", "other" if tags is None else "post"] == 1


def test_a_changed_post_keeps_its_id(intake: Intake) -> None:
    changed = post(SOMEONE, "3abc", f"@{FARGO_HANDLE} hi", mentions={FARGO: f"@{FARGO_HANDLE}"}, operation="update")
    assert [value["id"] for event in (OURS, changed) for value in take(intake, event)] == [ID, ID]


def test_a_withdrawal_says_when_the_post_was_written_by_its_key(intake: Intake) -> None:
    key = "3jzfcijpj2z2a"
    take(intake, post(SOMEONE, key, f"@{FARGO_HANDLE} hello", mentions={FARGO: f"@{FARGO_HANDLE}"}))
    assert [one["asked"] for one in take(intake, deletion(SOMEONE, key))] == [1_688_137_381]


def test_a_deleted_post_is_withdrawn_once_and_only_if_it_was_ours(intake: Intake) -> None:
    take(intake, OURS)
    take(intake, NOBODYS)
    assert take(intake, deletion(SOMEONE, "3xyz")) == []
    assert take(intake, deletion(OTHER, "3abc")) == []
    withdrawn = {"source": "withdrawal", "id": ID, "received_at": int(NOW * 1000), "why": "delete"}
    assert take(intake, deletion(SOMEONE, "3abc")) == [withdrawn | {"asked": NEVER_ASKED}]
    assert take(intake, deletion(SOMEONE, "3abc")) == []
    assert intake.lines["bluesky", "withdrawal"] == 1


@pytest.mark.parametrize(("status", "why"), ACCOUNT_ENDS.items())
def test_an_account_that_goes_takes_its_posts_along(intake: Intake, status: str, why: str) -> None:
    second = post(SOMEONE, "3def", "and?", reply_to=uri_of(FARGO, "3p"))
    for event in (OURS, second, post(OTHER, "3abc", "hm", reply_to=uri_of(FARGO, "3p"))):
        assert len(take(intake, event)) == 1
    found = take(intake, account(SOMEONE, active=False, status=status))
    assert {(one["id"], one["why"]) for one in found} == {(ID, why), (post_id(uri_of(SOMEONE, "3def")), why)}
    assert take(intake, account(SOMEONE, active=False, status=status)) == []


@pytest.mark.parametrize("status", ["throttled", "desynchronized", "", "something new"])
def test_other_news_of_an_account_takes_nothing_back(intake: Intake, status: str) -> None:
    take(intake, OURS)
    assert take(intake, account(SOMEONE, active=False, status=status)) == []
    assert take(intake, account(SOMEONE, active=True, status="deleted")) == []
    assert len(take(intake, deletion(SOMEONE, "3abc"))) == 1


def test_the_memory_outlives_a_restart_and_holds_no_name(wanted: RuleSet, tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    before = Memory(path)
    take(Intake(MAX_BYTES, wanted, before, Clock()), OURS)
    before.save(NOW)
    take(Intake(MAX_BYTES, wanted, before, Clock()), post(FARGO, "3later", "not saved"))
    before.close()
    assert b"did:" not in path.read_bytes()
    assert b"hello" not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    after = Memory(path)
    assert after.posts == 1
    assert len(take(Intake(MAX_BYTES, wanted, after, Clock()), account(SOMEONE, active=False, status="deleted"))) == 1
    after.close()


def test_the_memory_is_bounded_in_time_and_size(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "memory.db", most=2)
    memory.add("old", SOMEONE, NOW - KEEP_SECONDS - 1)
    for number in range(4):
        memory.add(f"b{number}", SOMEONE, NOW + number)
    memory.add("b3", SOMEONE, NOW + 3)
    assert memory.posts == 5
    memory.save(NOW + 4)
    assert memory.posts == 2
    assert memory.take_all(SOMEONE) == ("b2", "b3")
    assert memory.posts == 0
    memory.close()


def test_a_memory_that_cannot_be_used_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    path.write_bytes(b"something else, of a good length, that is no base" * 100)
    with pytest.raises(UserError, match=r"memory\.db cannot be used"):
        Memory(path)
    path.unlink()
    memory = Memory(path)
    sqlite3.connect(path).execute("DROP TABLE accepted").connection.close()
    with pytest.raises(UserError, match=r"memory\.db cannot be used"):
        memory.add("b1", SOMEONE, NOW)
    memory.close()


BROKEN = json.loads(frame(OURS))
BROKEN["commit"]["record"]["text"] = 5


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"did":"did:plc:some', "not_json"),
        (b"\xff\xfe", "not_json"),
        (b"", "not_json"),
        (b'{"did":"\xff"}', "not_json"),
        (b'{"x":' + b"[" * 100_000, "not_json"),
        (json.dumps(BROKEN).encode(), "no_post"),
        (json.dumps({"did": FARGO, "time_us": "never"}).encode(), "wrong_shape"),
        (frame(post(FARGO, "", "no key")), "no_post"),
        (frame({"did": FARGO, "commit": {"operation": "create", "collection": "app.bsky.feed.post", "rkey": "3a"}}),
         "no_post"),
        (frame(post(FARGO, "3a", "x" * MAX_BYTES)), "too_large"),
        (b"null", None),
        (b"7", None),
        (frame(post(SOMEONE, "3a", "x" * MAX_BYTES)), None),
        (json.dumps({**BROKEN, "commit": {**BROKEN["commit"], "record": {"text": 5}}}).encode(), None),
    ],
    ids=[
        "cut off", "no UTF-8", "empty", "no UTF-8 within", "too deep", "no text", "no commit", "no key", "no record",
        "too large", "null", "a number", "another's, too large", "another's, no text",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_dead_if_it_is_no_json_or_names_us(
    intake: Intake, line: bytes, reason: str | None
) -> None:
    records = intake.take(line)
    if reason is None:
        assert records == ()
        assert intake.lines["bluesky", "other"] == 1
        return
    (record,) = records
    assert record.topic == "dead-letters"
    letter = decode_dead_letter(record.value)
    assert (letter.reason, letter.source, letter.where, letter.raw) == (reason, "bluesky", "ingest", line)
    assert intake.lines["bluesky", "dead"] == intake.dead_letters["ingest", reason] == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [("createdAt", 1_795_168_800_000), ("langs", "en"), ("tags", [7]), ("embed", "x"), ("reply", []), ("facets", {})],
)
def test_a_wrong_field_of_a_post_for_us_costs_that_field_alone(intake: Intake, field: str, value: object) -> None:
    event = json.loads(frame(OURS))
    if field != "facets":
        event["commit"]["record"][field] = value
    else:  # it is the facets that name us
        event["commit"]["record"]["facets"].insert(0, {"index": {}, "features": "of an unknown kind"})
    (record,) = intake.take(json.dumps(event).encode())
    assert record.topic == "posts"


def test_half_an_emoji_costs_no_post(intake: Intake, reader: Reader) -> None:
    line = frame(OURS).replace(b'"text":"', rb'"text":"\ud83d ').replace(b'"text": "', rb'"text": "\ud83d ')
    (record,) = intake.take(line)
    assert record.topic == "posts"
    assert record.key.decode() == reader.decode(record.value).id


def test_a_reply_further_down_and_a_quote_are_heard(intake: Intake) -> None:
    deep = post(SOMEONE, "3b", "same here", reply_to=uri_of(SOMEONE, "3parent"))
    deep["commit"]["record"]["reply"]["root"] = {"uri": uri_of(FARGO, "3root"), "cid": "x"}
    quote = post(SOMEONE, "3c", "look at this")
    quote["commit"]["record"]["embed"] = {"record": {"uri": uri_of(FARGO, "3root"), "cid": "x"}}
    assert [record.topic for event in (deep, quote) for record in intake.take(frame(event))] == ["posts", "posts"]


def test_the_time_of_an_event_is_told_whatever_it_is(intake: Intake) -> None:
    for event in (NOBODYS, OURS, deletion(SOMEONE, "3q"), BROKEN, {"kind": "new"}):
        intake.take(frame(event, 17))
        assert intake.at_us == 17
    intake.take(b"null")
    assert intake.at_us == 0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from([FARGO, "create"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
COMMIT = st.dictionaries(
    st.sampled_from(["operation", "collection", "rkey", "record", "rev"]),
    JSON | st.sampled_from(["create", "update", "delete", "app.bsky.feed.post", {"text": "measles", "langs": ["en"]}]),
)
EVENT = st.dictionaries(
    st.sampled_from(["did", "time_us", "kind", "commit", "account"]),
    JSON | COMMIT | st.fixed_dictionaries({"active": JSON, "status": JSON}),
).map(lambda event: json.dumps(event).encode())


def cut(line: bytes) -> st.SearchStrategy[bytes]:
    return st.integers(0, len(line)).map(lambda size: line[:size])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200) | EVENT | JSON.map(lambda one: json.dumps(one).encode()) | cut(frame(OURS)))
def test_no_bytes_raise_and_what_is_taken_for_a_post_can_be_read(intake: Intake, reader: Reader, line: bytes) -> None:
    before = sum(intake.lines.values())
    for record in intake.take(line):
        if record.topic == "posts":
            assert record.key.decode() == reader.decode(record.value).id
    assert sum(intake.lines.values()) == before + 1
