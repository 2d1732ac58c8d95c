"""Windows on /metrics: zeros and absences, people, the matrix behind the minimum cell, and few series."""

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_open_metrics
from prometheus_client.parser import text_string_to_metric_families as parse_plain

from streams.metrics.collector import MINIMUM_CELL, ReadingCollector
from streams.metrics.exposition import written
from streams.metrics.windows import WindowsCollector
from streams.reading.topics.communities import Communities
from streams.reading.topics.taxonomy import Taxonomy
from streams.records import Mention, OpenCommunities, OpenTopics, Tally
from streams.tables.hospitals import HospitalTables
from streams.vocabulary import NEARS, SPANS, WHOSES

HOUR = 490_000
NOW = HOUR * 3600 + 1800
MOST_SERIES = 110
"""A hospital's; prometheus.yml allows 250 hospitals of them on one worker."""
COMMUNITIES, TAXONOMY = Communities.load(), Taxonomy.load()
OPEN = sorted(COMMUNITIES.by_id.keys() - COMMUNITIES.about_health)
DISEASES = sorted(COMMUNITIES.about_health)
Series = dict[tuple[str, ...], float]


class Shown:
    """Tables, and what is shown of them."""

    def __init__(self, *ids: str) -> None:
        self.tables = HospitalTables()
        self.hospitals = dict.fromkeys(ids, 0)
        self.visible = {"350070", *ids}
        self.residents = {"350070": 200_000}
        self.now = float(NOW)
        self.windows = WindowsCollector(
            self.tables, lambda: self.hospitals, lambda: self.residents, OPEN, DISEASES, lambda: self.now,
            lambda: self.visible,
        )  # fmt: skip
        self._offset = 0

    def post(self, hospital: str = "350070", hour: int = HOUR, person: int = -1, **changes: object) -> None:
        """A local question that waits for an answer."""
        at = hour * 3_600_000 + 1_000_000
        self._offset += 1
        fields: dict[str, object] = {
            "relation": "mentioned", "tier": "local", "precision": "city", "evidence": "profile", "confidence": 90,
            "distance_km": 5, "topics": OpenTopics((), frozenset()), "intent": "question", "addressed": True,
            "post": "", "reply_to": "", "communities": OpenCommunities((), frozenset()), "written": at // 1000,
            "person": person, **changes,
        }  # fmt: skip
        self.tables.apply(0, self._offset, Mention(hospital, 0, self._offset, at, hour, **fields))  # type: ignore[arg-type]

    def tally(self, hospital: str, *communities: str, hour: int = HOUR) -> None:
        self._offset += 1
        at = hour * 3_600_000
        self.tables.apply(0, self._offset, Tally(hospital, 0, self._offset, at, hour, "national", (), communities))

    def warm(self) -> None:
        self.windows._next_pass = 0
        self.windows.warm(60)

    def scrape(self) -> dict[str, Series]:
        """Metric -> label values, in the order of declaration -> number."""
        return {one.name: dict(one.numbers()) for one in self.windows.collect()}


def test_a_hospital_without_posts_shows_zeros_and_one_of_another_worker_nothing() -> None:
    shown = Shown("350070", "240010")
    shown.post("380014")
    found = shown.scrape()
    assert set(found["conversation_window_posts"]) == {(one, span) for one in ("350070", "240010") for span in SPANS}
    assert set(found["conversation_window_authors"]) == {
        (one, span, whose) for one in ("350070", "240010") for span in SPANS[1:] for whose in WHOSES
    }
    assert found["conversation_local_authors_per_10000_residents"] == {("350070",): 0}
    assert {number for series in found.values() for number in series.values()} == {0}
    assert set(found["conversation_community_window_posts"]) == {
        (one, near, span) for span in SPANS for near in NEARS for one in ([*OPEN, *DISEASES] if span != "1h" else OPEN)
    }


def test_a_hospital_beyond_the_limit_has_no_series_and_counts_in_the_matrix() -> None:
    shown = Shown("350070", "240010")
    for hospital in shown.hospitals:
        shown.post(hospital, communities=OpenCommunities(OPEN[:1], frozenset()))
    shown.visible = {"350070"}
    shown.warm()
    found = shown.scrape()
    assert {series[0] for name in found if "community" not in name for series in found[name]} == {"350070"}
    assert found["conversation_community_window_posts"][OPEN[0], "local", "24h"] == 2


def test_windows_are_absent_until_they_are_made_once() -> None:
    shown = Shown("350070")
    shown.post()
    assert shown.scrape()["conversation_window_posts"] == {}
    shown.warm()
    assert shown.scrape()["conversation_window_posts"] == {("350070", span): 1 for span in SPANS}


