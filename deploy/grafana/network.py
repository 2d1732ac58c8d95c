"""The Network dashboard, Grafana's start page: every hospital in one table, the referral regions on a map, firing
alerts.

Called by `build`. For a system's communications people and for who is on duty: what needs somebody now, and where. Each
row of the table leads to the hospital's own dashboard.
"""

from grafana_foundation_sdk.builders import dashboard

from deploy.grafana import hospital_figures as figures
from deploy.grafana import panels
from deploy.grafana.hospital_figures import DAY, MONTH
from deploy.grafana.panels import FIRING, Row, Steps, number
from deploy.grafana.queries import Query, selector
from deploy.grafana.tables import Column, Text, Words, listing, regions_map

SURGE: Words = {
    "surge": ("surge", "orange"),
    "normal": ("as usual", ""),
    "learning": ("learning", ""),
}
URGENCY: Words = {"page": ("now", "red"), "ticket": ("today", "orange"), "none": ("", "")}
A_DAY, TWO_DAYS = 86_400.0, 172_800.0
WAITED: Steps = ((None, "green"), (A_DAY, "orange"), (TWO_DAYS, "red"))
"""A question stops waiting at 72 h."""
ANY: Steps = ((None, "green"), (1, "red"))
TO_HOSPITAL = (
    f"/d/{panels.HOSPITAL_UID}?${{__url_time_range}}&${{datasource:queryparam}}"
    "&var-hospital=${__data.fields.hospital}"
)


def build() -> str:
    """Its JSON."""
    frame = (
        dashboard.Dashboard("Earshot: network")
        .uid(panels.NETWORK_UID)
        .description("All hospitals at a glance: who is talked about, who answers, where something is going on.")
        .tags(["earshot"])
        .refresh("1m")
        .time("now-24h", "now")
        .with_variable(panels.data_source_variable())
    )
    return panels.assemble(panels.linked(frame, panels.NETWORK_UID), [_at_a_glance(), _each(), _where()])


def _at_a_glance() -> Row:
    crises = figures.waiting(by="", intent="crisis")
    met, chosen = (f"sum({one})" for one in (figures.goals_met(), figures.goals_set()))
    surging = f"count(max by (hospital) ({selector('conversation_surge_score', surge_verdict='surge')}))"
    return Row(
        "What needs somebody now?",
        [
            number(
                "Posts, last 24 h",
                "To or about any hospital of the network, the hospitals' own excluded; a post about two counts for "
                "both. Far below a usual day while the streams are connected is news, too.",
                Query(f"sum({figures.posts(DAY)})"),
            ),
            number(
                "Possible crises waiting",
                "Unanswered posts of the last 72 h whose words say that somebody may be in danger. If above 0, have a "
                "person read them now: `earshot attention list` shows them.",
                Query(crises),
                steps=ANY,
            ),
            number(
                "Posts waiting for an answer",
                "Questions, requests, complaints and possible crises of the last 72 h that no hospital has answered. "
                "The table says where; `earshot questions` lists them.",
                Query(figures.waiting(by="")),
            ),
            number(
                "Longest wait",
                "Age of the oldest of them. At 72 h a post stops waiting and counts as unanswered.",
                Query(f"max({figures.oldest_waiting()})"),
                unit="s",
                steps=WAITED,
            ),
            number(
                "Goals met",
                "Of the goals that hospitals set themselves, the share that they meet beyond chance. *no data*: no "
                "hospital set itself a goal (`goals.csv`, see docs/directory.md).",
                Query(f"{met} / {chosen}"),
                unit="percentunit",
            ),
            number(
                "Hospitals in a surge",
                "Hospitals about which far more was said in the last full hour than in the same hour of past weeks. "
                "Sort the table by surge to see which; 0 also while Earshot still learns what is usual (two weeks).",
                Query(f"{surging} or vector(0)"),
                steps=((None, "green"), (1, "orange")),
            ),
        ],
    )


