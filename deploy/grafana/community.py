"""The Community dashboard: communities over all hospitals, those of a place and those of an interest.

Called by `build`. For who plans what a network says and to whom. Communities of a disease are only counted, and small
counts are held back.
"""

from grafana_foundation_sdk.builders import dashboard

from deploy.grafana import hospital_figures as figures
from deploy.grafana import panels
from deploy.grafana.hospital_figures import DAY, MONTH, WEEK
from deploy.grafana.hospital_posts import TIER_COLOURS
from deploy.grafana.network import by_region
from deploy.grafana.panels import Row, bars, lines, number
from deploy.grafana.queries import Query, in_range, selector, table_in_range, table_per_hour
from deploy.grafana.tables import Column, Text, listing
from streams.metrics.collector import MINIMUM_CELL
from streams.metrics.registry import declared
from streams.reading.topics.communities import Communities
from streams.vocabulary import TIERS

HELD_BACK = f"Communities of a disease show 0 below {MINIMUM_CELL} so that nobody can be recognised."


def build() -> str:
    """Its JSON."""
    frame = (
        dashboard.Dashboard("Earshot: community")
        .uid(panels.COMMUNITY_UID)
        .description(
            "Communities of a place and of an interest, over all hospitals: who takes part, and from how near."
        )
        .tags(["earshot"])
        .refresh("1m")
        .time("now-24h", "now")
        .with_variable(panels.data_source_variable())
    )
    return panels.assemble(panels.linked(frame, panels.COMMUNITY_UID), [_places(), _regions(), _interests()])


def _all(expr: str) -> str:
    return f"sum({expr})"


def _places() -> Row:
    tiers = declared("conversation_tier_posts_total")
    local, placed = _all(figures.local(MONTH)), _all(figures.placed(MONTH))
    named = declared("pipeline_named_places_total")
    each = table_in_range(tiers.name, "hospital, tier")
    flow = table_per_hour(tiers.name, "hospital, tier")
    return Row(
        "Do hospitals speak with the people around them?",
        [
            number(
                "Local share, 28 days",
                "Of all posts to or about a hospital whose author's place is known, the share from that hospital's "
                "own service area, and the ends of its 95 % interval. Falling: the talk is about the hospitals, not "
                "with the people they serve.",
                Query(figures.share(local, placed), "share"),
                Query(figures.bound(local, placed, "-"), "from"),
                Query(figures.bound(local, placed, "+"), "to"),
                Query(f"1 - {figures.share(placed, _all(figures.posts(MONTH)))}", "unknown"),
                unit="percentunit",
                size=(5, 8),
            ),
            bars(
                "Posts by nearness",
                f"{tiers.help} All hospitals, in the shown time; a post about two hospitals counts for both. "
                f"{tiers.act}",
                Query(f"sort_desc(sum by (tier) ({each}))", "{{tier}}"),
                colours=TIER_COLOURS,
                size=(6, 8),
            ),
            bars(
                "Towns named, by nearness",
                "Posts whose text names a town with its state, by how near that town is to the hospital, wherever the "
                f"author is. All hospitals, in the shown time. {named.act}",
                Query(
                    in_range(named.name, "tier", tier="|".join(one for one in TIERS if one != "unknown")), "{{tier}}"
                ),
                colours=TIER_COLOURS,
                size=(6, 8),
            ),
            lines(
                "Posts an hour by nearness",
                "Who causes a rise: `local` alone is about care; `national` is news. `unknown` rising alone: no place "
                "is read from profiles any more.",
                Query(f"sum by (tier) ({flow})", "{{tier}}"),
                unit="suffix: /h",
                stacked=True,
                colours=TIER_COLOURS,
                size=(7, 8),
            ),
        ],
    )


def _regions() -> Row:
    posts, local, placed = (by_region(one(MONTH)) for one in (figures.posts, figures.local, figures.placed))
    week = by_region(figures.posts(WEEK))
    people = by_region(figures.people_heard(MONTH, "local"))
    return Row(
        "Which regions take part?",
        [
            listing(
                "Referral regions, 28 days",
                "Each region with a hospital of the network, added up over its hospitals. *Local people*: different "
                "authors from a hospital's service area; one who writes to two hospitals counts twice. *Local*: of "
                "the posts whose author's place is known, those from the service area, with the ends of the 95 % "
                "interval. *Week*: the last seven days beside the average of the three weeks before.",
                "region",
                [
                    Text("Region", "region", 170),
                    Column("Hospitals", 'count by (region) (hospital:info{region!=""})', width=95),
                    Column("Posts", posts, width=80),
                    Column("Week", f"{week} / ((({posts} - {week}) / 3) > 0) - 1", "percentunit", width=80, decimals=0),
                    Column("Local people", people, width=115),
                    Column("Local", figures.share(local, placed), "percentunit", width=80, decimals=0),
                    Column("from", figures.bound(local, placed, "-"), "percentunit", width=70, decimals=0),
                    Column("to", figures.bound(local, placed, "+"), "percentunit", width=70, decimals=0),
                    Column("Unknown", f"1 - {figures.share(placed, posts)}", "percentunit", width=95, decimals=0),
                    Column("Waiting", by_region(figures.waiting()), width=85),
                ],
                sort="Posts",
                size=(24, 14),
            )
        ],
    )


def _interests() -> Row:
    name = declared("conversation_community_window_posts").name
    words = {one.id: (one.name, "") for one in Communities.load().by_id.values()}

    def posts(window: str, **matchers: str) -> str:
        return f"sum by (community) ({selector(name, window=window, **matchers)})"

    month, week = posts(MONTH), posts(WEEK)

    def heard(expr: str) -> str:
        return f"({expr}) and on (community) ({month} > 0)"

    return Row(
        "Which communities of interest speak with hospitals?",
        [
            listing(
                "Communities, 28 days",
                "Posts that speak to a community (by its hashtag or account) and to a hospital of the network. "
                "*Local*, *away*: whether their author is in that hospital's service area or elsewhere. *Week*: the "
                "last seven days "
                f"beside the average of the three weeks before. {HELD_BACK} Those without a post are left out. Local "
                f"and rising: a hospital's own town takes "
                "part; answer there. Away and rising: a community finds hospitals from afar.",
                "community",
                [
                    Text("Community", "community", 250, words=words),
                    Column("Posts", f"{month} > 0", width=75),
                    Column("Local", heard(posts(MONTH, near="local")), width=75),
                    Column("Away", heard(posts(MONTH, near="away")), width=75),
                    Column("Unknown", heard(posts(MONTH, near="unknown")), width=90),
                    Column("Last 7 days", heard(week), width=105),
                    Column("Last 24 h", heard(posts(DAY)), width=95),
                    Column("Week", f"{week} / ((({month} - {week}) / 3) > 0) - 1", "percentunit", width=80, decimals=0),
                ],
                sort="Posts",
                size=(16, 15),
            ),
            bars(
                "Nearness of communities, 28 days",
                f"All communities together, by how near the author is to the hospital. {HELD_BACK} Mostly `local`: "
                "interest and place go together.",
                Query(f"sort_desc(sum by (near) ({selector(name, window=MONTH)}))", "{{near}}"),
                colours={"local": "green", "away": "blue", "unknown": TIER_COLOURS["unknown"]},
                size=(8, 15),
            ),
        ],
    )
