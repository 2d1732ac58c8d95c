"""Simulated hospitals answer like real ones: each in its style, and in every way that makes counting answers hard."""

import json
import statistics
from collections import Counter
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from agents.simulated.feed import Feed
from agents.simulated.people import ZONE, Account, Target, content, targets
from agents.simulated.posts import Post, Writer
from agents.simulated.replies import Planned, Replies, Said, style_of
from streams import directory
from streams.snowflake import written_ms

WORDS = content()
TARGETS = targets(directory.load())
SHARED = tuple(
    Target(f"00000{number}", f"hospital{number}", f"Hospital {number}", "Fargo", "ND", ZONE, "sharedbrand")
    for number in range(3)
)
NOON, NIGHT = (int(datetime(2026, 9, 22, hour, tzinfo=ZoneInfo(ZONE)).timestamp() * 1000) for hour in (12, 3))
ASKED = 4000


def planned(style: str, at_ms: int, *, wants: bool = True) -> list[Planned]:
    """All that follows `ASKED` posts to a hospital of that style."""
    hospital = next(str(number) for number in range(1000) if style_of(str(number), 7, WORDS) == style)
    replies = Replies(7, WORDS, (Target(hospital, "one", "One", "Fargo", "ND"),), 1.0)
    for number in range(ASKED):
        said = Said([str(number)], "1", Account("2", "ana", b""), 0, "", "")  # type: ignore[arg-type]
        replies.hear(said, at_ms, wants=wants, may_edit=False)
    found = []
    while (one := replies.due(at_ms + 10**12)) is not None:
        found.append(one)
    return found


def share(found: list[Planned]) -> float:
    return len({one.said.versions[0] for one in found}) / ASKED


@pytest.mark.parametrize("style", WORDS["responders"])
def test_a_hospital_answers_the_share_that_its_style_declares(style: str) -> None:
    declared = WORDS["responders"][style]
    assert share(planned(style, NOON)) == pytest.approx(declared["share"], abs=0.03)
    assert share(planned(style, NIGHT)) == pytest.approx(declared["share"] * declared["night"], abs=0.03)
    courtesy = WORDS["answering"]["courtesy"]
    assert share(planned(style, NOON, wants=False)) == pytest.approx(declared["share"] * courtesy, abs=0.03)


@pytest.mark.parametrize("style", ["quick", "office", "slow"])
def test_the_median_answer_takes_as_long_as_its_style_declares(style: str) -> None:
    minutes = [(one.due_ms - NOON) / 60_000 for one in planned(style, NOON)]
    assert statistics.median(minutes) == pytest.approx(WORDS["responders"][style]["minutes"], rel=0.15)


def test_the_directory_that_ships_has_hospitals_of_each_style_and_the_seed_mixes_them() -> None:
    styles = [style_of(one.id, 7, WORDS) for one in TARGETS]
    assert min(Counter(styles).values()) >= 3
    assert Counter(styles).keys() == WORDS["responders"].keys()
    assert styles != [style_of(one.id, 8, WORDS) for one in TARGETS]


def test_planned_answers_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.simulated.replies.MOST", 100)
    assert len(planned("quick", NOON)) == 100


def test_hospitals_that_share_a_brand_answer_from_its_one_account_too() -> None:
    writer = Writer(7, SHARED, 600.0)
    posts = [json.loads(writer.write(number, NOON + number * 100).body + b"}") for number in range(6000)]
    by: dict[str, set[str]] = {}
    for post in posts:
        if any(one["type"] == "replied_to" for one in post["data"].get("referenced_tweets", ())):
            author = next(one for one in post["includes"]["users"] if one["id"] == post["data"]["author_id"])
            by.setdefault(author["username"], set()).add(author["id"])
    handles = {one.handle for one in SHARED if style_of(one.id, 7, WORDS) != "silent"}
    assert handles <= by.keys()
    assert len(by["sharedbrand"]) == 1


