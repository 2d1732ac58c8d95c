"""What the panels about ingest show for numbers that are known: a real Prometheus scrapes an ingest that is made up."""

import time
from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry

from agents.proving.boards.answers import name_of
from agents.proving.prometheus import RunningPrometheus
from deploy.grafana.board_file import fill, read
from deploy.grafana.build import DASHBOARDS
from streams.metrics.collector import Reading, ReadingCollector
from streams.metrics.server import serving
from tests.waiting import wait_until

SAVED = {name: read(build()) for name, build in DASHBOARDS.items()}

QUIET: Reading = {
    "pipeline_wal_records": {(): 0},
    "pipeline_wal_oldest_timestamp_seconds": {},
    "pipeline_wal_damaged_bytes": {(): 0},
    "pipeline_wal_bytes": {(): 1_000},
    "pipeline_wal_limit_bytes": {(): 4_000},
    "source_stream_connected": {("x",): 1},
    "x_gaps_total": {(): 0},
    "x_gap_seconds_total": {(): 0},
    "x_gaps_given_up_total": {(): 0},
    "x_catch_up_oldest_timestamp_seconds": {},
    "x_posts_read": {(): 300},
    "x_posts_read_projected": {(): 1_200},
    "x_rules": {(): 90},
    "x_rules_limit": {(): 100},
    "process_resident_memory_bytes": {(): 192},
    "pipeline_memory_limit_bytes": {(): 256},
}
"""An ingest of X alone on a good day: no compliance, no limit of reads."""


class Ingest:
    """An ingest that says what it is told to say, and a Prometheus that listens."""

    def __init__(self) -> None:
        self.said: Reading = QUIET
        self.prometheus: RunningPrometheus

    def says(self, changed: Reading, seen: str) -> None:
        """Say this from now on; back once Prometheus has it."""
        self.said = {**QUIET, **changed}
        wait_until(lambda: bool(self.prometheus.query(seen)), seen, 60, every=0.2)

    def shown(self, dashboard: str, title: str) -> dict[str, float]:
        """What a panel shows: name of the series -> value."""
        (panel,) = (one for one in SAVED[dashboard].panels if one.title == title)
        found = {}
        for target in panel.targets:
            for series in self.prometheus.query(fill(target.expr, rate_interval=10, span=600, hospital="")):
                found[name_of(target, series)] = series.value
        return found


@pytest.fixture(scope="module")
def ingest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ingest]:
    made = Ingest()
    registry = CollectorRegistry()
    registry.register(ReadingCollector(lambda: made.said))
    with serving(registry, "127.0.0.1", 0, "") as port:
        folder = tmp_path_factory.mktemp("prometheus")
        with RunningPrometheus({"ingest": [f"127.0.0.1:{port}"]}, folder) as made.prometheus:
            yield made


def test_a_good_day_has_nothing_waiting_and_nothing_missed(ingest: Ingest) -> None:
    ingest.says({}, "x_rules == 90 unless pipeline_wal_oldest_timestamp_seconds")
    assert ingest.shown("operations.json", "Oldest record waiting for Kafka") == {"": 0}
    assert ingest.shown("ingest.json", "Oldest record waiting") == {"": 0}
    assert ingest.shown("ingest.json", "Write-ahead log, share in use") == {"": 0.25}
    assert ingest.shown("ingest.json", "Oldest gap not searched") == {"": 0}
    assert ingest.shown("ingest.json", "Rules, share of the plan's limit") == {"": 0.9}


def test_memory_is_shown_as_a_share_of_its_limit(ingest: Ingest) -> None:
    ingest.says({}, "x_rules == 90 and on () process_resident_memory_bytes == 192")
    assert [*ingest.shown("operations.json", "Memory, share of the limit").values()] == [0.75]


def test_a_month_costs_its_reads_times_the_price(ingest: Ingest) -> None:
    ingest.says({}, "x_posts_read == 300")
    assert ingest.shown("cost.json", "Paid so far") == {"": pytest.approx(1.5)}
    assert ingest.shown("cost.json", "At the month's end") == {"": pytest.approx(6)}


def test_what_is_not_listened_to_or_not_limited_is_no_data(ingest: Ingest) -> None:
    ingest.says({}, "x_rules == 90")
    assert ingest.shown("operations.json", "Streams") == {"x": 1}
    assert ingest.shown("ingest.json", "Reads of X, share of the month's limit") == {}
    assert ingest.shown("ingest.json", "Posts read this month") == {"so far": 300, "at its end": 1_200}
    assert ingest.shown("ingest.json", "Time since the last compliance check") == {}


def test_an_outage_shows_how_long_and_how_much(ingest: Ingest) -> None:
    ago = time.time() - 120
    ingest.says(
        {
            "pipeline_wal_oldest_timestamp_seconds": {(): ago},
            "x_catch_up_oldest_timestamp_seconds": {(): ago - 3600},
            "x_compliance_checked_timestamp_seconds": {(): ago - 86_400},
            "x_posts_read_limit": {(): 1_000},
            "pipeline_wal_damaged_bytes": {(): 77},
        },
        "pipeline_wal_damaged_bytes == 77",
    )
    assert ingest.shown("ingest.json", "Oldest record waiting") == {"": pytest.approx(120, abs=30)}
    assert ingest.shown("ingest.json", "Oldest gap not searched") == {"": pytest.approx(3720, abs=30)}
    assert ingest.shown("ingest.json", "Time since the last compliance check") == {"": pytest.approx(86_520, abs=30)}
    assert ingest.shown("ingest.json", "Reads of X, share of the month's limit") == {"so far": 0.3, "at its end": 1.2}
    assert ingest.shown("operations.json", "Lost for good")["bytes of the write-ahead log"] == 77


def test_damage_stays_on_the_board_when_ingest_shows_it_no_more(ingest: Ingest) -> None:
    ingest.says({"pipeline_wal_damaged_bytes": {(): 77}}, "pipeline_wal_damaged_bytes == 77")
    ingest.says({}, "pipeline_wal_damaged_bytes == 0")
    assert ingest.shown("operations.json", "Lost for good")["bytes of the write-ahead log"] == 77
