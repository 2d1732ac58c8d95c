"""The weeks before the live part: posts of their own time, in a rhythm, with surges and answers."""

import json
import statistics
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from agents.simulated.options import Options
from agents.simulated.past import AN_HOUR, MOST_SECONDS, surges, written
from agents.simulated.people import Target, content, targets
from agents.simulated.posts import Writer
from agents.simulated.server import SimulatedX
from streams import directory
from streams.snowflake import written_ms

NOW = datetime(2026, 9, 23, 14, 20, tzinfo=UTC).timestamp()
TARGETS = targets(directory.load())
LOOKED_AT = {"id", "created_at", "text", "author_id", "entities", "referenced_tweets"}
Line = dict[str, Any]


def past(seconds: float, seed: int = 7, hospitals: tuple[Target, ...] = TARGETS) -> Iterator[bytes]:
    return SimulatedX(hospitals, Options(seed=seed), clock=lambda: NOW).past(seconds)


@pytest.fixture(scope="module")
def posts() -> list[Line]:
    """Four weeks, in order of delivery."""
    return [
        {key: value for key, value in json.loads(line)["data"].items() if key in LOOKED_AT}
        for line in past(28 * 86_400)
    ]


@pytest.fixture(scope="module")
def addressed(posts: list[Line]) -> dict[str, list[datetime]]:
    """When a hospital was named by others, by handle, in its own time; replies left out."""
    zones = {one.handle: ZoneInfo(one.zone) for one in TARGETS}
    found: dict[str, list[datetime]] = {handle: [] for handle in zones}
    for post in posts:
        if "referenced_tweets" not in post:
            for name in {one["username"] for one in post["entities"]["mentions"]} & zones.keys():
                found[name].append(datetime.fromtimestamp(written_ms(int(post["id"])) / 1000, zones[name]))
    return found


def test_the_same_seed_writes_the_same_past() -> None:
    lines = [*past(86_400)]
    assert lines == [*past(86_400)]
    assert lines != [*past(86_400, seed=8)]


def test_posts_are_of_their_own_time_and_none_too_old_to_count(posts: list[Line]) -> None:
    times = [written_ms(int(post["id"])) / 1000 for post in posts]
    assert min(times) >= NOW - 28 * 86_400 + 3600
    assert min(times) < NOW - MOST_SECONDS + 3600
    assert NOW - 3600 < max(times) < NOW
    assert len({post["id"] for post in posts}) == len(posts)
    for post, at in zip(posts, times, strict=True):
        assert datetime.fromisoformat(post["created_at"]).timestamp() == at


def test_the_volume_is_a_few_posts_an_hour_with_a_skew(posts: list[Line], addressed: dict[str, list[datetime]]) -> None:
    hours = MOST_SECONDS / 3600
    assert 60_000 < len(posts) < 90_000
    means = [len(times) / hours for times in addressed.values()]
    assert 0.5 < statistics.mean(means) < 2 * AN_HOUR
    assert max(means) > 4 * statistics.median(means)


def test_nights_and_weekends_are_quiet(addressed: dict[str, list[datetime]]) -> None:
    by_hour = Counter(at.hour for times in addressed.values() for at in times)
    assert sum(by_hour[hour] for hour in (2, 3, 4)) < 0.15 * sum(by_hour[hour] for hour in (10, 11, 12))
    by_day = Counter(at.weekday() for times in addressed.values() for at in times)
    assert by_day[6] < 0.8 * by_day[2]


def test_surges_are_where_and_about_what_is_declared(posts: list[Line]) -> None:
    busiest = Writer(7, TARGETS).busiest
    words = content()
    for surge in surges():
        handle = TARGETS[busiest[surge.busy]].handle
        texts = [text for said in words["say"][surge.topic].values() for text in said]
        begins = NOW - surge.ago * 3600

        def about(begin: float, end: float, handle: str = handle, texts: list[str] = texts) -> int:
            return sum(
                begin <= written_ms(int(post["id"])) / 1000 < end
                and handle in {one["username"] for one in post["entities"]["mentions"]}
                and any(_pattern(text) in post["text"] for text in texts)
                for post in posts
            )

        length = surge.hours * 3600
        assert about(begins, begins + length) > 3 * about(begins - length, begins) + 10, surge


def _pattern(template: str) -> str:
    """The longest piece of a template without a blank to fill in."""
    for name in ("{h}", "{n}", "{name}", "{city}", "{other}"):
        template = template.replace(name, "\0")
    return max(template.split("\0"), key=len)


def test_hospitals_answer_in_real_time_some_within_minutes_and_some_after_hours(posts: list[Line]) -> None:
    first: dict[str, float] = {}
    hospitals = {str(9_000_000 + number) for number in range(len(TARGETS))}
    for post in posts:
        for one in post.get("referenced_tweets", ()):
            if post["author_id"] in hospitals and one["type"] == "replied_to":
                took = (written_ms(int(post["id"])) - written_ms(int(one["id"]))) / 60_000
                first[one["id"]] = min(first.get(one["id"], took), took)
    share = {
        name: sum(low <= took < high for took in first.values()) / len(first)
        for name, (low, high) in {"15 m": (0, 15), "4 h": (15, 240), "24 h": (240, 1440), "later": (1440, 1e9)}.items()
    }
    assert min(share.values()) > 0.02, share
    assert share["15 m"] > 0.15


def test_what_nobody_answers_is_left_open(posts: list[Line]) -> None:
    answered = {one["id"] for post in posts for one in post.get("referenced_tweets", ())}
    new = [post["id"] for post in posts if "referenced_tweets" not in post and post["entities"]["mentions"]]
    assert 0.4 < sum(one not in answered for one in new) / len(new) < 0.95


def test_search_finds_the_past() -> None:
    x = SimulatedX(TARGETS, Options(), clock=lambda: NOW)
    lines = [json.loads(line)["data"]["id"] for line in x.past(86_400)]
    assert [post.id for post in x.history.newest_first()] == sorted(lines, key=int, reverse=True)


def test_the_live_part_has_its_own_pace_and_answers_what_is_still_due() -> None:
    writer = Writer(7, TARGETS, 600.0)
    *_, last = written(writer, TARGETS, 7, int(NOW * 1000), 86_400)
    assert writer.pace == 600
    due_ms = writer.due_ms
    assert due_ms is not None
    assert due_ms > written_ms(int(last.id)) - 60_000


def test_a_directory_of_thousands_has_no_past_of_millions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.simulated.past.MOST", 2000)
    assert 1000 < len([*past(28 * 86_400)]) < 4000
