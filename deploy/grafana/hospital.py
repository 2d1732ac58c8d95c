"""The Hospital dashboard: how one hospital does against its own goals, who speaks to and about it, about what, what
they want and whether it answers, beside the hospitals of its region.

Called by `build`. For the hospital's own people: numbers are the tables', and what is not known stands beside every
share.
"""

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models import dashboard as models

from deploy.grafana import hospital_figures as figures
from deploy.grafana import panels
from deploy.grafana.hospital_figures import DAY
from deploy.grafana.hospital_posts import about_what, how_much, what_they_want, who_speaks
from deploy.grafana.network import TO_HOSPITAL, WAITED
from deploy.grafana.panels import Row, bars, number
from deploy.grafana.queries import Query, selector
from deploy.grafana.tables import Column, Text, Words, listing
from streams.directory.hospital import GOALS
from streams.metrics.collector import MINIMUM_CELL
from streams.metrics.registry import declared

ONE = "$hospital"
STATES: Words = {
    "met": ("met", "green"),
    "missed": ("missed", "red"),
    "too_few": ("too few posts to say", ""),
}
INTENT_WORDS: Words = {
    "question": ("Questions", ""),
    "request": ("Requests", ""),
    "complaint": ("Complaints", ""),
    "crisis": ("Possible crises", "red"),
}
GOAL_WORDS: Words = {
    goal: (f"{kind.meaning[0].upper()}{kind.meaning[1:]}, {kind.unit} ({kind.better} is better)", "")
    for goal, kind in GOALS.items()
}
SAME_REGION = f'hospital:info and on (region) hospital:info{{hospital="{ONE}", region!=""}}'


def build() -> str:
    """Its JSON."""
    frame = (
        dashboard.Dashboard("Earshot: hospital")
        .uid(panels.HOSPITAL_UID)
        .description("One hospital: its own goals, who speaks, about what, what they want, and whether it answers.")
        .tags(["earshot"])
        .refresh("1m")
        .time("now-24h", "now")
        .with_variable(panels.data_source_variable())
        .with_variable(_hospital_variable())
    )
    rows = [_goals(), how_much(), who_speaks(), about_what(), what_they_want(), _answers(), _around()]
    return panels.assemble(panels.linked(frame, panels.HOSPITAL_UID), rows)


def _hospital_variable() -> dashboard.QueryVariable:
    """The hospital, shown by name and place, kept by id."""
    return (
        dashboard.QueryVariable("hospital")
        .label("Hospital")
        .datasource(panels.SOURCE)
        .query('query_result(label_join(hospital:info, "shown", ", ", "name", "city", "state"))')
        .regex('/hospital="(?<value>[^"]*)".*shown="(?<text>[^"]*)"/')
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.ALPHABETICAL_CASE_INSENSITIVE_ASC)
    )


def _now(name: str, by: str = "hospital", **matchers: str) -> str:
    """A gauge of this hospital, of whichever worker shows it."""
    return f"max by ({by}) ({selector(name, hospital=ONE, **matchers)})"


def _goals() -> Row:
    actual, target = declared("conversation_goal_actual"), declared("conversation_goal_target")
    index, voice = declared("conversation_service_index"), declared("conversation_share_of_voice")
    return Row(
        "How are we doing against our own goals?",
        [
            number(
                "This hospital",
                "Whose dashboard this is. Choose another above, or in the table of the dashboard Network.",
                Query(f'hospital:info{{hospital="{ONE}"}}', "{{name}}, {{city}}, {{state}}"),
                name_alone=True,
                size=(9, 4),
            ),
            number(
                "Posts, last 24 h",
                "To or about this hospital, its own excluded. The panel beside it says whether that is much.",
                Query(_now("conversation_window_posts", window=DAY)),
                size=(3, 4),
            ),
            number(
                "Against an average day",
                "Posts of the last 24 h beside the average of the 27 days before them: 0 % is as usual, 100 % twice as "
                "many. In Earshot's first four weeks the average is too low.",
                Query(f'({figures.against_average_day()}) and on (hospital) hospital:info{{hospital="{ONE}"}}'),
                unit="percentunit",
                size=(4, 4),
            ),
            number(
                "Last full hour",
                "How far its posts exceed the same hour of past weeks, in standard deviations. *surge*: far more than "
                "usual; see below what is talked about, then read the posts on X. *learning*: less than two weeks are "
                "known, so nothing is said yet.",
                Query(_now("conversation_surge_score", by="surge_verdict"), "{{surge_verdict}}"),
                unit="none",
                steps=((None, "green"), (4, "orange")),
                size=(4, 4),
            ),
            number(
                "Standing, per cent",
                f"Service index: {index.help} Share of voice: {voice.help} {voice.act}",
                Query(_now(index.name), "service index"),
                Query(_now(voice.name), "share of voice"),
                unit="none",
                size=(4, 4),
            ),
            listing(
                "Goals",
                f"{target.help} *too few posts to say*: {target.act.partition('`too_few`: ')[2]} Goals are set in "
                f"`goals.csv` (docs/directory.md). *Now*: {actual.help}",
                "goal",
                [
                    Text("Goal", "goal", 420, words=GOAL_WORDS),
                    Column("Now", _now(actual.name, by="goal"), "none", width=80, decimals=1),
                    Column("Target", _now(target.name, by="goal, goal_verdict"), "none", width=80, decimals=1),
                    Text("State", "goal_verdict", 170, words=STATES),
                ],
                size=(16, 10),
            ),
            listing(
                "Who waits for an answer?",
                "Posts of the last 72 h that speak to the hospital and are neither answered nor taken back. `earshot "
                "questions` lists them. *Possible crises*: have a person read them now (`earshot attention list`).",
                "intent",
                [
                    Text("They are", "intent", 150, words=INTENT_WORDS),
                    Column("Waiting", _now("conversation_open_questions", by="intent"), width=90),
                    Column(
                        "Longest wait",
                        _now("conversation_oldest_question_seconds", by="intent"),
                        "s",
                        WAITED,
                        width=120,
                        decimals=1,
                    ),
                ],
                sort="Waiting",
                size=(8, 10),
            ),
        ],
    )


