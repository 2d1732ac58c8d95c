"""Bluesky's metrics, declared: Jetstream as ingest hears it.

Read through `registry`. Counted by the parts of `agents/ingest/bluesky` and shown by that process alone; absent while
`EARSHOT_SOURCES` does not name it.
"""

from streams.metrics.metric import Metric
from streams.vocabulary import BLUESKY_ENDS, BLUESKY_LINE_KINDS

BLUESKY: tuple[Metric, ...] = (
    Metric(
        name="bluesky_stream_connected",
        kind="gauge",
        unit="1",
        jobs=("ingest",),
        help="1 while Bluesky's stream is connected, else 0.",
        act="0 for minutes: see why in bluesky_stream_outcomes_total and ingest's log. Up to 36 h are sent again.",
    ),
    Metric(
        name="bluesky_stream_connects_total",
        kind="counter",
        unit="connections",
        jobs=("ingest",),
        help="Connections that Bluesky accepted.",
        act="A few a day is normal. Many an hour: the network, or a machine too slow to keep up.",
    ),
    Metric(
        name="bluesky_stream_outcomes_total",
        kind="counter",
        unit="attempts",
        labels={"outcome": BLUESKY_ENDS},
        jobs=("ingest",),
        help="How attempts to listen ended: broken off, refused, or ended by us.",
        act="Ingest's log has a line for each, with what it means and when the next attempt follows.",
    ),
    Metric(
        name="bluesky_lines_total",
        kind="counter",
        unit="events",
        labels={"kind": BLUESKY_LINE_KINDS},
        jobs=("ingest",),
        help="Events by kind: posts of ours, withdrawals of such, others (nearly all), dead ones.",
        act="`other` without `post`: the directory has no Bluesky accounts. `dead` rising: its format changed.",
    ),
    Metric(
        name="bluesky_last_line_timestamp_seconds",
        kind="gauge",
        unit="seconds",
        jobs=("ingest",),
        help="When the last event came, of any kind; seconds since the epoch. Absent before the first.",
        act="Tens come a second: older than a minute means that the stream is down.",
    ),
    Metric(
        name="bluesky_cursor_lag_seconds",
        kind="gauge",
        unit="seconds",
        jobs=("ingest",),
        help="Age of the cursor: where in Bluesky's time the next start would begin. Absent without one.",
        act="Seconds; grows while the stream is down. Near 36 h Bluesky begins to forget what was missed.",
    ),
    Metric(
        name="bluesky_delivery_lag_seconds",
        kind="gauge",
        unit="seconds",
        jobs=("ingest",),
        help="How late the last event came, by Bluesky's time and this machine's. Absent before the first.",
        act="Falls after an outage while what was missed is sent again. Growing: this machine does not keep up.",
    ),
    Metric(
        name="bluesky_gap_seconds_total",
        kind="counter",
        unit="seconds",
        jobs=("ingest",),
        help="Time for which Bluesky had nothing to send again after an outage, at its beginning.",
        act="Expect zero. Posts of that time are missing: the outage was longer than Bluesky keeps them.",
    ),
    Metric(
        name="bluesky_remembered_posts",
        kind="gauge",
        unit="posts",
        jobs=("ingest",),
        help="Accepted posts of the last day whose deletion would be passed on.",
        act="At its bound of a million the oldest are forgotten; a raw post expires after a day all the same.",
    ),
)
