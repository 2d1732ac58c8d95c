"""X's metrics, declared: the filtered stream as ingest hears it.

Read through `registry`. Counted by the parts of `agents/ingest` and shown by that process alone.
"""

from streams.metrics.metric import Metric
from streams.vocabulary import LINE_KINDS, STREAM_ENDS

X: tuple[Metric, ...] = (
    Metric(
        name="x_stream_connected",
        kind="gauge",
        unit="1",
        jobs=("ingest",),
        help="1 while X's stream is connected, else 0.",
        act="0 for minutes: see why in x_stream_outcomes_total and ingest's log. X sends no gap again.",
    ),
    Metric(
        name="x_stream_connects_total",
        kind="counter",
        unit="connections",
        jobs=("ingest",),
        help="Connections that X accepted.",
        act="A few a day is normal. Over 40 in 15 minutes is more than one ingest allows itself: look for two.",
    ),
    Metric(
        name="x_stream_outcomes_total",
        kind="counter",
        unit="attempts",
        labels={"outcome": STREAM_ENDS},
        jobs=("ingest",),
        help="How attempts to listen ended: by X, by a failed or silent network, refused with an HTTP status, by us.",
        act="`refused`: token, rules or rate limit, the log has the status. `network`: the way to X.",
    ),
    Metric(
        name="x_lines_total",
        kind="counter",
        unit="lines",
        labels={"kind": LINE_KINDS},
        jobs=("ingest",),
        help="Lines of the stream by kind; `dead` ones could not be read and stand in dead-letters.",
        act="Heartbeats without posts: the rules match nothing. `dead` rising: X changed its format.",
    ),
    Metric(
        name="x_last_line_timestamp_seconds",
        kind="gauge",
        unit="seconds",
        jobs=("ingest",),
        help="When the last line came, heartbeats included; seconds since the epoch. Absent before the first.",
        act="A heartbeat comes every 20 s: older than a minute means that the stream is down.",
    ),
    Metric(
        name="x_last_post_timestamp_seconds",
        kind="gauge",
        unit="seconds",
        jobs=("ingest",),
        help="When the last post came, seconds since the epoch. Absent before the first.",
        act="Old with fresh heartbeats: a quiet hour, or rules that match nothing (x_rules).",
    ),
    Metric(
        name="x_rules",
        kind="gauge",
        unit="rules",
        jobs=("ingest",),
        help="Stream rules of ours that stand at X, by the last time they were compared. Absent before the first.",
        act="Fewer than before without a change of the directory: X refused some, the log names their hospitals.",
    ),
)
