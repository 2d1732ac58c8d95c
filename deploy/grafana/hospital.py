"""The Hospital dashboard: what people say to and about one hospital, from how near, about what, and what they want.

Called by `build`. For the hospital's own people: numbers are the tables', and `unknown` stands beside every share.
"""

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models import dashboard as models

from deploy.grafana import panels
from deploy.grafana.panels import Row, bars, lines, number
from deploy.grafana.queries import Query, selector, table_in_range, table_now, table_per_hour
from streams.metrics.collector import MINIMUM_CELL
from streams.metrics.registry import declared
from streams.reading.topics.taxonomy import Taxonomy

ONE = "$hospital"
TIER_COLOURS = {
    "local": "green",
    "regional": "blue",
    "national": "purple",
    "international": "orange",
    "unknown": "#8e8e8e",
}
WAITING = "question|request|complaint"
"""Intents that want an answer."""
HEARD = "In the shown time, from the tables: exact over restarts, copies counted once."


def build() -> str:
    """Its JSON."""
    frame = (
        dashboard.Dashboard("Earshot: hospital")
        .uid(panels.HOSPITAL_UID)
        .description("One hospital: how many posts, from how near, about what, and what people want.")
        .tags(["earshot"])
        .refresh("1m")
        .time("now-24h", "now")
        .with_variable(panels.data_source_variable())
        .with_variable(_hospital_variable())
        .link(panels.link("Operations", panels.OPERATIONS_UID))
        .link(panels.link("Ingest", panels.INGEST_UID))
    )
    return panels.assemble(frame, [_how_much(), _windows(), _how_near(), _about_what(), _what_they_want()])


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


def _how_much() -> Row:
    posts, own, intents = (declared(f"conversation_{what}_total") for what in ("posts", "own_posts", "intent_posts"))
    return Row(
        "How many posts?",
        [
            number(
                "Posts",
                f"To or about this hospital, its own excluded. {HEARD} {posts.act}",
                Query(table_in_range(posts.name, "hospital", hospital=ONE)),
            ),
            number(
                "Posts, lifetime",
                "All posts to or about this hospital so far, its own excluded. If it falls, a changelog was lost.",
                Query(table_now(posts.name, "hospital", hospital=ONE)),
            ),
            number(
                "Its own posts",
                f"{own.help} {HEARD} A rise: the hospital answers or announces.",
                Query(table_in_range(own.name, "hospital", hospital=ONE)),
            ),
            number(
                "Posts that want an answer",
                f"Questions, requests and complaints. {HEARD} A rise: people wait for a reply on X.",
                Query(f"sum({table_in_range(intents.name, 'intent', hospital=ONE, intent=WAITING)})"),
            ),
            number(
                "Possible crises",
                f"Posts whose words say that somebody may be in danger. {HEARD} If above 0, have someone read them "
                "now: `earshot attention list`.",
                Query(table_in_range(intents.name, "hospital", hospital=ONE, intent="crisis")),
                steps=((None, "green"), (1, "red")),
            ),
            number(
                "Local share, last day",
                "Share of posts from the hospital's service area, among posts whose author's place is known; beside it "
                "the share without a known place. A falling share is a question for the hospital's people; a rising "
                "`unknown` makes the share less certain.",
                Query(f'hospital:conversation_local:ratio1d{{hospital="{ONE}"}}', "local"),
                Query(f'1 - hospital:conversation_placed:ratio1d{{hospital="{ONE}"}}', "unknown"),
                unit="percentunit",
            ),
            lines(
                "Posts an hour",
                "Rate of posts. A rise: something happened here or is talked about; the rows below say what. A gap: no "
                "worker shows this hospital (see Operations).",
                Query(table_per_hour(posts.name, "hospital", hospital=ONE), "to or about it"),
                Query(table_per_hour(own.name, "hospital", hospital=ONE), "its own"),
                unit="suffix: /h",
                size=(24, 7),
            ),
        ],
    )


def _window(name: str, by: str = "window", **matchers: str) -> str:
    """A gauge of windows, of whichever worker shows this hospital."""
    return f"max by ({by}) ({selector(name, hospital=ONE, **matchers)})"


def _windows() -> Row:
    posts, local, placed, authors, per_residents, interests = (
        declared(f"conversation_{what}")
        for what in (
            "window_posts",
            "window_local_posts",
            "window_placed_posts",
            "window_authors",
            "local_authors_per_10000_residents",
            "window_interest_posts",
        )
    )
    communities = declared("conversation_community_window_posts")
    return Row(
        "Windows: how much now, this week, these four weeks?",
        [
            bars(
                "Posts by window",
                f"{posts.help} The last hour, day, week and four weeks until now, whatever time the dashboard shows. "
                f"{posts.act}",
                Query(_window(posts.name), "{{window}}"),
                size=(4, 8),
            ),
            bars(
                "Local share by window",
                "Of the posts whose author's place is known, the share whose author is local. No bar: no place is "
                "known. Read it with the panel beside it.",
                Query(f"{_window(local.name)} / ({_window(placed.name)} > 0)", "{{window}}"),
                unit="percentunit",
                size=(4, 8),
            ),
            bars(
                "Known places by window",
                "Of all posts, the share whose author's place is known; the rest is `unknown`. The lower it is, the "
                "less the local share says.",
                Query(f"{_window(placed.name)} / ({_window(posts.name)} > 0)", "{{window}}"),
                unit="percentunit",
                size=(4, 8),
            ),
            bars(
                "Authors by window",
                f"{authors.help} {authors.act}",
                Query(_window(authors.name, "window, near"), "{{window}}, {{near}}"),
                size=(4, 8),
            ),
            number(
                "Local authors per 10,000 residents",
                f"{per_residents.help} {per_residents.act}",
                Query(_window(per_residents.name, "hospital")),
                size=(4, 8),
            ),
            bars(
                "Communities of interest, 28 days",
                f"{interests.help} Here the last 28 days. {interests.act}",
                Query(_window(interests.name, "interest, near", window="28d"), "{{interest}}, {{near}}"),
                size=(4, 8),
            ),
            bars(
                "Communities by nearness, all hospitals, 28 days",
                f"{communities.help} The 20 largest. {communities.act}",
                Query(
                    f"topk(20, sum by (community, near) ({selector(communities.name, window='28d')}))",
                    "{{community}}, {{near}}",
                ),
                size=(24, 9),
            ),
        ],
    )


