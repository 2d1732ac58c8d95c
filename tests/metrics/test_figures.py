"""What a hospital acts on, on /metrics: zeros and absences, verdicts, small cells, few series, short turns."""

from collections import Counter
from collections.abc import Mapping

import msgspec
import pytest

from streams.directory.hospital import GOALS
from streams.figures.about import About, Names
from streams.figures.hospital import peer_counts
from streams.figures.shape import PeerCounts
from streams.indicators.service import Answered
from streams.metrics.collector import ConversationCollector, ReadingCollector, hospitals
from streams.metrics.figures import REFRESH_SECONDS, FiguresCollector
from streams.metrics.service import SERVICE
from streams.metrics.windows import WindowsCollector
from streams.reading.topics.communities import Communities
from streams.reading.topics.taxonomy import Taxonomy
from streams.records import Mention, Tally
from streams.tables.hospitals import HospitalTables
from tests.hospital_records import HOUR, mention, tally

FARGO, MAYO = "350070", "240010"
MOST_SERIES = 110
"""A hospital's; prometheus.yml allows 250 hospitals of them on one worker."""
COMMUNITIES, TAXONOMY = Communities.load(), Taxonomy.load()
NAMES = Names(
    topics=tuple(sorted(TAXONOMY.operational | TAXONOMY.safety)),
    service_lines=tuple(sorted(TAXONOMY.service_line)),
    communities=tuple(sorted(COMMUNITIES.by_id.keys() - COMMUNITIES.about_health)),
    health_communities=tuple(sorted(COMMUNITIES.about_health)),
)
Series = dict[tuple[str, ...], float]


def about(hospital: str, **goals: float) -> About:
    targets = tuple((goal, goals[goal]) for goal in GOALS if goal in goals)
    return About(
        id=hospital, name=hospital, city="Fargo", state="ND", kind="acute", residents=200_000, hrr="321",
        hrr_name="Fargo, ND", region=(FARGO, MAYO), goals=targets, time_zone="America/Chicago",
        business_hours="Mon-Fri 8-17",
    )  # fmt: skip


class Shown:
    """Tables, and what is shown of them."""

    def __init__(self, *ids: str, **goals: float) -> None:
        self.tables = HospitalTables()
        self.hospitals = dict.fromkeys(ids, 0)
        self.about = {one: about(one, **goals) for one in ids}
        self.peers: dict[str, PeerCounts] = {}
        self.now = HOUR * 3600 + 1800.0
        self.windows = WindowsCollector(
            self.tables, lambda: self.hospitals, lambda: dict.fromkeys(ids, 200_000), NAMES.communities,
            NAMES.health_communities, lambda: self.now,
        )  # fmt: skip
        self.figures = FiguresCollector(
            self.tables, lambda: self.hospitals, lambda: self.about, NAMES, self.known_peers, lambda: self.now
        )
        self._offset = 0

    def known_peers(self, region: tuple[str, ...]) -> dict[str, PeerCounts]:
        mine = {one: peer_counts(self.tables, 0, self.about[one], self.now) for one in region if one in self.hospitals}
        return self.peers | mine

    def tell(self, record: Mention | Tally) -> None:
        self.tables.apply(0, self._offset, msgspec.structs.replace(record, offset=self._offset))
        self._offset += 1

    def ask(self, hours_ago: float, answered: bool = False, hospital: str = FARGO, **changes: object) -> None:
        written = int(self.now - hours_ago * 3600)
        fields: dict[str, object] = {
            "at": written * 1000, "hour": written // 3600, "written": written, "asked": written,
            "post": f"q{self._offset}", "intent": "question",
        }  # fmt: skip
        self.tell(mention(0, hospital, **(fields | changes)))
        if answered:
            reply = {"relation": "author", "intent": "none", "reply_to": f"q{self._offset - 1}", "person": -1}
            self.tell(mention(0, hospital, **(fields | reply)))

    def warm(self) -> None:
        self.windows._next_pass = 0
        self.windows.warm(60)
        for _ in range(3):  # a pass may end, and the next begin with what it found
            self.figures.warm(60)

    def scrape(self) -> dict[str, Series]:
        """Metric -> label values, in the order of declaration -> number."""
        return {one.name: dict(one.numbers()) for one in self.figures.collect()}