@pytest.fixture(scope="module")
def delivered() -> list[Post]:
    """Two hours at pace 60, in order of delivery, copies left out."""
    feed = Feed(7, 2.0, TARGETS, 14_400, pace=60.0)
    feed.start(NOON)
    return [post for post, copy in feed.until(14_400) if not copy]


@pytest.fixture(scope="module")
def posts(delivered: list[Post]) -> list[dict[str, Any]]:
    return [json.loads(post.body + b"}") for post in delivered]


def answers(posts: list[dict[str, Any]], kind: str) -> list[tuple[dict[str, Any], str]]:
    """Posts of hospitals that reply to or quote one, with the id that they name."""
    handles = {one.handle for one in TARGETS} | {one.brand for one in TARGETS}
    found = []
    for post in posts:
        author = next(one for one in post["includes"]["users"] if one["id"] == post["data"]["author_id"])
        named = [one["id"] for one in post["data"].get("referenced_tweets", ()) if one["type"] == kind]
        if author["username"] in handles and named:
            found.append((post, named[0]))
    return found


def test_answers_come_as_replies_and_some_as_quotes(posts: list[dict[str, Any]]) -> None:
    replied, quoted = answers(posts, "replied_to"), answers(posts, "quoted")
    assert len(quoted) / (len(replied) + len(quoted)) == pytest.approx(WORDS["answering"]["quote"], abs=0.015)
    for post, named in quoted:
        assert "in_reply_to_user_id" not in post["data"]
        assert post["includes"]["tweets"][0]["id"] == named


def test_some_are_answered_twice(posts: list[dict[str, Any]]) -> None:
    every = Counter(named for kind in ("replied_to", "quoted") for _, named in answers(posts, kind))
    twice = sum(count > 1 for count in every.values())
    assert twice / len(every) == pytest.approx(WORDS["answering"]["again"], abs=0.03)


def test_some_answers_are_delivered_before_their_question(delivered: list[Post], posts: list[dict[str, Any]]) -> None:
    place = {post.id: number for number, post in enumerate(delivered)}
    early = [
        (post, named)
        for post, named in answers(posts, "replied_to")
        if named in place and place[named] > place[post["data"]["id"]]
    ]
    assert 0.02 < len(early) / len(answers(posts, "replied_to")) < 0.08
    for post, named in early:
        assert int(named) < int(post["data"]["id"]), "it was written later nevertheless"
    assert len(place) == len(delivered) == 14_400, "none is lost for it"


def test_authors_edit_and_an_answer_names_the_last_version_of_its_time(posts: list[dict[str, Any]]) -> None:
    by_id = {post["data"]["id"]: post["data"] for post in posts}
    edits = [post for post in by_id.values() if len(post["edit_history_tweet_ids"]) > 1]
    assert 0.01 < len(edits) / len(posts) < 0.03
    for edit in edits:
        first, last = edit["edit_history_tweet_ids"]
        assert last == edit["id"]
        assert by_id[first]["author_id"] == edit["author_id"]
        assert by_id[first]["text"] in edit["text"]
    later = {edit["id"]: edit for edit in edits}
    version_of = {edit["edit_history_tweet_ids"][0]: edit["id"] for edit in edits}
    named = answers(posts, "replied_to")
    assert sum(one in later for _, one in named) > 10
    for post, one in named:
        if one in version_of:
            assert int(post["data"]["id"]) < int(version_of[one]), "the first version is named only before the edit"


def test_pace_shortens_what_it_takes(posts: list[dict[str, Any]]) -> None:
    by_id = {post["data"]["id"]: post["data"] for post in posts}
    took = [
        written_ms(int(post["data"]["id"])) - written_ms(int(named))
        for post, named in answers(posts, "replied_to")
        if named in by_id
    ]
    assert 5_000 < statistics.median(took) < 75_000, "minutes to an hour of life in seconds"
