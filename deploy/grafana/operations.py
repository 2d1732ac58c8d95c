"""The Operations dashboard: the way of a post from its source to a table; each row answers one question, the last
expects zero.

Called by `build`. For the people who run Earshot. What to do about a panel is the registry's `act`, so that page, panel
and reference say the same.
"""

from grafana_foundation_sdk.builders import dashboard

from deploy.grafana import ingest, integrity, panels, processes
from deploy.grafana.panels import Row, lines, number
from deploy.grafana.queries import Query, about, age, quantile, rate, selector
from streams.metrics.registry import declared
from streams.settings import Settings

VISIBLE_GOAL = 0.99
"""Of posts, in a table within 30 s: the service level."""
BUDGET_SPAN = "28d"
"""Of the service level."""


def build() -> str:
    """Its JSON."""
    frame = (
        dashboard.Dashboard("Earshot: operations")
        .uid(panels.OPERATIONS_UID)
        .description("From the sources to the tables: each row answers one question; the last one expects zero.")
        .tags(["earshot"])
        .refresh("30s")
        .time("now-3h", "now")
        .with_variable(panels.data_source_variable())
    )
    return panels.assemble(
        panels.linked(panels.annotated(frame), panels.OPERATIONS_UID),
        [_heard(), _in_time(), _held(), processes.row(), processes.monitoring(), integrity.row()],
    )


def _heard() -> Row:
    return Row(
        "Is everything received and kept?",
        [
            number(
                "Streams",
                f"{about('source_stream_connected')} More: the dashboard Ingest.",
                Query(f"max by (source) ({selector('source_stream_connected')})", "{{source}}"),
                unit="none",
                words=ingest.CONNECTED,
                steps=ingest.UP,
                size=(6, 4),
            ),
            number(
                "Time since the last line",
                about("source_last_line_timestamp_seconds"),
                Query(age("source_last_line_timestamp_seconds", "source"), "{{source}}"),
                unit="s",
                steps=((None, "green"), (ingest.SILENCE_SECONDS, "red")),
                size=(6, 4),
            ),
            number(
                "Kafka broker",
                about("pipeline_kafka_reachable"),
                Query(f"max({selector('pipeline_kafka_reachable')})"),
                unit="none",
                words={0: "down", 1: "reachable"},
                steps=ingest.UP,
                size=(6, 4),
            ),
            number(
                "Oldest record waiting for Kafka",
                "0 when no record is waiting. " + declared("pipeline_wal_oldest_timestamp_seconds").act,
                Query(ingest.oldest_waiting()),
                unit="s",
                steps=((None, "green"), (ingest.WAITED_SECONDS, "orange"), (ingest.WAITED_LONG_SECONDS, "red")),
                size=(6, 4),
            ),
        ],
    )


def _budget_left() -> str:
    name = "pipeline_visible_seconds"
    in_time = selector(name, "_bucket").replace("}", ', le=~"30(\\\\.0)?"}')
    late = (
        f"1 - sum(increase({in_time}[{BUDGET_SPAN}])) / (sum(increase({selector(name, '_count')}[{BUDGET_SPAN}])) > 0)"
    )
    return f"1 - ({late}) / {1 - VISIBLE_GOAL:g}"


def _a_post() -> str:
    """Seconds of each part for a post. One query, so that parts stand on each other at the same moments."""
    name = "pipeline_reading_seconds"
    # `decode` counts the batches, each of which tells the mean of its posts.
    reading = f"{rate(name, 'part', suffix='_sum')} / on () group_left {rate(name, suffix='_count', part='decode')}"
    seconds = rate("pipeline_chunk_seconds", suffix="_sum", stage="hospitals")
    counting = f"{seconds} / {rate('pipeline_records_total', stage='tagger')}"
    return f'{reading} or label_replace({counting}, "part", "counting", "", "")'