def _each() -> Row:
    local, placed = figures.local(MONTH), figures.placed(MONTH)
    name = f"{figures.posts(DAY)} * on (hospital) group_left (name, region) hospital:info"
    return Row(
        "How does each hospital do?",
        [
            listing(
                "All hospitals",
                "Click a heading to sort, a name to open that hospital. *Posts*: last 24 h; *Change*: how much more "
                "or less than an average day of the four weeks before. *Local*: of the posts whose author's place is "
                "known, the share from the service area (28 days), *from* and *to* the ends of its 95 % interval, and "
                "how many places are *Unknown*. *Answered*: posts to the hospital that got an answer within 24 h (28 "
                "days). *Waiting* and *Oldest*: posts of the last 72 h without one. *Goals met* of those that the "
                "hospital set itself. *Score*: how far the last full hour exceeds the same hour of past weeks. An "
                "empty cell: too few posts to say. In Earshot's first four weeks averages are too low, so changes "
                "look too high.",
                "hospital",
                [
                    Text("Hospital", "name", 215, link=TO_HOSPITAL),
                    Text("Region", "region", 115),
                    Column("Posts", name, width=60),
                    Column("Change", figures.against_average_day(), "percentunit", width=75, decimals=0),
                    Column("Local", figures.share(local, placed), "percentunit", width=62, decimals=0),
                    Column("from", figures.bound(local, placed, "-"), "percentunit", width=55, decimals=0),
                    Column("to", figures.bound(local, placed, "+"), "percentunit", width=55, decimals=0),
                    Column("Unknown", figures.unknown_share(MONTH), "percentunit", width=82, decimals=0),
                    Column("Answered", figures.answered_in_a_day(), "percentunit", width=84, decimals=0),
                    Column("Waiting", figures.waiting(), width=72),
                    Column("Oldest", figures.oldest_waiting(), "s", WAITED, width=78, decimals=1),
                    Column("Goals met", figures.goals_met(), width=86),
                    Column("of", figures.goals_set(), width=42),
                    Column("Score", figures.surge(), "none", width=62, decimals=1),
                    Text("Surge", "surge_verdict", 80, words=SURGE),
                    Text("Id", "hospital", 68),
                ],
                sort="Posts",
                size=(24, 20),
            )
        ],
    )


def by_region(expr: str) -> str:
    """A number of hospitals, added up by referral region."""
    return f'sum by (region) ({expr} * on (hospital) group_left (region) hospital:info{{region!=""}})'


def _where() -> Row:
    since = f"(time() - ALERTS_FOR_STATE) and ignoring (alertstate) {FIRING}"
    each = f"max by (alertname, severity, hospital) ({since})"
    named = f"{each} * on (hospital) group_left (name) hospital:info or ({each} unless on (hospital) hospital:info)"
    return Row(
        "Where, and what is wrong with Earshot itself?",
        [
            regions_map(
                "Referral regions, 28 days",
                "One mark for each referral region with a hospital of the network, at the centre of its people: the "
                "larger, the more posts; green where at least 25 %, blue where at least 5 % of the posts whose "
                "author's place is known are local. Your browser fetches the background from CARTO; without internet "
                "there is none.",
                by_region(figures.posts(MONTH)),
                ("Local share", figures.share(by_region(figures.local(MONTH)), by_region(figures.placed(MONTH)))),
                ((None, "purple"), (0.05, "blue"), (0.25, "green")),
                size=(14, 13),
            ),
            listing(
                "Firing alerts",
                "What Earshot warns of now, the one that wants somebody first on top. *Needs somebody*: now, or today. "
                "docs/runbook.md has a chapter of the same name for each, with what to do. Empty: all is well.",
                "alertname",
                [
                    Text("Alert", "alertname", 190),
                    Text("Needs somebody", "severity", 135, words=URGENCY),
                    Text("Hospital", "name", 160),
                    Column("For", named, "s", width=90, decimals=1),
                ],
                sort="Needs somebody",
                up=True,
                size=(10, 13),
                empty="no alert fires",
            ),
        ],
    )