def test_each_window_shows_its_posts() -> None:
    shown = Shown("350070")
    for hours, posts in {0: 1, 20: 2, 100: 4, 600: 8}.items():
        for _ in range(posts):
            shown.post(hour=HOUR - hours)
            shown.post(hour=HOUR - hours, tier="unknown", intent="none")
            shown.post(hour=HOUR - hours, tier="national", intent="none", addressed=False)
            shown.post(hour=HOUR - hours, relation="author", intent="none")
    shown.warm()
    found = shown.scrape()
    times = {"1h": 1, "24h": 3, "7d": 7, "28d": 15}
    for what, each in {"": 3, "own_": 1, "wants_answer_": 1, "local_": 1, "placed_": 2}.items():
        assert found[f"conversation_window_{what}posts"] == {
            ("350070", span): each * number for span, number in times.items()
        }


def test_windows_slide_when_they_are_warmed_and_stay_what_they_were_until_then() -> None:
    shown = Shown("350070")
    shown.post(hour=HOUR - 23)
    shown.warm()
    shown.now += 3600
    found = shown.scrape()["conversation_window_posts"]
    assert (found["350070", "24h"], found["350070", "1h"]) == (1, 0)
    shown.warm()
    assert shown.scrape()["conversation_window_posts"]["350070", "24h"] == 0
    assert shown.scrape()["conversation_window_posts"]["350070", "7d"] == 1


def test_a_warming_ends_when_its_time_is_up() -> None:
    shown = Shown(*(f"{number:06d}" for number in range(20)))
    for hospital in shown.hospitals:
        shown.post(hospital)
    shown.windows.warm(0)
    assert shown.scrape()["conversation_window_posts"] == {}
    shown.windows.warm(60)
    assert len(shown.scrape()["conversation_window_posts"]) == 20 * len(SPANS)


def test_people_are_counted_once_also_those_who_come_between_two_scrapes() -> None:
    shown = Shown("350070")
    for person in range(40):
        shown.post(person=person << 6 | 1)
        shown.post(person=person << 6 | 1, hour=HOUR - 30)
    shown.warm()
    authors = shown.scrape()["conversation_window_authors"]
    assert [authors["350070", span, "all"] for span in SPANS[1:]] == [40, 40, 40]
    assert authors["350070", "24h", "local"] == 40
    for person in range(30, 50):
        shown.post(person=person << 6 | 1, tier="national")
    found = shown.scrape()
    assert found["conversation_window_authors"]["350070", "28d", "all"] == 50
    assert found["conversation_window_authors"]["350070", "28d", "local"] == 40
    assert found["conversation_local_authors_per_10000_residents"] == {("350070",): 2.0}


def test_a_thousand_people_are_counted_within_the_stated_error() -> None:
    shown = Shown("350070")
    shown.post(person=1)
    shown.warm()
    shown.scrape()  # from here on they come one by one
    for person in range(2, 1001):
        shown.post(person=(person * 7919 % 16384) << 6 | 1)
    assert shown.scrape()["conversation_window_authors"]["350070", "28d", "all"] == pytest.approx(1000, rel=0.05)


def test_communities_of_a_disease_stay_behind_the_minimum_cell_in_both_matrices() -> None:
    shown = Shown("350070", "240010")
    disease, other = DISEASES[:2]
    for _ in range(MINIMUM_CELL - 1):
        shown.tally("350070", disease)
        shown.tally("240010", other)
    shown.tally("240010", disease)
    shown.post(communities=OpenCommunities((OPEN[0],), frozenset()))
    shown.warm()
    found = shown.scrape()
    by_hospital = found["conversation_window_interest_posts"]
    assert by_hospital["350070", "away", "health", "28d"] == 0
    assert by_hospital["240010", "away", "health", "28d"] == MINIMUM_CELL
    assert by_hospital["350070", "local", "open", "28d"] == 1
    overall = found["conversation_community_window_posts"]
    assert overall[disease, "away", "24h"] == MINIMUM_CELL
    assert overall[other, "away", "24h"] == 0
    assert overall[OPEN[0], "local", "28d"] == 1
    small = {number for series in (by_hospital, overall) for key, number in series.items() if "health" in key}
    assert not small & set(range(1, MINIMUM_CELL))


@pytest.mark.parametrize("accept", ["", "application/openmetrics-text; version=1.0.0"])
def test_the_text_says_what_was_read_and_escapes_names(accept: str) -> None:
    name = 'The "Old" \\ Hospital'
    registry = CollectorRegistry()
    registry.register(
        ReadingCollector(
            lambda: {
                "conversation_hospital_info": {("350070", name, "Fargo", "ND", "Fargo, ND", "acute"): 1},
                "conversation_posts_total": {("350070",): 12_345_678},
                "pipeline_remembered_posts": {(): 0.5},
            }
        )
    )
    body, content_type = written([*registry.collect()], accept)
    parse = parse_open_metrics if accept else parse_plain
    samples = {
        sample.name: (sample.labels, sample.value) for family in parse(body.decode()) for sample in family.samples
    }
    assert content_type.startswith(accept.partition(";")[0] or "text/plain")
    assert samples["conversation_hospital_info"][0]["name"] == name
    assert samples["conversation_posts_total"] == ({"hospital": "350070"}, 12_345_678)
    assert samples["pipeline_remembered_posts"] == ({}, 0.5)
