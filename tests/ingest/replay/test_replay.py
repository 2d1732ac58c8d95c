"""A capture, however untidy, is read whole: every line is accounted for; a post takes the road of a live one."""

import gzip
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zstandard
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from agents.cli import main
from agents.ingest.records import Record
from agents.ingest.replay.capture import Capture
from agents.ingest.replay.player import Pace, Summary, play
from agents.ingest.x.intake import Intake
from agents.ingest.x.lines import message_of
from agents.kafka.stored import read
from streams.kafka import topics as kafka_topics
from streams.reading.x import XEnvelope, post_of
from streams.settings import Settings, environment
from tests.payloads import a_payload, as_json

LIMIT = 900_000

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
UNTIDY = [
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


class Kept:
    """A sink that keeps what it is given."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    def publish(self, record: Record) -> bool:
        self.records.append(record)
        return True


def played(lines: list[bytes]) -> tuple[Summary, list[Record]]:
    kept = Kept()
    summary = play(lines, Intake(LIMIT, origin="replay"), kept, Pace(0, lambda _: False), lambda: False)
    return summary, kept.records


@pytest.mark.parametrize(("line", "kind"), UNTIDY, ids=lambda value: value if isinstance(value, str) else "")
def test_each_line_has_its_kind(line: bytes, kind: str) -> None:
    assert message_of(line).kind == kind


def test_the_summary_adds_up_to_the_lines_read() -> None:
    summary, records = played([line for line, _ in UNTIDY])
    assert summary.lines == len(UNTIDY)
    assert summary.in_pages == 3
    assert (summary.posts, summary.dead_letters) == (7, {"no_post": 1, "not_json": 2, "wrong_shape": 1})
    assert summary.adds_up()
    assert len(records) == summary.posts + sum(summary.dead_letters.values())


def test_a_replayed_post_says_that_it_is_one_and_is_otherwise_the_line_itself() -> None:
    line = as_json(a_payload())
    envelope = json.loads(played([line])[1][0].value)
    assert envelope["origin"] == "replay"
    assert envelope["payload"] == json.loads(line)


def post_in(line: bytes) -> Any:
    (record,) = played([line])[1]
    return post_of(msgspec.json.decode(record.value, type=XEnvelope).payload)


def test_a_tweet_of_the_old_api_reads_like_one_of_the_new() -> None:
    post = post_in(as_json(V1))
    assert (post.id, post.at, post.text) == ("1900000000000000002", 1_760_000_000, "@MayoClinic the parking is a maze")
    assert (post.author_id, post.author_handle, post.author_location) == ("8", "other", "Moorhead, MN")
    assert (post.mentions, post.reply_to, post.reply_to_author) == (("mayoclinic",), "1900000000000000001", "14592723")
    assert (post.geo_name, post.coordinates) == ("Moorhead, MN", (46.87, -96.76))


def test_an_old_retweet_is_still_a_repost() -> None:
    assert post_in(as_json({**V1, "retweeted_status": {"id_str": "5"}})).repost


def test_the_posts_of_a_page_carry_their_own_authors_and_places() -> None:
    first, second = (json.loads(line) for line in message_of(as_json(PAGE)).posts[:2])
    assert [user["username"] for user in first["includes"]["users"]] == ["a"]
    assert first["includes"]["places"] == []
    assert second["includes"]["places"] == PAGE["includes"]["places"]  # type: ignore[index] # a dict as written above


def test_a_flattened_post_keeps_its_author_and_place() -> None:
    post = post_in(as_json(FLAT))
    assert (post.author_handle, post.author_location, post.geo_name) == ("a", "Fargo, ND", "Fargo, ND")


@given(
    st.one_of(
        st.binary(max_size=300),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=8),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(
                        ["data", "id", "id_str", "text", "user", "includes", "users", "errors", "geo", "place"]
                    ),
                    inner,
                    max_size=4,
                )
            ),
            max_leaves=12,
        ).map(as_json),
    )
)
def test_no_line_raises_and_every_line_is_accounted_for(line: bytes) -> None:
    summary, records = played([line])
    assert summary.lines == 1
    assert summary.adds_up()
    assert len(records) == summary.posts + sum(summary.dead_letters.values())


def test_posts_come_at_the_recorded_pace_times_the_speed() -> None:
    waits: list[float] = []

    def wait(seconds: float) -> bool:
        waits.append(round(seconds, 3))
        return False

    pace = Pace(4, wait, clock=lambda: 0.0)
    for second in ("00", "10", "05", "20"):
        pace.keep(f"2025-10-09T08:00:{second}.000Z")
    pace.keep("no time")
    assert waits == [2.5, 1.25, 5.0], "of ten, five and twenty seconds a quarter each"


@pytest.mark.parametrize("form", ["plain", "gzip", "zstd", "two gzip parts"])
def test_a_file_is_known_by_its_first_bytes(form: str, tmp_path: Path) -> None:
    lines = [line.rstrip(b"\r") for line, _ in UNTIDY]
    whole = b"\r\n".join(lines)
    half = whole.index(b"\n") + 1
    packed = {
        "plain": whole,
        "gzip": gzip.compress(whole),
        "zstd": zstandard.ZstdCompressor().compress(whole),
        "two gzip parts": gzip.compress(whole[:half]) + gzip.compress(whole[half:]),
    }[form]
    (tmp_path / "capture").write_bytes(packed)
    with Capture(tmp_path / "capture") as capture:
        assert list(capture) == lines
        assert not capture.cut_off


def test_a_cut_gzip_file_gives_what_is_there_and_says_so(tmp_path: Path) -> None:
    whole = b"".join(b'{"n":%d}\n' % number for number in range(50_000))
    (tmp_path / "capture.gz").write_bytes(gzip.compress(whole)[:-40_000])
    with Capture(tmp_path / "capture.gz") as capture:
        found = b"\n".join(capture)
    assert capture.cut_off
    assert len(found) > 1000
    assert whole.startswith(found)


def run(settings: Settings, *arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["replay", *arguments], env=environment(settings))
    return done.exit_code, done.output


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    path = tmp_path / "capture.jsonl"
    path.write_bytes(b"\n".join(line for line, _ in UNTIDY))
    return path


@pytest.mark.kafka
def test_a_file_goes_to_kafka_and_the_end_says_what_was_in_it(pipeline_settings: Settings, capture: Path) -> None:
    code, output = run(pipeline_settings, str(capture), "--json")
    assert code == 0, output
    told = json.loads(output)
    assert (told["lines"], told["posts"], told["not_taken"]) == (len(UNTIDY), 7, 0)
    stored = [record.key for record in read(pipeline_settings, kafka_topics.posts(pipeline_settings))]
    assert len(stored) == told["posts"]
    letters = list(read(pipeline_settings, kafka_topics.dead_letters(pipeline_settings)))
    assert len(letters) == sum(told["dead_letters"].values())


def test_to_nowhere_it_says_what_the_directory_would_have_of_it(capture: Path) -> None:
    done = CliRunner().invoke(main, ["replay", str(capture), "--to", "nowhere", "--json"])
    told = json.loads(done.output)
    assert (done.exit_code, told["lines"], told["tied"]) == (0, len(UNTIDY), 3)
    assert "240010" in told["hospitals"]


@pytest.mark.parametrize("arguments", [["--speed", "0"], ["--speed", "fast"], ["--to", "x"]])
def test_a_wrong_option_is_refused(arguments: list[str], capture: Path) -> None:
    assert CliRunner().invoke(main, ["replay", str(capture), *arguments]).exit_code == 2


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["replay", str(tmp_path / "none"), "--to", "nowhere"])
    assert (done.exit_code, done.output.count("\n")) == (1, 1)
    assert "cannot be read" in done.output
