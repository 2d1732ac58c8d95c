"""Bluesky's own metrics, declared: cursor, gaps, memory. What every source has is `source.py`'s.

Read through `registry`. Counted by the parts of `agents/ingest/bluesky` and shown by that process alone; absent while
`EARSHOT_SOURCES` does not name it.
"""

from streams.metrics.metric import Metric

BLUESKY: tuple[Metric, ...] = (
    Metric(
        name="bluesky_cursor_lag_seconds",
        kind="gauge",
        unit="seconds",
        jobs=("ingest",),
        help="Age of the cursor: the time in Bluesky's stream from which the next start continues. Absent without a "
        "cursor.",
        act="Normally seconds; grows while the stream is down. Near 36 h Bluesky begins to forget what was missed.",
    ),
    Metric(
        name="bluesky_gap_seconds_total",
        kind="counter",
        unit="seconds",
        jobs=("ingest",),
        help="Time of outages that Bluesky could no longer send again.",
        act="Expect zero. The posts of that time are missing: the outage was longer than Bluesky keeps them.",
    ),
    Metric(
        name="bluesky_remembered_posts",
        kind="gauge",
        unit="posts",
        jobs=("ingest",),
        help="Accepted posts of the last day whose deletion ingest would pass on.",
        act="At its limit of a million, ingest forgets the oldest; a raw post expires after a day all the same.",
    ),
)
