"""What X tells of an account reaches the account's posts and nobody else's; an account's id goes nowhere."""

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import msgspec
import pytest
from click.testing import Result

from agents.ingest.x.compliance import post_index
from agents.ingest.x.compliance.events import EVERY_POST, Event
from agents.ingest.x.compliance.post_index import PostIndex
from agents.ingest.x.compliance.stored_posts import Identity, identity_of
from agents.simulated.thread import Running
from streams.kafka import topics as kafka_topics
from streams.settings import Settings
from tests.commands import earshot
from tests.running_ingest import listening, pointed_at, simulated, stored
from tests.waiting import wait_until
from tests.x_compliance import AT, AUTHOR, about, heard, keep, tell, withdrawn

OTHER = "990000000000000002"
ALL: dict[str, Any] = {"user": {"id": AUTHOR}, "event_at": AT}


@pytest.fixture
def x() -> Iterator[Running]:
    with simulated(count=0, heartbeat=0.2) as running:
        yield running


def metrics(log: str) -> str:
    """What ingest shows at the address that its log names."""
    address = re.search(r"http://\S+:\d+/metrics", log)
    assert address
    with urlopen(address[0], timeout=10) as answer:  # noqa: S310 - of loopback
        return str(answer.read().decode())


def test_a_protected_account_takes_its_posts_along_and_nobody_elses(
    pipeline_settings: Settings, x: Running, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = msgspec.structs.replace(pointed_at(pipeline_settings, x.x.url, tmp_path), x_compliance="stream")
    keep(settings, "100", "102", "104", "100")
    keep(settings, "101", "103", author=OTHER)
    caplog.set_level(logging.DEBUG)  # from here on: what the test itself sends is no leak
    with listening(settings) as ingest:
        wait_until(lambda: len(x.x.compliance.listening) == 8 or not ingest.running, "all partitions are heard")
        tell(x, "users", {"user_protect": ALL}, 3)
        told = dict.fromkeys(("100", "102", "104"), "protected")
        wait_until(lambda: withdrawn(settings) == told or not ingest.running, "its posts are withdrawn")
        # One that was on its way, and one of somebody else.
        keep(settings, "105")
        keep(settings, "106", author=OTHER)
        told["105"] = "protected"
        wait_until(lambda: withdrawn(settings) == told or not ingest.running, "the late one, too")
        shown = metrics(caplog.text)
        assert ingest.running
    assert withdrawn(settings) == told
    assert 'x_withdrawals_total{why="protected"} 4.0' in shown
    assert 'x_compliance_lines_total{kind="account"} 1.0' in shown
    assert AUTHOR not in shown
    assert AUTHOR not in caplog.text
    assert not [one.name for one in tmp_path.rglob("*") if one.is_file() and AUTHOR.encode() in one.read_bytes()]
    for kafka_topic in kafka_topics.declared(settings):
        for key, value in stored(settings, kafka_topic.name):
            if AUTHOR.encode() in key + value:
                assert kafka_topic.name == kafka_topics.posts(settings)
                assert json.loads(value)["source"] == "x"


def test_scrubbed_places_stop_at_the_post_that_x_names(pipeline_settings: Settings, x: Running, tmp_path: Path) -> None:
    settings = pointed_at(pipeline_settings, x.x.url, tmp_path)
    keep(settings, "100", "101", "102")
    keep(settings, "99", author=OTHER)
    with heard(settings) as (source, method):
        wait_until(lambda: method.caught_up, "it is known what is kept")
        tell(x, "users", {"scrub_geo": {**ALL, "up_to_tweet_id": "101"}})
        told = {"100": "scrub_geo", "101": "scrub_geo"}
        wait_until(lambda: source.reading()["x_withdrawals_total"]["scrub_geo",] == 2, "both are withdrawn")
        tell(x, "users", {"user_unsuspend": ALL})
        tell(x, "users", {"user_profile_modification": {**ALL, "profile_field": "name", "new_value": "x"}})
        lines = source.reading()["x_compliance_lines_total"]
        wait_until(lambda: (lines["restored",], lines["profile",]) == (1, 1), "what else is told is only counted")
        assert sum(source.reading()["x_withdrawals_total"].values()) == len(told)
        # A later one reaches what the first spared.
        tell(x, "users", {"user_suspend": ALL})
        wait_until(lambda: source.reading()["x_withdrawals_total"]["suspended",] == 1, "the rest is withdrawn")


def test_a_word_about_a_later_version_finds_the_post(pipeline_settings: Settings, x: Running, tmp_path: Path) -> None:
    settings = msgspec.structs.replace(pointed_at(pipeline_settings, x.x.url, tmp_path), x_compliance="stream")
    keep(settings, "100")
    keep(settings, "100", versions=("100", "150", "160"))
    keep(settings, "101")
    with listening(settings) as ingest:
        wait_until(lambda: len(x.x.compliance.listening) == 8 or not ingest.running, "all partitions are heard")
        tell(x, "tweets", {"delete": about("160")})
        tell(x, "tweets", {"delete": about("100")})
        wait_until(lambda: withdrawn(settings) == {"100": "delete"} or not ingest.running, "it is withdrawn")
        # The version that the word is about comes after it.
        tell(x, "tweets", {"drop": about("170")})
        keep(settings, "101", versions=("101", "170"))
        told = {"100": "delete", "101": "drop"}
        wait_until(lambda: withdrawn(settings) == told or not ingest.running, "the other, too")


class TestApplied:
    def apply(self, settings: Settings, folder: Path, *events: dict[str, Any], options: tuple[str, ...] = ()) -> Result:
        file = folder / "events.jsonl"
        file.write_text("".join(json.dumps({"data": one}) + "\n" for one in events), encoding="utf-8")
        done = earshot(settings, "compliance", "apply", str(file), *options)
        assert done.exit_code == 0, done.output
        assert AUTHOR not in done.output
        return done

    def test_a_file_that_tells_of_an_account_reaches_its_posts_once(
        self, pipeline_settings: Settings, tmp_path: Path
    ) -> None:
        keep(pipeline_settings, "100", "101", "102", "103", "100")
        keep(pipeline_settings, "200", "201", "202", author=OTHER)
        events = (
            {"delete": about("101")},
            {"user_delete": ALL},
            {"scrub_geo": {"user": {"id": AUTHOR}, "up_to_tweet_id": "100"}},
            {"scrub_geo": {"user": {"id": OTHER}, "up_to_tweet_id": "201"}},
        )
        told = json.loads(self.apply(pipeline_settings, tmp_path, *events, options=("--json",)).output)
        assert withdrawn(pipeline_settings) == {
            "100": "deactivated", "101": "delete", "102": "deactivated", "103": "deactivated", "200": "scrub_geo",
            "201": "scrub_geo",
        }  # fmt: skip
        assert (told["lines"], told["withdrawn"], told["account"], told["posts_of_accounts"]) == (4, 1, 3, 5)
        again = self.apply(pipeline_settings, tmp_path, *events).output
        assert again == "4 lines: 1 withdrawn, 3 account; 0 more posts withdrawn, of those accounts\n"


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

    def stands(self, here: PostIndex, post: int, author: int) -> None:
        here.take(b"%d" % post, b'{"source":"x","payload":{"data":{"author_id":"%d"}}}' % author)

    def told(self, here: PostIndex, author: int, up_to: int = EVERY_POST) -> None:
        here.apply(Event("account", "", "suspended", author, up_to))

    def test_copies_and_repeated_words_are_one_withdrawal(self, here: PostIndex, emitted: list[Event]) -> None:
        for _ in range(3):
            self.stands(here, 5, 7)
            self.told(here, 7)
        here.apply(Event("withdrawn", "5", "drop"))
        assert emitted == [Event("withdrawn", "5", "suspended")]

    def test_what_was_withdrawn_before_is_not_again(self, here: PostIndex, emitted: list[Event]) -> None:
        self.stands(here, 5, 7)
        self.stands(here, 6, 7)
        here.take(b"5", b'{"source":"withdrawal","id":"5"}')
        self.told(here, 7)
        assert [one.post for one in emitted] == ["6"]

    def test_posts_are_forgotten_with_their_author(
        self, here: PostIndex, now: list[float], emitted: list[Event]
    ) -> None:
        for day, post in enumerate((5, 6, 7)):
            now[0] = day * 86_400.0
            here.forget()
            self.stands(here, post, 9)
        self.told(here, 9)
        assert sorted(one.post for one in emitted) == ["6", "7"]
        for _ in range(2):
            now[0] += 86_400.0
            here.forget()
        assert len(here) == 0

    def test_a_word_of_an_account_waits_for_its_posts_for_a_while(
        self, here: PostIndex, now: list[float], emitted: list[Event]
    ) -> None:
        self.told(here, 7, up_to=8)
        self.told(here, 7, up_to=3)
        self.stands(here, 8, 7)
        self.stands(here, 9, 7)
        self.stands(here, 5, 6)
        for _ in range(2):
            now[0] += post_index.HELD_SECONDS
            here.forget()
        self.stands(here, 2, 7)
        assert [one.post for one in emitted] == ["8"]

    def test_words_that_wait_are_bounded(self, monkeypatch: pytest.MonkeyPatch, here: PostIndex) -> None:
        monkeypatch.setattr(post_index, "MOST_HELD", 10)
        for author in range(1, 100):
            self.told(here, author)
            assert here.waiting <= 11


WRITTEN: list[tuple[bytes, Identity]] = [
    (b'{"data":{"author_id":"7","edit_history_tweet_ids":["5"]}}', Identity(7)),
    (b'{"data":{"author_id":7,"edit_history_post_ids":["5",6]}}', Identity(7, (5, 6))),
    (b'{"data":{"author_id":"7","edit_history_tweet_ids":{"a":1,"b":2}}}', Identity(7)),
    (b'{"data":{"author_id":"7","edit_history_tweet_ids":["5","x",null,"6"]}}', Identity(7, (5, 6))),
    (b'{"data":{"author_id":null,"edit_history_tweet_ids":null}}', Identity()),
    (b'{"data":{"author_id":{"a":1},"edit_history_tweet_ids":["5","6"]}}', Identity(0, (5, 6))),
    (b'{"data":{"author_id":"seven"}}', Identity()),
    (b'{"data":{"author_id":"\xff"}}', Identity()),
    (b'{"data":[]}', Identity()),
    (b"null", Identity()),
    (b"{", Identity()),
]


@pytest.mark.parametrize(("payload", "says"), WRITTEN)
def test_by_whom_a_post_is_and_under_which_ids(payload: bytes, says: Identity) -> None:
    assert identity_of(b'{"source":"x","id":"5","payload":%s}' % payload) == says