def test_a_hospital_without_posts_shows_zeros_and_one_of_another_worker_nothing() -> None:
    shown = Shown(FARGO, local_share=50)
    shown.ask(1, hospital="380014")
    shown.warm()
    found = shown.scrape()
    intents = ("question", "request", "complaint", "crisis")
    assert found["conversation_open_questions"] == {(FARGO, one): 0 for one in intents}
    assert found["conversation_oldest_question_seconds"] == {(FARGO, one): 0 for one in intents}
    assert found["conversation_questions"] == {(FARGO, "answered"): 0, (FARGO, "unanswered"): 0}
    assert found["conversation_goal_target"] == {(FARGO, "local_share", "too_few"): 50}
    assert found["conversation_goal_actual"] == {
        (FARGO, "unanswered_questions"): 0, (FARGO, "local_authors_per_10000"): 0,
    }  # fmt: skip
    assert found["conversation_surge_score"] == {(FARGO, "learning"): 0}
    assert found["conversation_surging_topics"] == {(FARGO,): 0}
    assert found["conversation_service_index"] == found["conversation_share_of_voice"] == {}


def test_nothing_is_shown_before_it_was_looked_at_nor_while_another_worker_holds_it() -> None:
    shown = Shown(FARGO)
    shown.ask(1)
    assert set(map(len, shown.scrape().values())) == {0}
    shown.warm()
    assert shown.scrape()["conversation_open_questions"][FARGO, "question"] == 1
    shown.hospitals = {}
    assert set(map(len, shown.scrape().values())) == {0}
    shown.figures.warm(60)
    shown.hospitals = {FARGO: 0}
    assert set(map(len, shown.scrape().values())) == {0}, "its tables may be others now"


def test_open_questions_age_between_two_looks_and_are_looked_at_again() -> None:
    shown = Shown(FARGO)
    shown.ask(2)
    shown.ask(1, intent="crisis")
    shown.warm()
    shown.now += 10
    ages = shown.scrape()["conversation_oldest_question_seconds"]
    assert (ages[FARGO, "question"], ages[FARGO, "crisis"], ages[FARGO, "request"]) == (7210, 3610, 0)
    shown.ask(0, intent="request")
    shown.warm()
    assert shown.scrape()["conversation_open_questions"][FARGO, "request"] == 0
    shown.now += REFRESH_SECONDS
    shown.warm()
    assert shown.scrape()["conversation_open_questions"][FARGO, "request"] == 1


def test_what_became_of_questions_and_the_service_index() -> None:
    shown = Shown(FARGO, answered_24h_share=50)
    for number in range(40):
        shown.ask(100, answered=number < 30)
    shown.ask(1)
    shown.warm()
    found = shown.scrape()
    assert found["conversation_questions"] == {(FARGO, "answered"): 30, (FARGO, "unanswered"): 10}
    assert found["conversation_service_index"] == {(FARGO,): 75}
    assert found["conversation_goal_actual"][FARGO, "answered_24h_share"] == 75
    assert found["conversation_goal_target"] == {(FARGO, "answered_24h_share", "met"): 50}


