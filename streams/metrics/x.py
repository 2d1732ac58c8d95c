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
        help="Our stream rules at X, at the last comparison. Absent before the first.",
        act="Fewer than before without a change of the directory: X refused some; the log names their hospitals.",
    ),
    Metric(
        name="x_rules_limit",
        kind="gauge",
        unit="rules",
        jobs=("ingest",),
        help="EARSHOT_X_MAX_RULES: stream rules that the plan with X allows.",
        act="If x_rules nears it, X will refuse the next hospitals or queries. Remove some, or take a larger plan.",
    ),
    Metric(
        name="x_rule_syncs_total",
        kind="counter",
        unit="syncs",
        labels={"result": RULE_SYNCS},
        jobs=("ingest",),
        help="Comparisons with the rules at X, and edits of directory or queries that ingest refused.",
        act="`edit_refused`: the log names the wrong line; ingest keeps the rules from before. `partly`: the log "
        "names the rules that X refused. `failed`: ingest tries again by itself.",
    ),
    Metric(
        name="x_gaps_total",
        kind="counter",
        unit="gaps",
        jobs=("ingest",),
        help="Times that the stream was down or ingest was not running, so that posts may have been missed.",
        act="Ingest searches for each gap afterwards; see x_catch_up_oldest_timestamp_seconds.",
    ),
    Metric(
        name="x_gap_seconds_total",
        kind="counter",
        unit="seconds",
        jobs=("ingest",),
        help="Total length of these gaps.",
        act="Hours: posts came late, and posts of more than seven days ago never.",
    ),
    Metric(
        name="x_gaps_given_up_total",
        kind="counter",
        unit="searches",
        jobs=("ingest",),
        help="Searches of a gap that ingest gave up: the month's reads were used up, or X kept refusing.",
        act="Expect zero. The log says which; the posts of that gap are missing.",
    ),
    Metric(
        name="x_catch_up_posts_total",
        kind="counter",
        unit="posts",
        jobs=("ingest",),
        help="Posts that search found, including copies of what the stream brought.",
        act="Rises after a gap and then stops.",
    ),
    Metric(
        name="x_catch_up_oldest_timestamp_seconds",
        kind="gauge",
        unit="seconds",
        jobs=("ingest",),
        help="When the oldest gap began that ingest has not searched yet, seconds since the epoch. Absent when there "
        "is none.",
        act="If it gets older by the hour, X limits or refuses the search; see ingest's log.",
    ),
    Metric(
        name="x_posts_read",
        kind="gauge",
        unit="posts",
        jobs=("ingest",),
        help="Posts that X delivered this calendar month (UTC), every copy counted: the most that X bills.",
        act="At x_posts_read_limit ingest hangs up until the next month: raise EARSHOT_X_MONTHLY_READS, or listen for "
        "fewer hospitals.",
    ),
    Metric(
        name="x_posts_read_projected",
        kind="gauge",
        unit="posts",
        jobs=("ingest",),
        help="Where x_posts_read will be at the month's end at the pace so far.",
        act="Over x_posts_read_limit: ingest will hang up before the month ends.",
    ),
    Metric(
        name="x_posts_read_limit",
        kind="gauge",
        unit="posts",
        jobs=("ingest",),
        help="EARSHOT_X_MONTHLY_READS. Absent when there is no limit.",
        act="Nothing: compare x_posts_read with it.",
    ),
    Metric(
        name="x_reads_used_up",
        kind="gauge",
        unit="1",
        jobs=("ingest",),
        help="1 while X may deliver no more posts this month by EARSHOT_X_MONTHLY_READS, and ingest waits for the "
        "next. Absent when there is no limit.",
        act="1: see ReadsUsedUp in docs/runbook.md.",
    ),
    Metric(
        name="x_withdrawals_total",
        kind="counter",
        unit="posts",
        labels={"why": WITHDRAWN},
        jobs=("ingest",),
        help="Posts that X took back while we kept them, by reason. Absent when EARSHOT_X_COMPLIANCE is off.",
        act="A few in a hundred posts are normal. None for days while x_compliance_lines_total rises: no line "
        "matches a post.",
    ),
    Metric(
        name="x_compliance_lines_total",
        kind="counter",
        unit="lines",
        labels={"kind": COMPLIANCE_KINDS},
        jobs=("ingest",),
        help="Lines of X's compliance by kind. Absent when EARSHOT_X_COMPLIANCE is off.",
        act="`unreadable` or `other` rising: X changed its format, and ingest may miss withdrawals.",
    ),
    Metric(
        name="x_compliance_on",
        kind="gauge",
        unit="1",
        jobs=("ingest",),
        help="1 while ingest asks X which posts were taken back. Absent when EARSHOT_X_COMPLIANCE is off.",
        act="Nothing: a setting, on which the alert ComplianceOverdue depends.",
    ),
    Metric(
        name="x_compliance_checked_timestamp_seconds",
        kind="gauge",
        unit="seconds",
        jobs=("ingest",),
        help="Up to when ingest has asked X what was taken back, seconds since the epoch. Absent when it never has.",
        act="Older than a day and a half: see ComplianceOverdue in docs/runbook.md.",
    ),
)
