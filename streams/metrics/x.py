"""X's own metrics, declared: rules, gaps, reads and compliance. What every source has is `source.py`'s.

Read through `registry`. Counted by the parts of `agents/ingest` and shown by that process alone.
"""

from streams.metrics.metric import Metric
from streams.vocabulary import COMPLIANCE_KINDS, RULE_SYNCS, WITHDRAWN

X: tuple[Metric, ...] = (
    Metric(
        name="x_rules",
        kind="gauge",
        unit="rules",
        jobs=("ingest",),
        help="Stream rules of ours that stand at X, by the last time they were compared. Absent before the first.",
        act="Fewer than before without a change of the directory: X refused some, the log names their hospitals.",
    ),
    Metric(
        name="x_rules_limit",
        kind="gauge",
        unit="rules",
        jobs=("ingest",),
        help="EARSHOT_X_MAX_RULES: stream rules that the plan with X allows.",
        act="x_rules near it: the next hospitals or queries will be refused. Remove some, or take a larger plan.",
    ),
    Metric(
        name="x_rule_syncs_total",
        kind="counter",
        unit="syncs",
        labels={"result": RULE_SYNCS},
        jobs=("ingest",),
        help="Comparisons with the rules at X, and edits of directory or queries that could not be used.",
        act="`edit_refused`: the log says which line; what was listened for before stays. `partly`: the log names the "
        "rules that X refused. `failed`: it is tried again by itself.",
    ),
    Metric(
        name="x_gaps_total",
        kind="counter",
        unit="gaps",
        jobs=("ingest",),
        help="Times that the stream was down or ingest was not there, and posts may have been missed.",
        act="Each is searched for afterwards; see x_catch_up_oldest_timestamp_seconds.",
    ),
    Metric(
        name="x_gap_seconds_total",
        kind="counter",
        unit="seconds",
        jobs=("ingest",),
        help="How long these gaps were together.",
        act="Hours: posts came late, and those of more than seven days ago never.",
    ),
    Metric(
        name="x_gaps_given_up_total",
        kind="counter",
        unit="searches",
        jobs=("ingest",),
        help="Searches of a gap that were given up: the month's reads were used up, or X kept refusing.",
        act="Expect zero. The log says which; posts of that gap are missing.",
    ),
    Metric(
        name="x_catch_up_posts_total",
        kind="counter",
        unit="posts",
        jobs=("ingest",),
        help="Posts that were found by search, copies of what the stream brought among them.",
        act="Rises after a gap and then stands still.",
    ),
    Metric(
        name="x_catch_up_oldest_timestamp_seconds",
        kind="gauge",
        unit="seconds",
        jobs=("ingest",),
        help="Where the oldest gap begins that is not searched yet, seconds since the epoch. Absent when all are.",
        act="Older by the hour: search is rate limited or refused; see ingest's log.",
    ),
    Metric(
        name="x_posts_read",
        kind="gauge",
        unit="posts",
        jobs=("ingest",),
        help="Posts that X delivered this calendar month (UTC), every copy counted: what it bills, at most.",
        act="Near x_posts_read_limit: ingest ends there. Raise EARSHOT_X_MONTHLY_READS, or listen for fewer hospitals.",
    ),
    Metric(
        name="x_posts_read_projected",
        kind="gauge",
        unit="posts",
        jobs=("ingest",),
        help="What x_posts_read will be at the month's end if it goes on as since its beginning.",
        act="Over x_posts_read_limit: the month will not be covered to its end.",
    ),
    Metric(
        name="x_posts_read_limit",
        kind="gauge",
        unit="posts",
        jobs=("ingest",),
        help="EARSHOT_X_MONTHLY_READS. Absent when there is no limit.",
        act="A setting; compare x_posts_read.",
    ),
    Metric(
        name="x_withdrawals_total",
        kind="counter",
        unit="posts",
        labels={"why": WITHDRAWN},
        jobs=("ingest",),
        help="Posts that X took back while we kept them, by its reason. Absent when EARSHOT_X_COMPLIANCE is off.",
        act="A few in a hundred posts are normal. None for days with x_compliance_lines_total rising: nothing matches.",
    ),
    Metric(
        name="x_compliance_lines_total",
        kind="counter",
        unit="lines",
        labels={"kind": COMPLIANCE_KINDS},
        jobs=("ingest",),
        help="Lines of X's compliance by what they were. Absent when EARSHOT_X_COMPLIANCE is off.",
        act="`unreadable` or `other` rising: X changed its format, and withdrawals may be missed.",
    ),
    Metric(
        name="x_compliance_on",
        kind="gauge",
        unit="1",
        jobs=("ingest",),
        help="1 while ingest asks X which posts were taken back. Absent when EARSHOT_X_COMPLIANCE is off.",
        act="A setting; with it goes the alert ComplianceOverdue.",
    ),
    Metric(
        name="x_compliance_checked_timestamp_seconds",
        kind="gauge",
        unit="seconds",
        jobs=("ingest",),
        help="Up to when X was asked what was taken back, seconds since the epoch. Absent when it never was.",
        act="Older than a day and a half: see ComplianceOverdue in docs/runbook.md.",
    ),
)