def _how_near() -> Row:
    tiers = declared("conversation_tier_posts_total")
    return Row(
        "How near are the authors?",
        [
            lines(
                "Local share and its coverage, last day",
                "`local`: of the posts with a known place, the share from the service area. `coverage`: of all posts, "
                "the share whose place is known; `unknown` is the rest. With low coverage the share says little.",
                Query(f'hospital:conversation_local:ratio1d{{hospital="{ONE}"}}', "local, of known places"),
                Query(f'hospital:conversation_placed:ratio1d{{hospital="{ONE}"}}', "coverage"),
                Query(f'1 - hospital:conversation_placed:ratio1d{{hospital="{ONE}"}}', "unknown"),
                unit="percentunit",
                most=1,
                colours={"local, of known places": "green", "coverage": "blue", "unknown": TIER_COLOURS["unknown"]},
                size=(10, 8),
            ),
            bars(
                "Posts by tier",
                f"{tiers.help} {HEARD} Their sum is the posts. {tiers.act}",
                Query(f"sort_desc({table_in_range(tiers.name, 'tier', hospital=ONE)})", "{{tier}}"),
                colours=TIER_COLOURS,
                size=(6, 8),
            ),
            lines(
                "Posts an hour by tier",
                "Who causes a rise: `local` alone is about care here; `national` is news. `unknown` rising alone: "
                "no place is read from profiles any more.",
                Query(table_per_hour(tiers.name, "tier", hospital=ONE), "{{tier}}"),
                unit="suffix: /h",
                stacked=True,
                colours=TIER_COLOURS,
                size=(8, 8),
            ),
        ],
    )


def _about_what() -> Row:
    topics, hidden = declared("conversation_topic_posts_total"), declared("conversation_suppressed_cells")
    taxonomy = Taxonomy.load()
    kept = "|".join(sorted(taxonomy.operational | taxonomy.safety))
    service_lines = "|".join(sorted(taxonomy.service_line))
    return Row(
        "What are the posts about?",
        [
            bars(
                "Operational and safety topics",
                f"Inbound posts by topic, those with any; a post may have several. {HEARD} {topics.act}",
                Query(f"sort_desc({_some(topics.name, kept, 1)})", "{{topic}}"),
                size=(8, 10),
            ),
            bars(
                f"Service lines, from {MINIMUM_CELL} posts",
                f"A service line is near to somebody's health: it is only counted, and fewer than {MINIMUM_CELL} posts "
                "in the shown time are left out so that nobody can be recognised. A rise: a service is talked about.",
                Query(f"sort_desc({_some(topics.name, service_lines, MINIMUM_CELL)})", "{{topic}}"),
                size=(6, 10),
            ),
            lines(
                "Posts an hour by topic",
                "Operational and safety topics. One that rises alone points at a service; all together, at an event.",
                Query(table_per_hour(topics.name, "topic", hospital=ONE, topic=kept), "{{topic}}"),
                unit="suffix: /h",
                size=(6, 10),
            ),
            number(
                "Hidden service-line counts",
                f"{hidden.help} A rise: more topics, few posts each. Choose a longer time.",
                Query(f"max by (hospital) ({selector(hidden.name, hospital=ONE)})"),
                size=(4, 10),
            ),
        ],
    )


def _what_they_want() -> Row:
    intents = declared("conversation_intent_posts_total")
    return Row(
        "What do the posts want?",
        [
            bars(
                "Posts by intent",
                f"{intents.help} {HEARD} Their sum is the posts. {intents.act}",
                Query(f"sort_desc({table_in_range(intents.name, 'intent', hospital=ONE)})", "{{intent}}"),
                size=(9, 8),
            ),
            lines(
                "Posts an hour by intent",
                "If complaints rise with one topic, look at that service. `compliment` rising: tell who earned it.",
                Query(table_per_hour(intents.name, "intent", hospital=ONE), "{{intent}}"),
                unit="suffix: /h",
                stacked=True,
                size=(15, 8),
            ),
        ],
    )


def _some(name: str, topics: str, least: int) -> str:
    return f"{table_in_range(name, 'topic', hospital=ONE, topic=topics)} >= {least}"