def test_a_share_of_voice_needs_all_peers_wherever_they_are_held() -> None:
    shown = Shown(FARGO)
    for _ in range(30):
        shown.ask(1)
    shown.warm()
    assert shown.scrape()["conversation_share_of_voice"] == {}
    shown.peers[MAYO] = PeerCounts(
        hospital=MAYO, name=MAYO, hrr="321", at=0, posts=90, local=1, answered=Answered()
    )  # fmt: skip
    shown.now += REFRESH_SECONDS
    shown.warm()
    assert shown.scrape()["conversation_share_of_voice"] == {(FARGO,): 25}
    both = Shown(FARGO, MAYO)
    for hospital, posts in {FARGO: 30, MAYO: 10}.items():
        for _ in range(posts):
            both.ask(1, hospital=hospital)
    both.warm()
    assert both.scrape()["conversation_share_of_voice"] == {(FARGO,): 75, (MAYO,): 25}


def test_a_surge_is_shown_once_its_hour_closed() -> None:
    shown = Shown(FARGO)
    for hour in range(HOUR - 500, HOUR):
        shown.tell(mention(0, at=hour * 3_600_000))
    for _ in range(20):
        shown.tell(mention(0, at=HOUR * 3_600_000))
    shown.warm()
    assert list(shown.scrape()["conversation_surge_score"]) == [(FARGO, "normal")]
    shown.now += 3600
    shown.warm()
    (key,) = shown.scrape()["conversation_surge_score"]
    assert key == (FARGO, "surge")
    assert shown.scrape()["conversation_surging_topics"] == {(FARGO,): 1}


def test_a_turn_is_short_and_turns_add_up() -> None:
    ids = [f"{number:06d}" for number in range(40)]
    shown = Shown(*ids)
    for one in ids:
        shown.ask(1, hospital=one)
    shown.windows.warm(60)
    turns = 0
    while len(shown.scrape()["conversation_surging_topics"]) < len(ids):
        shown.figures.warm(0)
        turns += 1
    assert turns >= len(ids), "a step or two a turn"


def told_much(shown: Shown) -> None:
    """Enough of everything that no figure is absent."""
    for hospital in (FARGO, MAYO):
        for hour in range(HOUR - 600, HOUR + 1, 2):
            shown.tell(mention(0, hospital, at=hour * 3_600_000))
            shown.tell(tally(0, hospital, at=hour * 3_600_000))
        for _ in range(40):
            shown.ask(100, answered=True, hospital=hospital)


def series_of(shown: Shown) -> Mapping[str, int]:
    collectors: list[ConversationCollector | WindowsCollector | FiguresCollector | ReadingCollector] = [
        ConversationCollector(shown.tables, lambda: shown.hospitals, NAMES.topics, NAMES.service_lines),
        shown.windows,
        shown.figures,
        ReadingCollector(lambda: hospitals(shown.about.values())),
    ]
    return Counter(
        key[0]
        for one in collectors
        for family in one.collect()
        for key in family.numbers()
        if key and key[0] in shown.hospitals
    )


def test_no_hospital_has_more_series_than_prometheus_is_told_to_expect() -> None:
    """With a target for every goal, and every figure known."""
    shown = Shown(FARGO, MAYO, **dict.fromkeys(GOALS, 5.0))
    told_much(shown)
    shown.warm()
    shown.now += REFRESH_SECONDS
    shown.warm()
    found = shown.scrape()
    for metric in SERVICE:
        assert any(key[0] == FARGO for key in found[metric.name]), f"{metric.name} is absent: the test counts too few"
    assert len(found["conversation_goal_actual"]) == len(found["conversation_goal_target"]) == 2 * len(GOALS)
    assert series_of(shown) == {FARGO: MOST_SERIES, MAYO: MOST_SERIES}


@pytest.mark.parametrize("tallies", [4, 6])
def test_a_surge_of_a_service_line_is_counted_without_its_posts(tallies: int) -> None:
    shown = Shown(FARGO)
    shown.tell(mention(0, at=(HOUR - 600) * 3_600_000))
    for _ in range(tallies):
        shown.tell(tally(0, at=(HOUR - 1) * 3_600_000))
    shown.warm()
    assert shown.scrape()["conversation_surging_topics"] == {(FARGO,): int(tallies >= 5)}
