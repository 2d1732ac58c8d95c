"""The Ingest dashboard: the way of a post from its source to Kafka; each row answers one question.

Called by `build`. For the people who run Earshot, once Operations says that something is wrong before Kafka, and for
who pays X. What to do about a panel is the registry's `act`. What must never happen stands in Operations (`integrity`).
"""

from grafana_foundation_sdk.builders import dashboard

from deploy.grafana import panels
from deploy.grafana.panels import Row, Sized, Steps, bars, lines, number
from deploy.grafana.queries import Query, about, age, in_range, quantile, rate, selector, since
from streams.metrics.registry import declared
from streams.settings import Settings
from streams.vocabulary import NETWORKS, SOURCES

SILENCE_SECONDS = 60.0
"""X sends a heartbeat every 20 s, Bluesky tens of events a second: so much without a line is an outage."""
QUIET_SECONDS = 1800.0
"""Without a post: what the alert StreamSilent waits for."""
WAITED_SECONDS, WAITED_LONG_SECONDS = 10.0, 60.0
"""A record is on Kafka within a second; a restart of the broker takes less than half a minute."""
FILLING = 0.75
"""Of the log's cap: what the alert WalFilling waits for."""
SYNC_SECONDS = 0.01
"""From a record's arrival to the disk; more is a slow disk (docs/ingest.md)."""
LATE_SECONDS, OVERDUE_SECONDS = 90_000.0, 129_600.0
"""A check a day is 25 h apart at most; what the alert ComplianceOverdue waits for is a day and a half."""

CONNECTED = {0: "down", 1: "connected"}
UP: Steps = ((None, "red"), (1, "green"))
NEARLY: Steps = ((None, "green"), (0.8, "orange"), (1, "red"))
"""A share of what is allowed."""
USED: Steps = ((None, "green"), (0.5, "orange"), (FILLING, "red"))


def build() -> str:
    """Its JSON."""
    frame = (
        dashboard.Dashboard("Earshot: ingest")
        .uid(panels.INGEST_UID)
        .description("From the sources to Kafka: each row answers one question. *no data*: not listened to.")
        .tags(["earshot"])
        .refresh("30s")
        .time("now-6h", "now")
        .with_variable(panels.data_source_variable())
    )
    return panels.assemble(
        panels.linked(panels.annotated(frame), panels.INGEST_UID),
        [_heard(), _waiting(), _missed(), _cost(), _rules(), _taken_back()],
    )


