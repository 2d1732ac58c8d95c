"""What was written while nobody listened is on `posts` in the end, within what the month allows."""

import json
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
import tweepy

from agents.ingest.rules.model import RuleSet
from agents.ingest.x import catch_up
from agents.ingest.x.catch_up import CatchUp, Gap, Search
from agents.ingest.x.reads import Reads
from agents.ingest.x.rule_text import MAX_QUERY_CHARS, queries
from agents.simulated.post_view import Seen
from agents.simulated.stream_rules import parse
from agents.simulated.thread import Running
from streams import directory
from streams.kafka import topics as kafka_topics
from streams.settings import Settings
from tests.http_answers import response
from tests.running_ingest import TOKEN, count, listening, pointed_at, shipped_rules, simulated, stored
from tests.waiting import wait_until

WANTED = [parse(rule.value) for rule in shipped_rules()]
NOVEMBER = 1_794_000_000.0
"""2026-11-06T21:20:00Z, in seconds since the epoch."""


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """X may be asked about what is half a second old; the simulated one answers that."""
    for name in ("SETTLED_SECONDS", "RETRY_SECONDS"):
        monkeypatch.setattr(catch_up, name, 0.5)
    monkeypatch.setattr(catch_up, "AFTER_SECONDS", 2)


def written(running: Running) -> set[str]:
    """Ids (of edits: of their first versions) of the posts that the rules would have brought."""
    posts = list(running.x.history.newest_first())
    return {post.first for post in posts if any(matches(post.seen) for matches in WANTED)}


def on_posts(settings: Settings) -> dict[str, set[str]]:
    """Post id -> origins. Reads all of `posts`, in the process in which ingest works: do not ask without a pause."""
    found: dict[str, set[str]] = {}
    for key, value in stored(settings, kafka_topics.posts(settings)):
        found.setdefault(key.decode(), set()).add(json.loads(value)["origin"])
    return found


@pytest.mark.kafka
@pytest.mark.usefixtures("_quick")
def test_what_was_written_while_ingest_was_away_is_found_by_search(pipeline_settings: Settings, tmp_path: Path) -> None:
    with simulated(rate=150, count=900, live=True, search_delay=0) as running:
        settings = pointed_at(pipeline_settings, running.x.url, tmp_path)
        with listening(settings):
            wait_until(lambda: running.x.connected and running.x.made > 150, "posts come")
        away_at = running.x.made
        wait_until(lambda: running.x.made > away_at + 200, "posts are written that nobody hears")
        with listening(settings) as ingest:
            wait_until(lambda: running.x.made >= 900, "all are written")
            expected = written(running)
            wait_until(
                lambda: expected <= on_posts(settings).keys() or not ingest.running, "all are on posts", 60, every=0.5
            )
        found = on_posts(settings)
    assert expected <= found.keys()
    assert sum(origins == {"search"} for origins in found.values()) > 100, "what only search brought"


@pytest.mark.kafka
@pytest.mark.usefixtures("_quick")
def test_a_broken_connection_is_a_gap_too(pipeline_settings: Settings, tmp_path: Path) -> None:
    with simulated(rate=150, count=600, live=True, search_delay=0) as running:
        settings = pointed_at(pipeline_settings, running.x.url, tmp_path)
        with listening(settings) as ingest:
            wait_until(lambda: running.x.connected and running.x.made > 150, "posts come")
            running.call(running.x.reset_stream)
            wait_until(lambda: running.x.made >= 600, "all are written")
            expected = written(running)
            wait_until(
                lambda: expected <= on_posts(settings).keys() or not ingest.running, "all are on posts", 60, every=0.5
            )
    assert expected <= on_posts(settings).keys()


@pytest.mark.kafka
def test_at_the_months_limit_ingest_waits_and_goes_on_in_the_next_month(
    pipeline_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    moved = [0.0]
    real = Reads.__init__

    def later(self: Reads, file: Path, limit: int) -> None:
        real(self, file, limit, lambda: time.time() + moved[0])

    monkeypatch.setattr(Reads, "__init__", later)
    caplog.set_level("ERROR")
    with simulated(rate=300) as running:
        settings = pointed_at(pipeline_settings, running.x.url, tmp_path)

        def on_kafka() -> int:
            return count(settings, kafka_topics.posts(settings))

        with listening(msgspec.structs.replace(settings, x_monthly_reads=50, x_catch_up="off")) as ingest:
            wait_until(lambda: on_kafka() == 50 and not running.x.connected, "it hung up")
            wait_until(lambda: "EARSHOT_X_MONTHLY_READS allows 50" in caplog.text, "it says so")
            assert ingest.running
            moved[0] = 32 * 86_400.0
            wait_until(lambda: on_kafka() == 100, "it listens again in the next month, and counts anew")
            assert ingest.running
    assert ingest.code == 0


class Pages:
    """A search that gives what it is told: responses, or errors to raise."""

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, Gap, str]] = []
        self.closed = False

    def page(self, query: str, gap: Gap, token: str) -> object:
        self.asked.append((query, gap, token))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        self.closed = True


