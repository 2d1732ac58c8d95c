"""A capture, however untidy, is read whole: every line is accounted for; a post takes the road of a live one."""

import gzip
import json
from pathlib import Path

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
from agents.kafka.stored import read
from streams.kafka import topics as kafka_topics
from streams.settings import Settings
from tests.commands import earshot
from tests.payloads import a_payload, as_json
from tests.x_lines import UNTIDY

LIMIT = 900_000


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


def test_the_summary_adds_up_to_the_lines_read() -> None:
    summary, records = played([line for line, _ in UNTIDY])
    assert summary.lines == len(UNTIDY)
    assert summary.in_pages == 3
    assert (summary.posts, summary.dead_letters) == (7, {"no_post": 2, "not_json": 2, "wrong_shape": 1})
    assert summary.adds_up()
    assert len(records) == summary.posts + sum(summary.dead_letters.values())


def test_a_replayed_post_says_that_it_is_one_and_is_otherwise_the_line_itself() -> None:
    line = as_json(a_payload())
    envelope = json.loads(played([line])[1][0].value)
    assert envelope["origin"] == "replay"
    assert envelope["payload"] == json.loads(line)


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


@pytest.mark.parametrize(
    ("line", "letters"),
    [
        ({"data": [{"id": "12", "username": "a", "name": "A"}, {"id": "13", "username": "b", "name": "B"}]}, 2),
        ({"data": [{"id": "9", "name": "nurses", "member_count": 3}]}, 1),
        ({"data": {"id": "1"}}, 1),
        ({"id": "12", "username": "a", "name": "A"}, 1),
        ({"id": "abc; x", "text": "@MayoClinic hello"}, 1),
        ({"id_str": "5", "id": 5, "user": {"id_str": "7"}, "full_text": None}, 1),
        ({"data": [{"id": "1", "text": "between us", "event_type": "MessageCreate"}]}, 1),
        ({"id": 5, "rawContent": "", "user": {"id": 7, "username": "a"}}, 1),
        ({"id": 5, "date": "2026-11-20", "user": {"id": 7, "username": "a"}, "words": "of a collector to come"}, 1),
    ],
)
def test_what_is_no_post_is_a_dead_letter_and_never_an_empty_post(line: object, letters: int) -> None:
    summary, records = played([as_json(line)])
    assert (summary.posts, summary.dead_letters) == (0, {"no_post": letters})
    assert len(records) == letters
    assert summary.adds_up()


def test_half_an_emoji_in_a_profile_costs_no_post_of_its_page() -> None:
    page = {
        "data": [{"id": str(number), "text": "@MayoClinic hello", "author_id": "7"} for number in (11, 12, 13)],
        "includes": {"users": [{"id": "7", "username": "a", "location": "Fargo, ND", "description": "nurse HALF"}]},
    }
    line = as_json(page).replace(b"HALF", rb"\ud83d")
    assert played([line])[0].posts == 3
    assert played([b"\xef\xbb\xbf" + as_json(page)])[0].posts == 3
    assert (
        played([as_json({**page, "next": 2**70}).replace(b'"id": "11"', b'"id": "11", "big": %d' % 2**70)])[0].posts
        == 3
    )


def test_a_file_of_another_encoding_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "posts.jsonl").write_text('{"id": "1", "text": "t"}', encoding="utf-16")
    done = CliRunner().invoke(main, ["replay", str(tmp_path / "posts.jsonl"), "--to", "nowhere"])
    assert (done.exit_code, done.output.count("\n")) == (1, 1)
    assert "UTF-16" in done.output


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
    done = earshot(settings, "replay", *arguments)
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


def test_a_file_without_a_post_fails(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no posts\nin here\n")
    done = CliRunner().invoke(main, ["replay", str(tmp_path / "notes.txt"), "--to", "nowhere"])
    assert done.exit_code == 1
    assert "nothing in it could be read as a post" in done.stderr


@pytest.mark.parametrize("arguments", [["--speed", "0"], ["--speed", "fast"], ["--to", "x"]])
def test_a_wrong_option_is_refused(arguments: list[str], capture: Path) -> None:
    assert CliRunner().invoke(main, ["replay", str(capture), *arguments]).exit_code == 2


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["replay", str(tmp_path / "none"), "--to", "nowhere"])
    assert (done.exit_code, done.output.count("\n")) == (1, 1)
    assert "cannot be read" in done.output