def _heard() -> Row:
    connects = f"sum by (source) (increase({selector('source_stream_connects_total')}[$__rate_interval]))"
    ends = f"sum by (source, outcome) (increase({selector('source_stream_outcomes_total')}[$__rate_interval]))"
    return Row(
        "Is everything received?",
        [
            number(
                "Time since the last line and post",
                f"A line: {declared('source_last_line_timestamp_seconds').act} A post: "
                f"{declared('source_last_post_timestamp_seconds').act}",
                Query(age("source_last_line_timestamp_seconds", "source"), "{{source}}, line"),
                Query(age("source_last_post_timestamp_seconds", "source"), "{{source}}, post"),
                unit="s",
                steps=((None, "green"), (SILENCE_SECONDS, "orange"), (QUIET_SECONDS, "red")),
                size=(6, 8),
            ),
            lines(
                "How attempts to listen end",
                about("source_stream_outcomes_total", "Rising: the stream keeps ending."),
                Query(ends, "{{source}}: {{outcome}}"),
                Query(connects, "{{source}}: connected"),
                unit="none",
                events=True,
                size=(18, 8),
            ),
            *(_lines(source, 16 // len(SOURCES)) for source in SOURCES),
            lines(
                "Unreadable lines and posts, by reason",
                about("pipeline_dead_letters_total", "The runbook, DeadLettersAppearing, has a line for each reason."),
                Query(rate("pipeline_dead_letters_total", "where, reason"), "{{where}}: {{reason}}"),
                unit="suffix: /s",
                size=(8, 7),
            ),
        ],
    )


def _lines(source: str, width: int) -> Sized:
    return lines(
        f"Lines of {NETWORKS[source].title} by kind",
        about(
            "source_lines_total",
            "Posts rising: people write more, or a rule matches too much. All far above their usual: a replay after an "
            "outage.",
        ),
        Query(rate("source_lines_total", "kind", source=source), "{{kind}}"),
        unit="suffix: /s",
        size=(width, 7),
    )


def _waiting() -> Row:
    return Row(
        "Is anything waiting?",
        [
            number(
                "Write-ahead log, share in use",
                about("pipeline_wal_bytes", "Below 1 % is normal: a segment or two."),
                Query(log_share()),
                unit="percentunit",
                steps=USED,
                size=(4, 8),
            ),
            number(
                "Oldest record waiting",
                "Age of the oldest accepted record that Kafka does not have; 0 when there is none. "
                f"{declared('pipeline_wal_oldest_timestamp_seconds').act}",
                Query(oldest_waiting()),
                unit="s",
                steps=((None, "green"), (WAITED_SECONDS, "orange"), (WAITED_LONG_SECONDS, "red")),
                size=(4, 8),
            ),
            lines(
                "Accepted, and acknowledged by Kafka",
                "What must reach Kafka, and what Kafka has taken: normally equal; withdrawals and posts from search "
                f"come on top. Accepted above: posts wait. {declared('pipeline_ingest_acked_total').act}",
                Query(rate("source_lines_total", kind="post|dead"), "accepted"),
                Query(rate("pipeline_ingest_acked_total"), "acknowledged"),
                unit="suffix: /s",
                size=(8, 8),
            ),
            lines(
                "Records waiting",
                about("pipeline_wal_records", "On the way: sent to Kafka and not acknowledged; the line is the limit."),
                Query(f"max({selector('pipeline_wal_records')})", "in the write-ahead log"),
                Query(f"max({selector('pipeline_ingest_outstanding_records')})", "on the way"),
                unit="locale",
                limit=Settings().ingest_outstanding,
                size=(8, 8),
            ),
            lines(
                "Time to the disk, 99 % within",
                about("pipeline_wal_sync_seconds", "Rising: ingest accepts posts later, and X's buffer fills."),
                Query(quantile(0.99, "pipeline_wal_sync_seconds")),
                unit="s",
                limit=SYNC_SECONDS,
                size=(12, 6),
            ),
            lines(
                "Delay behind the sources",
                f"Delivery: {about('source_delivery_lag_seconds')} Cursor: {about('bluesky_cursor_lag_seconds')}",
                Query(f"max by (source) ({selector('source_delivery_lag_seconds')})", "{{source}}: delivery"),
                Query(f"max({selector('bluesky_cursor_lag_seconds')})", "bluesky: cursor"),
                unit="s",
                size=(12, 6),
            ),
        ],
    )


def _missed() -> Row:
    return Row(
        "Did ingest miss anything?",
        [
            number(
                "Gaps in X's stream",
                f"In the shown time. {about('x_gaps_total')}",
                Query(in_range("x_gaps_total")),
                steps=((None, "green"), (0.5, "orange")),
                size=(4, 6),
            ),
            number(
                "Total length of gaps",
                f"In the shown time. {about('x_gap_seconds_total')}",
                Query(in_range("x_gap_seconds_total")),
                unit="s",
                steps=((None, "green"), (SILENCE_SECONDS, "orange"), (QUIET_SECONDS, "red")),
                size=(4, 6),
            ),
            number(
                "Oldest gap not searched",
                "How long ago the oldest gap began that ingest has not searched yet; 0 when there is none. "
                f"{declared('x_catch_up_oldest_timestamp_seconds').act}",
                Query(since("x_catch_up_oldest_timestamp_seconds", "source_stream_connected", source="x")),
                unit="s",
                steps=((None, "green"), (SILENCE_SECONDS, "orange"), (QUIET_SECONDS, "red")),
                size=(4, 6),
            ),
            lines(
                "Posts found by search",
                about("x_catch_up_posts_total"),
                Query(rate("x_catch_up_posts_total")),
                unit="suffix: /s",
                size=(12, 6),
            ),
        ],
    )


def _cost() -> Row:
    reads, limit = (f"max({selector(f'x_posts_read{what}')})" for what in ("", "_limit"))
    projected = f"max({selector('x_posts_read_projected')})"
    return Row(
        "What will the month cost?",
        [
            number(
                "Reads of X, share of the month's limit",
                f"So far, and at the month's end at this pace. {about('x_posts_read_projected')} *no data*: no "
                "limit is set.",
                Query(f"{reads} / {limit}", "so far"),
                Query(f"{projected} / {limit}", "at its end"),
                unit="percentunit",
                steps=NEARLY,
                size=(6, 6),
            ),
            lines(
                "Posts read this month",
                about("x_posts_read", "At its end: x_posts_read_projected, rough in the first days."),
                Query(reads, "so far"),
                Query(projected, "at its end"),
                Query(limit, "limit"),
                unit="locale",
                colours={"limit": "red"},
                size=(18, 6),
            ),
        ],
    )


def _rules() -> Row:
    return Row(
        "Are the rules complete?",
        [
            number(
                "Rules at X",
                about("x_rules"),
                Query(f"max({selector('x_rules')})", "at X"),
                Query(f"max({selector('x_rules_limit')})", "allowed"),
                size=(4, 6),
            ),
            number(
                "Rules, share of the plan's limit",
                about("x_rules_limit"),
                Query(f"max({selector('x_rules')}) / max({selector('x_rules_limit')})"),
                unit="percentunit",
                steps=NEARLY,
                size=(4, 6),
            ),
            lines(
                "Comparisons with the rules at X",
                about("x_rule_syncs_total", "Anything but `done`: ingest may miss posts for some hospitals."),
                Query(f"sum by (result) (increase({selector('x_rule_syncs_total')}[$__rate_interval]))", "{{result}}"),
                unit="none",
                events=True,
                size=(16, 6),
            ),
        ],
    )


def _taken_back() -> Row:
    return Row(
        "Are withdrawn posts gone?",
        [
            number(
                "Time since the last compliance check",
                "Seconds with the compliance stream, up to a day with jobs. "
                f"{declared('x_compliance_checked_timestamp_seconds').act} *no data*: EARSHOT_X_COMPLIANCE is off, or "
                "ingest has never asked.",
                Query(age("x_compliance_checked_timestamp_seconds")),
                unit="s",
                steps=((None, "green"), (LATE_SECONDS, "orange"), (OVERDUE_SECONDS, "red")),
                size=(4, 7),
            ),
            bars(
                "Posts that X took back, by reason",
                f"In the shown time. {about('x_withdrawals_total')}",
                Query(in_range("x_withdrawals_total", "why"), "{{why}}"),
                size=(6, 7),
            ),
            lines(
                "Lines of X's compliance by kind",
                about("x_compliance_lines_total"),
                Query(rate("x_compliance_lines_total", "kind"), "{{kind}}"),
                unit="suffix: /s",
                size=(7, 7),
            ),
            lines(
                "Withdrawals from the streams",
                "Lines that took back accepted posts: deletions, accounts that are gone. A few in a hundred posts are "
                "normal. None from X, whose compliance has the panels beside this. Remembered posts of Bluesky: "
                f"{declared('bluesky_remembered_posts').act}",
                Query(f"3600 * {rate('source_lines_total', 'source', kind='withdrawal')}", "{{source}}"),
                unit="suffix: /h",
                size=(7, 7),
            ),
        ],
    )


def log_share() -> str:
    """How much of its cap ingest's log takes; Operations shows it, too."""
    return f"max({selector('pipeline_wal_bytes')} / {selector('pipeline_wal_limit_bytes')})"


def oldest_waiting() -> str:
    """Seconds since the oldest record came that Kafka has not."""
    return since("pipeline_wal_oldest_timestamp_seconds", "pipeline_wal_records")
