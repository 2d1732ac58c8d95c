"""The figures of one hospital: each is what its tables hold, in JSON too, and says why where it cannot be said.

Cases of whole hospitals are in tests/cases/figures.yaml.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from streams.figures.about import About, Names
from streams.figures.hospital import figures, peer_counts
from streams.figures.shape import Figures, PeerCounts
from streams.indicators.service import Answered
from streams.records import Mention, Tally
from streams.tables.hospitals import HospitalTables
from tests.hospital_records import HOUR, mention, tally
from tests.payloads import cases

NOW = HOUR * 3600 + 1800
ABOUT = About(
    id="350070", name="Sanford Medical Center Fargo", city="Fargo", state="ND", kind="acute", residents=200_000,
    hrr="321", hrr_name="Fargo, ND", region=("350070", "240010", "380014"), time_zone="America/Chicago",
    business_hours="Mon-Fri 8-17",
)  # fmt: skip
NAMES = Names(
    topics=("wait_times", "safety_event"), service_lines=("vaccination",), communities=("nurses",),
    health_communities=("als",),
)  # fmt: skip


class Told:
    """Tables that are told posts, and the figures of them."""

    def __init__(self) -> None:
        self.tables = HospitalTables()
        self._offset = 0

    def tell(self, record: Mention | Tally) -> None:
        self.tables.apply(0, self._offset, msgspec.structs.replace(record, offset=self._offset))
        self._offset += 1

    def ask(self, hours_ago: int, answered_after: int | None = None, **changes: Any) -> None:
        """A question, and its answer so many seconds later."""
        written = (HOUR - hours_ago) * 3600
        post = f"q{self._offset}"
        fields: dict[str, Any] = {
            "at": written * 1000, "hour": written // 3600, "written": written, "asked": written, "post": post,
            "intent": "question",
        }  # fmt: skip
        self.tell(mention(0, **(fields | changes)))
        if answered_after is not None:
            reply: dict[str, Any] = {
                "relation": "author", "intent": "none", "reply_to": post, "written": written + answered_after,
                "person": -1, "post": f"a{self._offset}",
            }  # fmt: skip
            self.tell(mention(0, **(fields | reply)))

    def figures(self, *peers: PeerCounts, about: About = ABOUT) -> Figures:
        return figures(self.tables, 0, about, NAMES, NOW, {one.hospital: one for one in peers})


def peer(hospital: str, posts: int, local: int, asked: int, answered: int) -> PeerCounts:
    return PeerCounts(
        hospital=hospital, name=hospital, hrr="321", at=NOW, posts=posts, local=local,
        answered=Answered(local=asked, local_answered=answered),
    )  # fmt: skip


def told_of(case: Mapping[str, Any]) -> Told:
    told = Told()
    for step in case["told"]:
        kind, given = next(iter(step.items()))
        given = dict(given)
        for _ in range(given.pop("times", 1)):
            if kind == "asked":
                told.ask(**given)
            elif kind == "posts":
                at = (HOUR - given.get("hours_ago", 1)) * 3600
                fields = {name: value for name, value in given.items() if name != "hours_ago"}
                told.tell(mention(0, at=at * 1000, written=at, hour=at // 3600, **({"intent": "none"} | fields)))
            else:
                at = (HOUR - given.get("hours_ago", 1)) * 3600
                told.tell(tally(0, at=at * 1000))
    return told


def found_at(figures: Any, path: str) -> Any:
    """`windows.28d.posts` or `goals.local_share.state` in figures made plain."""
    for name in path.split("."):
        figures = next(one for one in figures if one["goal"] == name) if isinstance(figures, list) else figures[name]
    return round(figures, 1) if isinstance(figures, float) else figures


@pytest.mark.parametrize("case", cases("figures"), ids=lambda case: case["name"])
def test_what_is_said_of_a_hospital(case: dict[str, Any]) -> None:
    about = msgspec.structs.replace(
        ABOUT,
        **{name: tuple(value.items()) if name == "goals" else value for name, value in case.get("about", {}).items()},
    )
    figures = msgspec.json.decode(msgspec.json.encode(told_of(case).figures(about=about)))
    assert {path: found_at(figures, path) for path in case["then"]} == case["then"]


def test_a_hospital_without_posts_shows_zeros_and_says_why_the_rest_is_missing() -> None:
    found = Told().figures()
    assert {one.posts for one in found.windows.values()} == {0}
    assert (found.windows["28d"].local_share.share, found.windows["28d"].local_share.why) == (None, "nothing yet")
    assert found.windows["1h"].authors is None
    assert found.open_questions.every.count == 0
    assert found.open_questions.every.oldest_seconds is None
    assert {one.state for one in found.goals} == {"no_target"}
    assert found.region.voice.why == "the counts of 2 of the region's 3 hospitals are not known now"
    assert found.surges.posts is None


def test_figures_are_json_and_come_back_as_they_were() -> None:
    told = Told()
    told.ask(30, 600)
    told.ask(2)
    found = told.figures()
    assert msgspec.json.decode(msgspec.json.encode(found), type=Figures) == found


def test_questions_count_where_they_are_old_enough_and_wait_elsewhere() -> None:
    told = Told()
    for _ in range(30):
        told.ask(100, 1800)
    told.ask(100)
    told.ask(3, 7200)
    told.ask(1, intent="crisis")
    found = told.figures()
    assert found.responses.every.asked == 33
    assert found.responses.every.answered == 31
    assert (found.responses.answered_24h.within.hits, found.responses.answered_24h.within.of) == (30, 31)
    assert found.responses.answered_24h.pending == 1
    assert found.responses.answered_1h.within.of == 32
    assert found.service.parts == Answered(local=31, local_answered=30)
    assert found.open_questions.urgent.count == 1
    assert found.open_questions.by_intent["crisis"].oldest_seconds == 3600 + 1800
    assert found.open_questions.every.count == 1
    assert found.responses.two_way is None


def test_a_region_is_compared_when_all_its_hospitals_are_known() -> None:
    told = Told()
    for _ in range(40):
        told.ask(100, 600)
    other = peer("240010", 60, 10, 40, 10)
    found = told.figures(other, peer("380014", 0, 0, 0, 0)).region
    assert found.missing == ()
    assert found.voice.everyone is not None
    assert (found.voice.everyone.hits, found.voice.everyone.of) == (40, 100)
    assert (found.rank.rank, found.rank.why) == (None, "fewer than 3 of the region's hospitals have 30 local questions")
    assert told.figures(other, peer("380014", 100, 100, 100, 90)).region.rank.rank == 1


def test_what_a_hospital_tells_its_peers_is_what_its_own_figures_rest_on() -> None:
    told = Told()
    for _ in range(35):
        told.ask(100, 600)
    found = peer_counts(told.tables, 0, ABOUT, NOW)
    assert (found.posts, found.local, found.answered) == (35, 35, told.figures().service.parts)