def page(ids: list[int], token: str = "") -> object:
    body = {"data": [{"id": str(one), "text": "t"} for one in ids], "meta": {"next_token": token} if token else {}}
    content = json.dumps(body).encode()
    return SimpleNamespace(content=content, json=lambda: json.loads(content))


def refusal(status: int, **headers: str) -> tweepy.HTTPException:
    return tweepy.HTTPException(response(status, b"{}", **headers))


def searched(pages: Pages, reads: Reads, clock: float = NOVEMBER) -> tuple[CatchUp, list[bytes]]:
    found: list[bytes] = []
    done = threading.Event()
    one = CatchUp(pages, ["q"], lambda post: found.append(post.line), reads, clock=lambda: clock)  # type: ignore[arg-type] # a scripted search
    one.missed(clock - 300, clock - 200)
    one.start()
    try:
        wait_until(lambda: one.oldest is None or done.is_set(), "the gap is searched")
        one.check()
    finally:
        one.stop()
    assert pages.closed, "no connection is left to the garbage collector"
    return one, found


@pytest.mark.usefixtures("_quick")
def test_pages_are_followed_and_refusals_waited_out(tmp_path: Path) -> None:
    soon = str(int(NOVEMBER))
    pages = Pages(page([1, 2], "more"), refusal(429, x_rate_limit_reset=soon), refusal(503), page([3]))
    one, found = searched(pages, Reads(tmp_path / "reads.json", 0, clock=lambda: NOVEMBER))
    assert [json.loads(line)["data"]["id"] for line in found] == ["1", "2", "3"]
    assert [token for _, _, token in pages.asked] == ["", "more", "more", "more"]
    assert pages.asked[0][1] == Gap(NOVEMBER - 360, NOVEMBER - 198), "a minute before, a little after"
    assert (one.posts, one.gaps, one.gap_seconds, one.given_up) == (3, 1, 100.0, 0)


def test_a_search_stops_before_the_months_limit(tmp_path: Path) -> None:
    reads = Reads(tmp_path / "reads.json", 150, clock=lambda: NOVEMBER)
    one, found = searched(Pages(page(list(range(100)), "more")), reads)
    assert (len(found), reads.posts, one.given_up) == (100, 100, 1), "the next page might go over it"


def test_the_months_reads_survive_a_restart_and_end_with_the_month(tmp_path: Path) -> None:
    now = NOVEMBER
    reads = Reads(tmp_path / "reads.json", 1000, clock=lambda: now)
    reads.add(600)
    reads.heard_at = now
    reads.save()
    again = Reads(tmp_path / "reads.json", 1000, clock=lambda: now)
    assert (again.posts, again.heard_at, again.left(400), again.left(401)) == (600, now, True, False)
    assert 2500 < again.projected < 3500, "600 in six days of thirty"
    now += 30 * 86_400
    assert (again.posts, again.left(1000)) == (0, True)


def test_a_damaged_file_is_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "reads.json").write_bytes(b"{")
    assert Reads(tmp_path / "reads.json", 0).posts == 0


def test_queries_hear_whom_the_rules_hear_and_fit_a_search() -> None:
    asked = queries(RuleSet.of(directory.load()))
    assert max(map(len, asked)) <= MAX_QUERY_CHARS
    parsed = [parse(query, MAX_QUERY_CHARS) for query in asked]
    for hospital in directory.load().hospitals:
        for handle in hospital.accounts["x"]:
            for atom in (f"@{handle.handle}", f"to:{handle.handle}", f"from:{handle.handle}"):
                assert any(matches(Seen(frozenset({atom}))) for matches in parsed), atom


def test_x_is_asked_through_tweepy_for_whole_seconds() -> None:
    with simulated(count=0, live=True) as running:
        search = Search(TOKEN, running.x.url)
        answer = search.page("@mayoclinic", Gap(running.x.clock() - 90, running.x.clock() - 40), "")
        search.close()
    assert answer.json() == {"meta": {"result_count": 0}}
