"""What every live source says of itself, declared once, by the label `source`.

Read through `registry`. Counted by the sources in `agents/ingest` and shown by that process alone; a source that
`EARSHOT_SOURCES` does not name has no series. What only one source has is declared in a module of its own.
"""

from streams.metrics.metric import Metric
from streams.vocabulary import LINE_KINDS, SOURCES, STREAM_ENDS

_SOURCE = {"source": SOURCES}

SOURCE: tuple[Metric, ...] = (
    Metric(
        name="source_stream_connected",
        kind="gauge",
        unit="1",
        labels=_SOURCE,
        jobs=("ingest",),
        help="1 while the source's stream is connected, else 0.",
        act="0 for minutes: see why in source_stream_outcomes_total and ingest's log. X does not repeat its stream; "
        "Bluesky sends up to 36 h again.",
    ),
    Metric(
        name="source_stream_connects_total",
        kind="counter",
        unit="connections",
        labels=_SOURCE,
        jobs=("ingest",),
        help="Connections that the source accepted.",
        act="A few a day are normal. Many an hour: the network, or a machine too slow to keep up. More than 40 to X "
        "in 15 minutes: two ingests run; find the other.",
    ),
    Metric(
        name="source_stream_outcomes_total",
        kind="counter",
        unit="attempts",
        labels={**_SOURCE, "outcome": STREAM_ENDS},
        jobs=("ingest",),
        help="How attempts to listen ended: closed by the source or the network, refused, or ended by us. No source "
        "has all outcomes.",
        act="docs/runbook.md has a line for each (StreamDisconnected for X, SourceDisconnected for others); ingest's "
        "log says what follows and when.",
    ),
    Metric(
        name="source_lines_total",
        kind="counter",
        unit="lines",
        labels={**_SOURCE, "kind": LINE_KINDS},
        jobs=("ingest",),
        help="Lines or events of the stream by kind. No source has all kinds.",
        act="Heartbeats or others without posts: the rules match nothing, or the directory has no accounts there. "
        "`dead` rising: the source changed its format.",
    ),
    Metric(
        name="source_last_line_timestamp_seconds",
        kind="gauge",
        unit="seconds",
        labels=_SOURCE,
        jobs=("ingest",),
        help="When the last line or event came, of any kind; seconds since the epoch. Absent before the first.",
        act="X sends a heartbeat every 20 s, Bluesky tens of events a second: older than a minute means that the "
        "stream is down.",
    ),
    Metric(
        name="source_last_post_timestamp_seconds",
        kind="gauge",
        unit="seconds",
        labels=_SOURCE,
        jobs=("ingest",),
        help="When the last matching post came, seconds since the epoch. Absent before the first.",
        act="Old while lines are fresh: a quiet hour, or rules that match nothing (for X, see x_rules).",
    ),
    Metric(
        name="source_delivery_lag_seconds",
        kind="gauge",
        unit="seconds",
        labels=_SOURCE,
        jobs=("ingest",),
        help="How late the last post (X) or event (Bluesky) came, by the source's time and this machine's. Absent "
        "before it.",
        act="99 % of X's posts come within 7 s. Minutes: the source sends missed posts again, or this machine's "
        "clock is wrong. Growing: this machine does not keep up.",
    ),
)
