"""Topics beside the same hours of the week before, by a real Prometheus that has both weeks; and how the preview joins
a table's queries into rows."""

import subprocess
import time
from collections.abc import Iterator

import pytest

from agents.proving.boards.answers import answer
from agents.proving.boards.drawn_tables import rows_of
from agents.proving.prometheus import RunningPrometheus
from deploy.grafana.board_file import Panel, columns, fill, read
from deploy.grafana.build import DASHBOARDS
from deploy.prometheus_tool import promtool

HOSPITAL = "350070"
DAY, WEEK = 86_400, 7 * 86_400
STEP = 240
"""Seconds between samples: a count counts while its last sample is younger than five minutes."""
COUNTS = {
    "wait_times": ((10, 25), (100, 130)),
    "facility_environment": ((0, 7), (7, 7)),
    "cancer_care": ((0, 4), (4, 24)),
}
"""Topic -> the count at the start and the end of a day a week ago, and of the last day."""


def history(now: float) -> str:
    """Those counts as a worker would have shown them."""
    lines = ["# TYPE conversation_topic_posts counter"]
    for topic, days in COUNTS.items():
        labels = f'{{job="worker",instance="w1",hospital="{HOSPITAL}",topic="{topic}"}}'
        for ago, (first, last) in zip((WEEK, 0), days, strict=True):
            for at in range(int(now) - ago - DAY - STEP, int(now) - ago + 1, STEP):
                count = first if at < now - ago - DAY / 2 else last
                lines.append(f"conversation_topic_posts_total{labels} {count} {at}")
    return "\n".join((*lines, "# EOF", ""))


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPrometheus]:
    folder = tmp_path_factory.mktemp("prometheus")
    text = folder / "history.txt"
    text.write_text(history(time.time()), encoding="utf-8")
    made = [str(promtool()), "tsdb", "create-blocks-from", "openmetrics", str(text), str(folder / "data")]
    subprocess.run(made, check=True, capture_output=True, timeout=60)
    with RunningPrometheus({}, folder) as running:
        yield running


def table(prometheus: RunningPrometheus, title: str) -> dict[str, dict[str, float]]:
    """A table of the Hospital dashboard over the last day: topic -> title of the column -> number."""
    (panel,) = (one for one in read(DASHBOARDS["hospital.json"]()).panels if one.title == title)
    found = [
        answer(target, series)
        for target in panel.targets
        for series in prometheus.query(fill(target.expr, rate_interval=60, span=DAY, hospital=HOSPITAL))
    ]
    return {row["topic"]: numbers(panel, row) for row in rows_of(panel, found)}


def numbers(panel: Panel, row: dict[str, float]) -> dict[str, float]:
    return {one.title: row[one.field] for one in columns(panel) if one.field.startswith("Value") and one.field in row}


def test_a_topic_stands_beside_its_week_before(prometheus: RunningPrometheus) -> None:
    assert table(prometheus, "Operational and safety topics") == {
        "wait_times": {"Posts": 30, "A week before": 15, "Change": 1},
        "facility_environment": {"A week before": 7},
    }


def test_a_small_count_of_a_service_line_is_held_back_in_both_weeks(prometheus: RunningPrometheus) -> None:
    assert table(prometheus, "Service lines, from 5 posts") == {"cancer_care": {"Posts": 20}}


def test_rows_are_sorted_as_the_table_says(prometheus: RunningPrometheus) -> None:
    assert [*table(prometheus, "Operational and safety topics")] == ["wait_times", "facility_environment"]
