"""The Cost and policy dashboard: what X costs this month, how near its limits are, and whether what was promised about
people's posts is kept.

Called by `build`. For who pays and for who answers for privacy. How a stream does stands in Ingest.
"""

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models import dashboard as models

from deploy.grafana import ingest, panels
from deploy.grafana.panels import Row, bars, lines, number
from deploy.grafana.queries import Query, about, age, in_range, selector, since
from streams.metrics.registry import declared

PRICE = "0.005"
"""US dollars a post, X's pay-per-use in August 2026; the dashboard's field changes it."""
DOLLARS = "currencyUSD"


def build() -> str:
    """Its JSON."""
    frame = (
        dashboard.Dashboard("Earshot: cost and policy")
        .uid(panels.COST_UID)
        .description("What X costs this month, how near its limits are, and whether withdrawn posts stay gone.")
        .tags(["earshot"])
        .refresh("5m")
        .time("now-7d", "now")
        .with_variable(panels.data_source_variable())
        .with_variable(
            dashboard.TextBoxVariable("price")
            .label("US dollars a post")
            .default_value(PRICE)
            .current(models.VariableOption(text=PRICE, value=PRICE))
        )
    )
    return panels.assemble(panels.linked(frame, panels.COST_UID), [_month(), _limits(), _withdrawn(), _privacy()])


def _month() -> Row:
    reads, limit, projected = (f"max({selector(f'x_posts_read{what}')})" for what in ("", "_limit", "_projected"))
    return Row(
        "What does this month cost?",
        [
            number(
                "Paid so far",
                "Posts that X delivered this calendar month (UTC), at the price that stands above: the most that X "
                "bills, since every copy is counted. Change the price there to that of your plan.",
                Query(f"{reads} * $price"),
                unit=DOLLARS,
                size=(4, 8),
            ),
            number(
                "At the month's end",
                f"The same where this month is heading at its pace so far. {about('x_posts_read_projected')}",
                Query(f"{projected} * $price"),
                unit=DOLLARS,
                size=(4, 8),
            ),
            number(
                "Share of the month's budget",
                "Posts read beside EARSHOT_X_MONTHLY_READS, so far and at the month's end at this pace. At 100 % "
                "ingest stops reading X until the next month. *no data*: no budget is set.",
                Query(f"{reads} / {limit}", "so far"),
                Query(f"{projected} / {limit}", "at its end"),
                unit="percentunit",
                steps=ingest.NEARLY,
                size=(5, 8),
            ),
            lines(
                "Posts read this month",
                about("x_posts_read", "A jump: a rule matches too much, or a gap was searched."),
                Query(reads, "so far"),
                Query(projected, "at its end"),
                Query(limit, "budget"),
                unit="locale",
                colours={"budget": "red"},
                size=(11, 8),
            ),
        ],
    )


def _limits() -> Row:
    rules, most = (f"max({selector(f'x_rules{what}')})" for what in ("", "_limit"))
    found = selector("x_catch_up_posts_total")
    return Row(
        "How near are the limits?",
        [
            number(
                "Stream rules",
                f"{about('x_rules')} Beside the number that the plan allows.",
                Query(rules, "at X"),
                Query(most, "allowed"),
                size=(5, 6),
            ),
            number(
                "Share of the rules allowed",
                about("x_rules_limit"),
                Query(f"{rules} / {most}"),
                unit="percentunit",
                steps=ingest.NEARLY,
                size=(5, 6),
            ),
            number(
                "Posts read to close gaps",
                f"In the shown time, and their price; they are part of the month's reads. "
                f"{about('x_catch_up_posts_total')}",
                Query(f"sum(increase({found}[$__range]))"),
                size=(5, 6),
            ),
            number(
                "Their price",
                "What the posts read to close gaps cost in the shown time, at the price that stands above. Large: the "
                "stream was down for long, see Ingest.",
                Query(f"sum(increase({found}[$__range])) * $price"),
                unit=DOLLARS,
                size=(4, 6),
            ),
            number(
                "Oldest gap not searched",
                "How long ago the oldest gap began that ingest has not searched yet; 0 when there is none. X's search "
                "reaches back seven days.",
                Query(since("x_catch_up_oldest_timestamp_seconds", "source_stream_connected", source="x")),
                unit="s",
                steps=((None, "green"), (ingest.SILENCE_SECONDS, "orange"), (ingest.QUIET_SECONDS, "red")),
                size=(5, 6),
            ),
        ],
    )


def _withdrawn() -> Row:
    return Row(
        "Are withdrawn posts gone?",
        [
            bars(
                "Withdrawals by X, honoured",
                f"In the shown time. {about('x_withdrawals_total')}",
                Query(f"sort_desc({in_range('x_withdrawals_total', 'why')})", "{{why}}"),
                size=(8, 8),
            ),
            number(
                "Withdrawals that reached the tables",
                "In the shown time: posts that workers took out of their queues. Counts stay, as they name nobody. A "
                "replay after a restart counts them again.",
                Query(in_range("pipeline_skipped_total", reason="withdrawal")),
                size=(5, 8),
            ),
            number(
                "Time since X was last asked",
                "Seconds with the compliance stream, up to a day with jobs. "
                f"{declared('x_compliance_checked_timestamp_seconds').act} *no data*: EARSHOT_X_COMPLIANCE is off, or "
                f"ingest "
                "has never asked.",
                Query(age("x_compliance_checked_timestamp_seconds")),
                unit="s",
                steps=((None, "green"), (ingest.LATE_SECONDS, "orange"), (ingest.OVERDUE_SECONDS, "red")),
                size=(5, 8),
            ),
            number(
                "Deletions on Bluesky",
                "In the shown time: events that took back accepted posts. Each leaves the queues at once.",
                Query(in_range("source_lines_total", source="bluesky", kind="withdrawal")),
                size=(6, 8),
            ),
        ],
    )


def _privacy() -> Row:
    hidden = declared("conversation_suppressed_cells")
    return Row(
        "Does anything leak, and is anything dropped?",
        [
            number(
                "Counts held back",
                f"All hospitals. {hidden.help} More after a change of topics is normal; it says how much is hidden, "
                f"not that "
                "anything is wrong.",
                Query(f"sum(max by (hospital) ({selector(hidden.name)}))"),
                size=(6, 8),
            ),
            bars(
                "Hospitals with most counts held back",
                f"The ten with most. {hidden.help} {hidden.act}",
                Query(
                    f"sort_desc(topk(10, max by (hospital) ({selector(hidden.name)}) * on (hospital) group_left (name) "
                    "hospital:info))",
                    "{{name}}",
                ),
                size=(9, 8),
            ),
            bars(
                "Dead letters by reason",
                f"In the shown time. {about('pipeline_dead_letters_total')} They are kept a day and can be retried "
                "(`earshot deadletters`).",
                Query(
                    f"sort_desc({in_range('pipeline_dead_letters_total', 'where, reason')})", "{{where}}: {{reason}}"
                ),
                size=(9, 8),
            ),
        ],
    )
