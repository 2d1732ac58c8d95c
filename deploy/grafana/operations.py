"""The Operations dashboard: the way of a post from its source to a table; each row answers one question, the last
expects zero.

Called by `build`. For the people who run Earshot. What to do about a panel is the registry's `act`, so that page, panel
and reference say the same.
"""

from grafana_foundation_sdk.builders import dashboard

from deploy.grafana import ingest, integrity, panels
from deploy.grafana.panels import Row, bars, lines, number
from deploy.grafana.queries import Query, about, age, quantile, rate, selector
from streams.metrics.registry import declared
from streams.settings import Settings

VISIBLE_GOAL = 0.99
"""Of posts, in a table within 30 s: the service level."""
ANNOTATED = 'ALERTS{alertstate="firing", alertname!="Watchdog"}'


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
        .annotation(
            dashboard.AnnotationQuery()
            .name("Alerts")
            .datasource(panels.SOURCE)
            .enable(True)
            .icon_color("red")
            .expr(ANNOTATED)
            .title_format("{{alertname}}")
            .text_format("{{severity}}")
            .step("60s")
        )
        .link(panels.link("Ingest", panels.INGEST_UID))
        .link(panels.link("Hospital", panels.HOSPITAL_UID))
    )
    return panels.assemble(frame, [_heard(), _in_time(), _held(), _room(), integrity.row()])


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
                size=(4, 4),
            ),
            number(
                "Write-ahead log, share in use",
                about("pipeline_wal_bytes", "Below 1 % is normal: a segment or two."),
                Query(ingest.log_share()),
                unit="percentunit",
                steps=ingest.USED,
                size=(4, 4),
            ),
            number(
                "Oldest record waiting for Kafka",
                "0 when no record is waiting. " + declared("pipeline_wal_oldest_timestamp_seconds").act,
                Query(ingest.oldest_waiting()),
                unit="s",
                steps=((None, "green"), (ingest.WAITED_SECONDS, "orange"), (ingest.WAITED_LONG_SECONDS, "red")),
                size=(4, 4),
            ),
        ],
    )


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
            lines(
                "Age of posts when counted",
                about("pipeline_visible_seconds", "Rising: the tables fall behind the sources."),
                Query(quantile(0.5, "pipeline_visible_seconds"), "half within"),
                Query(quantile(0.99, "pipeline_visible_seconds"), "99 % within"),
                unit="s",
                limit=30,
                size=(7, 7),
            ),
            lines(
                "Records waiting for workers",
                about("pipeline_lag_records"),
                Query("stage:pipeline_lag_records:sum", "{{stage}}"),
                unit="locale",
                size=(6, 7),
            ),
            lines(
                "Records not committed, by partition",
                about("pipeline_group_lag_records"),
                Query(
                    f"max by (stage, partition) ({selector('pipeline_group_lag_records')})", "{{stage}} {{partition}}"
                ),
                unit="locale",
                size=(7, 7),
            ),
            lines(
                "Records processed",
                about("pipeline_records_total", "Rising: more is said, or a worker replays after a restart."),
                Query(rate("pipeline_records_total", "stage"), "{{stage}}"),
                unit="suffix: /s",
                size=(8, 7),
            ),
            lines(
                "Time per chunk, 99 % within",
                about("pipeline_chunk_seconds"),
                Query(quantile(0.99, "pipeline_chunk_seconds", "stage"), "{{stage}}"),
                unit="s",
                size=(8, 7),
            ),
            lines(
                "Skipped records",
                about("pipeline_skipped_total", "`duplicate` and `no_hospital` are normal."),
                Query(rate("pipeline_skipped_total", "reason"), "{{reason}}"),
                unit="suffix: /s",
                size=(8, 7),
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
                size=(4, 8),
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
                size=(4, 8),
            ),
            number(
                "Hospitals shown",
                "Share of the directory's hospitals that workers show now, of those that may have series "
                "(EARSHOT_METRICS_HOSPITALS). Below 100 %: partitions have no worker or recover, and the Hospital "
                "dashboard has gaps. See the workers' logs.",
                Query(f"job:conversation_hospitals:count / on () {directory}"),
                unit="percentunit",
                steps=((None, "red"), (1, "green")),
                size=(4, 8),
            ),
            lines(
                "Time since the last commit",
                about("pipeline_last_commit_timestamp_seconds"),
                Query(f"time() - {selector('pipeline_last_commit_timestamp_seconds')}", "{{instance}}"),
                unit="s",
                limit=Settings().stall_timeout,
                size=(6, 8),
            ),
            bars(
                "Most posts, last hour",
                "The ten hospitals with most posts in the last hour; a bar links to its dashboard. If one is far above "
                "its usual, look there first: it may be news.",
                Query(
                    "sort_desc(topk(10, hospital:conversation_posts:increase1h * on (hospital) group_left (name) "
                    "hospital:info))",
                    "{{name}}",
                ),
                link=(
                    "This hospital",
                    f"/d/{panels.HOSPITAL_UID}?${{__url_time_range}}&${{datasource:queryparam}}"
                    "&var-hospital=${__field.labels.hospital}",
                ),
                size=(6, 8),
            ),
        ],
    )


def _room() -> Row:
    free, size = (selector(f"pipeline_disk_{what}_bytes") for what in ("free", "size"))
    return Row(
        "Is there room, and are workers stable?",
        [
            lines(
                "Free disk",
                about("pipeline_disk_free_bytes"),
                Query(f"min by (job) ({free} / {size})", "{{job}}"),
                unit="percentunit",
                most=1,
                size=(12, 6),
            ),
            lines(
                "Recoveries",
                about("pipeline_recoveries_total"),
                Query(f"sum(increase({selector('pipeline_recoveries_total')}[$__rate_interval]))"),
                unit="none",
                events=True,
                size=(12, 6),
            ),
        ],
    )
