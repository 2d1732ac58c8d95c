"""The domain's metrics, declared: what people say to and about each hospital.

Read through `registry`. Their values come from the tables (`collector`), so they survive restarts.
"""

from streams.directory.hospital import KINDS
from streams.metrics.metric import Metric
from streams.vocabulary import INTENTS, INTERESTS, NEARS, SPANS, TIERS, WHOSES

HOSPITAL = "hospital"
TOPIC = "topic"
WINDOW = "window"

CONVERSATION: tuple[Metric, ...] = (
    Metric(
        name="conversation_posts_total",
        kind="counter",
        unit="posts",
        labels={HOSPITAL: ()},
        help="Inbound posts: to or about a hospital, its own excluded, over its lifetime.",
        act="Compare with the same hour of past weeks; a flat line while the stream is live is news, too.",
    ),
    Metric(
        name="conversation_own_posts_total",
        kind="counter",
        unit="posts",
        labels={HOSPITAL: ()},
        help="Posts that the hospital wrote.",
        act="Nothing: context for the answers it gives.",
    ),
    Metric(
        name="conversation_tier_posts_total",
        kind="counter",
        unit="posts",
        labels={HOSPITAL: (), "tier": TIERS},
        help="Inbound posts by how near their author is. `unknown` is an answer: show it beside every share.",
        act="If the local share falls below the hospital's own goal, that is a question for its people, not for "
        "operations.",
    ),
    Metric(
        name="conversation_topic_posts_total",
        kind="counter",
        unit="posts",
        labels={HOSPITAL: (), TOPIC: ()},
        help="Inbound posts by topic; a post may have several. Service lines show 0 below five.",
        act="A topic that rises alone points at a service: read the posts on X, answer there.",
    ),
    Metric(
        name="conversation_intent_posts_total",
        kind="counter",
        unit="posts",
        labels={HOSPITAL: (), "intent": INTENTS},
        help="Inbound posts by what they want; each post has exactly one intent.",
        act="Questions and complaints wait for an answer; `crisis` needs a person now.",
    ),
    Metric(
        name="conversation_community_posts_total",
        kind="counter",
        unit="posts",
        labels={HOSPITAL: (), "near": NEARS, "interest": INTERESTS},
        help="Inbound posts that speak to a community of interest, by nearness. `health`, about a disease: 0 below "
        "five.",
        act="Compare with conversation_tier_posts_total: whom a hospital serves by place, and whom by interest.",
    ),
    Metric(
        name="conversation_window_posts",
        kind="gauge",
        unit="posts",
        labels={HOSPITAL: (), WINDOW: SPANS},
        help="Posts to or about a hospital in a window, its own excluded, by the posts' own time.",
        act="Compare with the same window a week ago. A fall with a live stream is news, too.",
    ),
    Metric(
        name="conversation_window_own_posts",
        kind="gauge",
        unit="posts",
        labels={HOSPITAL: (), WINDOW: SPANS},
        help="Posts by the hospital itself in a window.",
        act="None: context for answers given.",
    ),
    Metric(
        name="conversation_window_wants_answer_posts",
        kind="gauge",
        unit="posts",
        labels={HOSPITAL: (), WINDOW: SPANS},
        help="Posts in a window that speak to the hospital and ask, request, complain or tell of a crisis.",
        act="A rise: people wait for a reply of the hospital.",
    ),
    Metric(
        name="conversation_window_local_posts",
        kind="gauge",
        unit="posts",
        labels={HOSPITAL: (), WINDOW: SPANS},
        help="Posts in a window whose author is local. Divide by conversation_window_placed_posts for the local share.",
        act="Show it with the share that is placed: with few places known, a local share says little.",
    ),
    Metric(
        name="conversation_window_placed_posts",
        kind="gauge",
        unit="posts",
        labels={HOSPITAL: (), WINDOW: SPANS},
        help="Posts in a window whose author's place is known: every tier but `unknown`.",
        act="Divide by conversation_window_posts for the coverage of every share by place.",
    ),
    Metric(
        name="conversation_window_authors",
        kind="gauge",
        unit="people",
        labels={HOSPITAL: (), WINDOW: SPANS, "near": WHOSES},
        help="Different people who wrote to or about a hospital in a window. Exact up to about 100, beyond that with "
        "a standard error of 0.8 %. One person on two networks counts twice. Not in `1h`.",
        act="Posts rise and authors do not: a few people write a lot. Both rise: many are concerned.",
    ),
    Metric(
        name="conversation_local_authors_per_10000_residents",
        kind="gauge",
        unit="people",
        labels={HOSPITAL: ()},
        help="Different local authors in 28 days for 10,000 residents of the hospital's service area (Dartmouth HSA). "
        "Absent where the gazetteer knows no HSA for the hospital's ZIP.",
        act="Compare with the hospital's own goal local_authors_per_10000.",
    ),
    Metric(
        name="conversation_window_interest_posts",
        kind="gauge",
        unit="posts",
        labels={HOSPITAL: (), "near": NEARS, "interest": INTERESTS, WINDOW: SPANS},
        help="Posts that speak to a community of interest, by nearness. In `28d` alone; the read API has the other "
        "windows. `health`: 0 below five.",
        act="Away and rising: a community finds the hospital from afar. Local: its own town takes part.",
    ),
    Metric(
        name="conversation_community_window_posts",
        kind="gauge",
        unit="posts",
        labels={"community": (), "near": NEARS, WINDOW: SPANS},
        help="Posts in a window that speak to one community, over all hospitals that this worker shows; sum the "
        "workers. Communities of a disease: 0 below five, and not in `1h`.",
        act="See which communities speak with hospitals, and whether from near or from afar.",
    ),
    Metric(
        name="conversation_suppressed_cells",
        kind="gauge",
        unit="cells",
        labels={HOSPITAL: ()},
        help="Service-line counts of 1 to 4, shown as 0 so that nobody can be recognised.",
        act="Choose a longer window.",
    ),
    Metric(
        name="conversation_hospital_info",
        kind="gauge",
        unit="1",
        labels={HOSPITAL: (), "name": (), "city": (), "state": (), "region": (), "kind": KINDS},
        help="1 for each hospital of the directory, from every worker. Join through the rule `hospital:info`. "
        "`region`: its referral region, by its largest town; empty outside the US.",
        act="Two rows for one hospital for more than a minute: workers read different directories; see "
        "pipeline_directory_reloads_total.",
    ),
)