def _in_time() -> Row:
    return Row(
        "Is it counted in time?",
        [
            number(
                "Counted within 30 s, last hour",
                about("pipeline_visible_seconds"),
                Query("1 - job:pipeline_late:ratio_rate1h"),
                unit="percentunit",
                steps=((None, "red"), (VISIBLE_GOAL, "green")),
                size=(4, 7),
            ),
            number(
                "Error budget left, 28 days",
                f"Of the {100 * (1 - VISIBLE_GOAL):.0f} % of posts that may take longer than 30 s in 28 days, how "
                f"much is not "
                "used up. Below 0 %: the promise of these weeks is broken; put reliability before anything new. The "
                "alert FreshnessBurn fires while it burns.",
                Query(_budget_left()),
                unit="percentunit",
                steps=((None, "red"), (0, "orange"), (0.25, "green")),
                size=(4, 7),
            ),
            lines(
                "Age of posts when counted",
                about("pipeline_visible_seconds", "Rising: the tables fall behind the sources."),
                Query(quantile(0.5, "pipeline_visible_seconds"), "half within"),
                Query(quantile(0.99, "pipeline_visible_seconds"), "99 % within"),
                unit="s",
                limit=30,
                size=(8, 7),
            ),
            lines(
                "Records waiting for workers",
                about("pipeline_lag_records"),
                Query("stage:pipeline_lag_records:sum", "{{stage}}"),
                unit="locale",
                size=(8, 7),
            ),
            lines(
                "Records not committed, worst partition",
                about("pipeline_group_lag_records", "Here the partition with most, as Kafka tells ingest."),
                Query(f"max by (stage) ({selector('pipeline_group_lag_records')})", "{{stage}}"),
                unit="locale",
                size=(6, 7),
            ),
            lines(
                "Records processed",
                about("pipeline_records_total", "Rising: more is said, or a worker replays after a restart."),
                Query(rate("pipeline_records_total", "instance, stage"), "{{instance}} {{stage}}"),
                unit="suffix: /s",
                size=(6, 7),
            ),
            lines(
                "Time of a worker for a post",
                f"What a post takes on average. {about('pipeline_reading_seconds')} `counting`: its mentions in the "
                "tables. All together grow: the machine is slower, or does other work.",
                Query(_a_post(), "{{part}}"),
                unit="s",
                stacked=True,
                size=(6, 7),
            ),
            lines(
                "Skipped records",
                about("pipeline_skipped_total", "`duplicate` and `no_hospital` are normal."),
                Query(rate("pipeline_skipped_total", "reason"), "{{reason}}"),
                unit="suffix: /s",
                size=(6, 7),
            ),
        ],
    )


def _held() -> Row:
    directory = (
        f"(max({selector('pipeline_directory_hospitals')})"
        f" - (max({selector('pipeline_hidden_hospitals')}) or vector(0)))"
    )
    return Row(
        "Does a worker hold every hospital?",
        [
            number(
                "Workers, by version",
                "Workers that show metrics. Fewer than were started: see `docker compose ps`. "
                f"{declared('pipeline_build_info').act}",
                Query(
                    f"count by (version, compiled) ({selector('pipeline_build_info', job='worker')})",
                    "{{version}}, compiled: {{compiled}}",
                ),
                size=(5, 8),
            ),
            number(
                "Partitions held",
                about("pipeline_held_partitions"),
                Query(
                    f"stage:pipeline_held_partitions:sum / on () group_left max({selector('pipeline_partitions')})",
                    "{{stage}}",
                ),
                unit="percentunit",
                steps=((None, "red"), (1, "green"), (1.001, "red")),
                size=(5, 8),
            ),
            number(
                "Hospitals shown",
                "Share of the directory's hospitals that workers show now, of those that may have series "
                "(EARSHOT_METRICS_HOSPITALS). Below 100 %: partitions have no worker or recover, and the Hospital "
                "dashboard has gaps. See the workers' logs.",
                Query(f"job:conversation_hospitals:count / on () {directory}"),
                unit="percentunit",
                steps=((None, "red"), (1, "green")),
                size=(5, 8),
            ),
            lines(
                "Time since the last commit",
                about("pipeline_last_commit_timestamp_seconds"),
                Query(f"time() - {selector('pipeline_last_commit_timestamp_seconds')}", "{{instance}}"),
                unit="s",
                limit=Settings().stall_timeout,
                size=(9, 8),
            ),
        ],
    )
