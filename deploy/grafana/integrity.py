"""The row of Operations that expects zero: what never happens while Earshot keeps its promises.

Called by `operations`. Each panel is a promise; a number in it is a fault of ours or of a source, never of traffic.
"""

from deploy.grafana.panels import EXPECT_ZERO, ZERO, Row, number
from deploy.grafana.queries import Query, about, in_range, selector, table_now
from streams.metrics.registry import declared


def row() -> Row:
    """The row; each panel's description begins with `EXPECT_ZERO`."""
    dead, rebuilds = declared("pipeline_dead_letters_total"), declared("pipeline_producer_rebuilds_total")
    shown = selector("conversation_posts_total")
    apart = "sum(abs(sum by (hospital) ({}) - on (hospital) {}))"
    posts = table_now("conversation_posts_total", "hospital")
    tiers, intents = (table_now(f"conversation_{kind}_posts_total", f"hospital, {kind}") for kind in ("tier", "intent"))
    return Row(
        "Integrity: expect zero",
        [
            number(
                "Hospitals shown twice",
                f"{EXPECT_ZERO} It may be more for one scrape while partitions move. Longer: two workers believe "
                "that they own the same partition; see both logs.",
                Query(f"count({shown}) - count(count by (hospital) ({shown}))"),
                steps=ZERO,
                size=(8, 5),
            ),
            number(
                "Totals that disagree",
                f"{EXPECT_ZERO} Each post has exactly one tier and one intent, so each sum must equal the posts. "
                "Otherwise a table is wrong: keep its changelog, run `earshot chaos`.",
                Query(apart.format(tiers, posts), "tiers"),
                Query(apart.format(intents, posts), "intents"),
                steps=ZERO,
                size=(8, 5),
            ),
            number(
                "Unreadable or unknown records",
                f"{EXPECT_ZERO} By where: {dead.help} {dead.act} `mentions`: records that no tagger of "
                "this version wrote. `compliance`: "
                "X changed its format, and withdrawals may be missed; see x_compliance_lines_total.",
                Query(in_range(dead.name, "where"), "{{where}}"),
                Query(in_range("pipeline_skipped_total", reason="not_a_record"), "mentions"),
                Query(in_range("x_compliance_lines_total", kind="unreadable|other"), "compliance"),
                steps=ZERO,
                size=(8, 5),
            ),
            number(
                "Replaced producers",
                f"{EXPECT_ZERO} {rebuilds.help} {rebuilds.act}",
                Query(in_range(rebuilds.name)),
                steps=ZERO,
                size=(8, 5),
            ),
            number(
                "Lost for good",
                f"{EXPECT_ZERO} Searches: {about('x_gaps_given_up_total')} Seconds: "
                f"{about('bluesky_gap_seconds_total')} Bytes: {about('pipeline_wal_damaged_bytes')}",
                Query(in_range("x_gaps_given_up_total"), "searches of X given up"),
                Query(in_range("bluesky_gap_seconds_total"), "seconds of Bluesky"),
                Query(
                    f"max(max_over_time({selector('pipeline_wal_damaged_bytes')}[$__range]))",
                    "bytes of the write-ahead log",
                ),
                steps=ZERO,
                size=(8, 5),
            ),
            number(
                "Refused rules",
                f"{EXPECT_ZERO} {about('x_rule_syncs_total')}",
                Query(in_range("x_rule_syncs_total", "result", result="partly|edit_refused"), "{{result}}"),
                steps=ZERO,
                size=(8, 5),
            ),
        ],
    )
