"""What X tells on its compliance streams of a post that is here becomes a withdrawal on `posts`; nothing else does."""

import itertools
import logging
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from agents.ingest.x.compliance import live_streams, post_index
from agents.ingest.x.compliance.events import Event
from agents.ingest.x.compliance.live_streams import ComplianceStream
from agents.ingest.x.compliance.post_index import Generations, PostIndex
from agents.ingest.x.outcome import Outcome
from agents.simulated.thread import Running
from streams.settings import Settings
from streams.vocabulary import WITHDRAWN
from tests.running_ingest import TOKEN, listening, pointed_at, simulated
from tests.waiting import wait_until
from tests.x_compliance import AT, AUTHOR, about, heard, keep, tell, withdrawn


@pytest.fixture
def x() -> Iterator[Running]:
    with simulated(count=0, heartbeat=0.2) as running:
        yield running


def test_what_is_told_of_a_post_that_is_here_is_withdrawn(
    pipeline_settings: Settings, x: Running, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    settings = msgspec.structs.replace(pointed_at(pipeline_settings, x.x.url, tmp_path), x_compliance="stream")
    keep(settings, "100", "101", "102", "103")
    with listening(settings) as ingest:
        wait_until(lambda: len(x.x.compliance.listening) == 8 or not ingest.running, "all partitions are heard")
        tell(x, "tweets", {"delete": about("100")}, 1)
        tell(x, "tweets", {"withheld": {**about("101"), "withheld_in_countries": ["DE"]}}, 2)
        tell(x, "tweets", {"drop": about("102")}, 4)
        tell(x, "tweets", {"tweet_edit": {**about("103"), "initial_tweet_id": "103", "edit_tweet_ids": ["103"]}}, 3)
        tell(x, "tweets", {"delete": about("999")}, 3)
        tell(x, "users", {"user_unprotect": {"user": {"id": AUTHOR}, "event_at": AT}}, 2)
        told = {"100": "delete", "101": "withheld", "102": "drop"}
        wait_until(lambda: withdrawn(settings) == told or not ingest.running, "they are on posts")
        # A post that comes after the word that it is gone.
        keep(settings, "999")
        told["999"] = "delete"
        wait_until(lambda: withdrawn(settings) == told or not ingest.running, "the late one, too")
        assert ingest.running
    assert not [word for word in (AUTHOR, TOKEN) if word in caplog.text]


def test_its_numbers_follow_what_happens(pipeline_settings: Settings, x: Running, tmp_path: Path) -> None:
    settings = pointed_at(pipeline_settings, x.x.url, tmp_path)
    keep(settings, "100")
    with heard(settings) as (source, method):
        assert source.reading()["x_compliance_on"] == {(): 1}
        assert source.reading()["x_compliance_checked_timestamp_seconds"] == {}
        wait_until(lambda: method.caught_up and bool(method.checked_at), "all partitions have sent something")
        assert time.time() - method.checked_at < 5
        before = method.checked_at
        tell(x, "tweets", {"delete": about("100")})
        tell(x, "users", {"user_suspend": {"user": {"id": "7"}, "event_at": AT}})
        wait_until(lambda: method.checked_at > before and source.reading()["x_withdrawals_total"]["delete",] == 1, "it")
        wait_until(lambda: source.reading()["x_compliance_lines_total"]["account",] == 1, "the user's event is counted")
        assert source.reading()["x_withdrawals_total"].keys() == {(why,) for why in WITHDRAWN}
        assert source.healthy
        assert source.report() == "compliance: 1 posts withdrawn"


def test_each_partition_is_one_connection_and_says_how_it_ended(x: Running) -> None:
    first = ComplianceStream("tweets", 1, TOKEN, x.x.url, lambda _: None)
    second = ComplianceStream("tweets", 5, TOKEN, x.x.url, lambda _: None)
    third = ComplianceStream("users", 1, "wrong", x.x.url, lambda _: None)
    try:
        assert second.listen() == Outcome("bad_request", 400)
        assert third.listen() == Outcome("unauthorised", 401)
        first.stop()
        assert first.listen() == Outcome("stopped")
    finally:
        for stream in (first, second, third):
            stream.session.close()


def test_a_token_that_may_not_hear_it_is_said_once_and_ingest_goes_on(
    pipeline_settings: Settings, x: Running, tmp_path: Path, caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(live_streams, "STREAMS", ("tweets",))
    monkeypatch.setattr(live_streams, "PARTITIONS", (1,))
    monkeypatch.setattr(ComplianceStream, "listen", lambda _: Outcome("forbidden", 403))
    with heard(pointed_at(pipeline_settings, x.x.url, tmp_path)) as (source, _):
        wait_until(lambda: "tries again in 15 min" in caplog.text, "it is said")
        source.check()
    assert "partition 1: HTTP 403, this token may not hear it: set EARSHOT_X_COMPLIANCE=jobs" in caplog.text


def test_a_connection_that_ends_is_made_again(pipeline_settings: Settings, x: Running, tmp_path: Path) -> None:
    with heard(pointed_at(pipeline_settings, x.x.url, tmp_path)) as (_, method):
        wait_until(lambda: method.caught_up, "all partitions are connected")
        x.call(x.x.compliance.end_connections)
        wait_until(lambda: all(one.connects == 2 for one in method.streams.values()), "and again")


class TestPostIndex:
    @pytest.fixture
    def now(self) -> list[float]:
        return [0.0]

    @pytest.fixture
    def emitted(self) -> list[Event]:
        return []

    @pytest.fixture
    def here(self, now: list[float], emitted: list[Event]) -> PostIndex:
        return PostIndex(Settings(), emitted.append, lambda: now[0])

    def stands(self, here: PostIndex, post: int) -> None:
        here.take(b"%d" % post, b'{"source":"x","id":"')

    def test_the_same_word_twice_is_one_withdrawal(self, here: PostIndex, emitted: list[Event]) -> None:
        self.stands(here, 5)
        for _ in range(2):
            here.apply(Event("withdrawn", "5", "drop"))
        assert emitted == [Event("withdrawn", "5", "drop")]

    def test_a_word_waits_for_its_post_for_a_while(
        self, here: PostIndex, now: list[float], emitted: list[Event]
    ) -> None:
        here.apply(Event("withdrawn", "5", "delete"))
        here.apply(Event("withdrawn", "6", "delete"))
        now[0] = post_index.HELD_SECONDS
        here.forget()
        self.stands(here, 5)
        now[0] *= 2
        here.forget()
        self.stands(here, 6)
        assert [one.post for one in emitted] == ["5"]

    def test_a_post_is_forgotten_when_it_has_expired(
        self, here: PostIndex, now: list[float], emitted: list[Event]
    ) -> None:
        for day, post in enumerate((5, 6, 7)):
            now[0] = day * 86_400.0
            here.forget()
            self.stands(here, post)
        for told in ("5", "6", "7"):
            here.apply(Event("withdrawn", told, "delete"))
        assert [one.post for one in emitted] == ["6", "7"]

    def test_words_that_wait_are_bounded(self, monkeypatch: pytest.MonkeyPatch, here: PostIndex) -> None:
        monkeypatch.setattr(post_index, "MOST_HELD", 10)
        for post in itertools.islice(itertools.count(), 100):
            here.apply(Event("withdrawn", str(post), "delete"))
            assert here.waiting <= 11

    def test_generations_take_the_newest(self) -> None:
        one: Generations[str] = Generations()
        one.put(1, "drop")
        one.turn()
        assert (one.get(1), one.young(1)) == ("drop", None)
        one.put(1, "delete")
        assert (one.get(1), one.young(1), one.all(1)) == ("delete", "delete", ["delete", "drop"])
        assert (one.take(1), 1 in one) == ("delete", False)