def _answers() -> Row:
    within = {"1 h": "answered_1h_share", "24 h": "answered_24h_share"}
    asked = declared("conversation_questions")
    of_all = f"sum({_now(asked.name, by='outcome')})"
    shares = [
        f'label_replace({_now("conversation_goal_actual", by="goal", goal=goal)} / 100, "within", "{span}", "", "")'
        for span, goal in within.items()
    ]
    all_in = f"{_now(asked.name, by='outcome', outcome='answered')} / on () group_left () ({of_all} > 0)"
    shares.append(f'label_replace({all_in}, "within", "72 h", "", "")')
    return Row(
        "Do we answer?",
        [
            bars(
                "Answered within",
                "Of the posts of 28 days that asked for an answer, the share answered in 1, 24 and 72 hours; each "
                "counts the posts whose time is over, so the last one rests on somewhat fewer. Read it with the "
                "number of posts beside it. The median is among the goals.",
                Query(" or ".join(shares), "{{within}}"),
                unit="percentunit",
                size=(12, 7),
            ),
            number(
                "What became of their posts",
                f"{asked.help} {asked.act}",
                Query(_now(asked.name, by="outcome"), "{{outcome}}"),
                size=(12, 7),
            ),
        ],
    )


def _around() -> Row:
    interests = declared("conversation_window_interest_posts")
    local, placed = figures.local("28d"), figures.placed("28d")

    def of_region(expr: str) -> str:
        return f"({expr}) and on (hospital) ({SAME_REGION})"

    return Row(
        "Which communities speak, and how do the hospitals around us do?",
        [
            listing(
                "Communities of interest, 28 days",
                f"Posts that speak to a community, by how near their author is. *Illness*: fewer than {MINIMUM_CELL} "
                f"show as 0 so that nobody can be recognised. {interests.act} Names: the dashboard Community.",
                "near",
                [
                    Text("Author", "near", 110),
                    Column("Illness", _now(interests.name, by="near", window="28d", interest="health"), width=90),
                    Column("All others", _now(interests.name, by="near", window="28d", interest="open"), width=100),
                ],
                size=(8, 8),
            ),
            listing(
                "Hospitals of our referral region, 28 days",
                "This hospital and its neighbours. *Share of voice*: part of all posts to the region's hospitals; it "
                "is attention, not quality. *Local*: share of posts from their own service area, of those whose "
                "author's place is known. Empty cells: too few posts to say.",
                "hospital",
                [
                    Text("Hospital", "name", 230, link=TO_HOSPITAL),
                    Column(
                        "Posts", f"({figures.posts('28d')} * on (hospital) group_left (name) ({SAME_REGION}))", width=75
                    ),
                    Column(
                        "Share of voice, %",
                        of_region(f"max by (hospital) ({selector('conversation_share_of_voice')})"),
                        "none",
                        width=135,
                        decimals=0,
                    ),
                    Column("Local", of_region(figures.share(local, placed)), "percentunit", width=75, decimals=0),
                    Column("Answered", of_region(figures.answered_in_a_day()), "percentunit", width=95, decimals=0),
                    Column(
                        "Service index, %",
                        of_region(f"max by (hospital) ({selector('conversation_service_index')})"),
                        "none",
                        width=130,
                        decimals=0,
                    ),
                    Text("Id", "hospital", 75),
                ],
                sort="Posts",
                size=(16, 8),
            ),
        ],
    )
