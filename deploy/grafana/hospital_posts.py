"""Rows of the Hospital dashboard that tell what is said: how much, by whom, about what, and what it wants.

Called by `hospital`. Knows neither goals nor answers.
"""

from deploy.grafana.panels import Row, bars, lines, number
from deploy.grafana.queries import Query, in_range, selector, table_in_range, table_per_hour, table_week_before
from deploy.grafana.tables import Column, Text, Words, listing
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
SPANS: Words = {"1h": ("last hour", ""), "24h": ("24 hours", ""), "7d": ("7 days", ""), "28d": ("28 days", "")}


def how_much() -> Row:
    """Posts in the shown time."""
    posts, own, intents = (declared(f"conversation_{what}_total") for what in ("posts", "own_posts", "intent_posts"))
    return Row(
        "How much is said?",
        [
            number(
                "Posts",
                f"To or about this hospital, its own excluded. {HEARD} {posts.act}",
                Query(table_in_range(posts.name, "hospital", hospital=ONE)),
                size=(4, 7),
            ),
            number(
                "Want an answer",
                f"Questions, requests and complaints. {HEARD} A rise: people wait for a reply on X.",
                Query(f"sum({table_in_range(intents.name, 'intent', hospital=ONE, intent=WAITING)})"),
                size=(4, 7),
            ),
            number(
                "Possible crises",
                f"Posts whose words say that somebody may be in danger. {HEARD} If above 0, have someone read them "
                "now: `earshot attention list`.",
                Query(table_in_range(intents.name, "hospital", hospital=ONE, intent="crisis")),
                steps=((None, "green"), (1, "red")),
                size=(4, 7),
            ),
            lines(
                "Posts an hour",
                "Rate of posts. A rise: something happened here or is talked about; the rows below say what. A gap: no "
                "worker shows this hospital (see Operations).",
                Query(table_per_hour(posts.name, "hospital", hospital=ONE), "to or about it"),
                Query(table_per_hour(own.name, "hospital", hospital=ONE), "its own"),
                unit="suffix: /h",
                size=(12, 7),
            ),
        ],
    )


def _window(name: str, **matchers: str) -> str:
    return f"max by (window) ({selector(name, hospital=ONE, **matchers)})"


def who_speaks() -> Row:
    """From how near, with how much of it is known."""
    tiers, authors = declared("conversation_tier_posts_total"), declared("conversation_window_authors")
    posts, local, placed = (_window(f"conversation_window_{what}") for what in ("posts", "local_posts", "placed_posts"))
    return Row(
        "Who speaks, and from how near?",
        [
            listing(
                "Windows until now",
                "The last hour, day, week and four weeks until now, whatever time the dashboard shows. *People*: "
                f"{authors.help} {authors.act} *Local share*: of the posts whose author's place is known, those from "
                f"the "
                "service area. *Unknown*: posts whose author's place is not known; the more, the less the share says.",
                "window",
                [
                    Text("Until now", "window", 95, words=SPANS),
                    Column("Posts", posts, width=70),
                    Column("Want an answer", _window("conversation_window_wants_answer_posts"), width=125),
                    Column("People", _window(authors.name, near="all"), width=75),
                    Column("Local people", _window(authors.name, near="local"), width=105),
                    Column("Local share", f"{local} / ({placed} > 0)", "percentunit", width=100, decimals=0),
                    Column("Unknown", f"1 - {placed} / ({posts} > 0)", "percentunit", width=85, decimals=0),
                ],
                sort="Posts",
                size=(15, 7),
            ),
            bars(
                "Posts by tier",
                f"{tiers.help} {HEARD} Their sum is the posts. {tiers.act}",
                Query(f"sort_desc({table_in_range(tiers.name, 'tier', hospital=ONE)})", "{{tier}}"),
                colours=TIER_COLOURS,
                size=(9, 7),
            ),
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
                size=(12, 7),
            ),
            lines(
                "Posts an hour by tier",
                "Who causes a rise: `local` alone is about care here; `national` is news. `unknown` rising alone: "
                "no place is read from profiles any more.",
                Query(table_per_hour(tiers.name, "tier", hospital=ONE), "{{tier}}"),
                unit="suffix: /h",
                stacked=True,
                colours=TIER_COLOURS,
                size=(12, 7),
            ),
        ],
    )


def about_what() -> Row:
    """Topics, against the same time a week before."""
    topics, hidden = declared("conversation_topic_posts_total"), declared("conversation_suppressed_cells")
    surging = declared("conversation_surging_topics")
    taxonomy = Taxonomy.load()
    kept = "|".join(sorted(taxonomy.operational | taxonomy.safety))
    service_lines = "|".join(sorted(taxonomy.service_line))
    return Row(
        "What are the posts about?",
        [
            listing(
                "Operational and safety topics",
                f"Inbound posts by topic, those with any; a post may have several. {HEARD} *A week before*: the same "
                "hours of the week before, once Prometheus has them. A topic that rises alone points at a service; all "
                "together, at an event. *Sure*: of all hospitals' posts with that topic in that time, the share that "
                "speaks of it so clearly that few are wrong (docs/accuracy.md); the others are likely.",
                "topic",
                [*_topics(topics.name, kept, 1), _sure(topics.name, kept)],
                sort="Posts",
                size=(11, 15),
            ),
            listing(
                f"Service lines, from {MINIMUM_CELL} posts",
                f"A service line is near to somebody's health: it is only counted, and fewer than {MINIMUM_CELL} posts "
                "in the shown time are left out so that nobody can be recognised. A rise: a service is talked about.",
                "topic",
                _topics(topics.name, service_lines, MINIMUM_CELL),
                sort="Posts",
                size=(9, 15),
            ),
            number(
                "Topics in a surge, counts held back",
                f"In a surge: {surging.help} {surging.act} Held back: {hidden.help} Choose a longer time to see more.",
                Query(f"max by (hospital) ({selector(surging.name, hospital=ONE)})", "in a surge"),
                Query(f"max by (hospital) ({selector(hidden.name, hospital=ONE)})", "held back"),
                size=(4, 15),
            ),
        ],
    )


def _sure(name: str, topics: str) -> Column:
    """The share of sure ones, of the topics that the hospital has."""
    each = [in_range("pipeline_topics_total", "topic", topic=topics, **one) for one in ({"certainty": "sure"}, {})]
    mine = f"({table_in_range(name, 'topic', hospital=ONE, topic=topics)}) >= 1"
    return Column("Sure", f"({each[0]} / ({each[1]} > 0)) and on (topic) ({mine})", "percentunit", width=70, decimals=0)


def _topics(name: str, topics: str, least: int) -> list[Text | Column]:
    now = f"({table_in_range(name, 'topic', hospital=ONE, topic=topics)}) >= {least}"
    before = f"({table_week_before(name, 'topic', hospital=ONE, topic=topics)}) >= {least}"
    return [
        Text("Topic", "topic", 170),
        Column("Posts", now, width=75),
        Column("A week before", before, width=115),
        Column("Change", f"({now}) / ({before}) - 1", "percentunit", width=85, decimals=0),
    ]


def what_they_want() -> Row:
    """Intents."""
    intents = declared("conversation_intent_posts_total")
    return Row(
        "What do they want?",
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
