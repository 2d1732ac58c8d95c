"""The domain's metrics, declared: what people say to and about each hospital.

Read through `registry`. Their values come from the tables (`collector`), so they survive restarts.
"""

from streams.directory.hospital import KINDS
from streams.metrics.metric import Metric
from streams.vocabulary import INTENTS, INTERESTS, NEARS, TIERS

HOSPITAL = "hospital"
TOPIC = "topic"

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
        labels={HOSPITAL: (), "name": (), "city": (), "state": (), "kind": KINDS},
        help="1 for each hospital of the directory, from every worker. Join through the rule `hospital:info`.",
        act="Two rows for one hospital: workers run with different directories; restart those with the old one.",
    ),
)
