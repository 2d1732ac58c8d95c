"""The closed sets of words that records, rows and metric labels are made of.

Everything that says "local" or "complaint" takes it from here; a word that is not here cannot travel on a Kafka topic
nor become a label. Topics are not here: they are the taxonomy's (`streams/reading/topics/taxonomy.yaml`).
"""

from typing import Literal, get_args

Tier = Literal["local", "regional", "national", "international", "unknown"]
"""How near a post's author is to one hospital. Belongs to a (post, hospital) pair."""

Near = Literal["local", "away", "unknown"]
"""A tier, coarser: the geographic axis beside which communities of interest are counted."""

Precision = Literal["coordinates", "zip", "city", "county", "admin1", "country", "none"]
"""How fine the place is that the tier was decided by. Coarser than county never gives `local`."""

Evidence = Literal["geo_tag", "profile", "none"]
"""Where the place came from: the post's own geo tag, or the author's profile text."""

Relation = Literal["mentioned", "replied", "author"]
"""How a post is tied to a hospital. `author` is the hospital's own post; the others are inbound."""

Intent = Literal["question", "request", "complaint", "compliment", "crisis", "information", "none"]
"""What the post wants; exactly one, precedence as in the labelling rules."""

Abstained = Literal["empty", "junk", "ambiguous", "multi", "too_coarse", "unlisted"]
"""Why the resolver gave no place."""

DeadReason = Literal["not_json", "wrong_shape", "too_large", "empty", "unknown_source", "no_post"]
"""Why a line or record could not be read."""

DeadWhere = Literal["ingest", "tagger"]
"""Where it was found that it could not."""

LineKind = Literal["post", "notice", "dead", "heartbeat"]
"""What a line of X's stream was."""

StreamEnd = Literal[
    "clean_end", "network", "stalled", "slow_reader", "operational_disconnect", "server_error", "bad_request",
    "rate_limited", "too_many_connections", "usage_cap", "no_rules", "unauthorised", "forbidden", "full", "stopped",
]  # fmt: skip
"""How an attempt to listen to X ended. What each means and what follows from it: `agents/ingest/x/outcome.py`."""

BlueskyLineKind = Literal["post", "withdrawal", "other", "dead"]
"""What an event of Bluesky's stream was: a post of ours, one that took such a post back, any other, or unreadable."""

BlueskyEnd = Literal[
    "clean_end", "network", "stalled", "bad_frames", "server_error", "rate_limited", "bad_request", "full", "stopped",
]  # fmt: skip
"""How an attempt to listen to Bluesky ended. What follows from each: `agents/ingest/bluesky/outcome.py`."""

Skipped = Literal["duplicate", "no_hospital", "unknown_hospital", "replay", "empty", "not_a_record", "withdrawal"]
"""Why a readable record counted for nothing."""

AttentionReason = Literal["crisis", "safety", "withdrawn"]
"""Why a post waits for a person: somebody may be in danger now; something went wrong in care. `withdrawn` takes it from
the queue again."""

Withdrawn = Literal["delete", "drop", "withheld", "scrub_geo", "protected", "suspended", "deactivated"]
"""Why a post must no longer be shown: X's compliance events and the reasons of its batch jobs."""

ComplianceKind = Literal["withdrawn", "account", "restored", "edited", "profile", "empty", "other", "unreadable"]
"""What a line of X's compliance is. `account`: of a person, whose posts that are here are withdrawn. `restored`: of a
post or an account. `profile`: what else is told of a person. These two and `edited` change nothing here: counts stay
with a post's first version."""

RuleSync = Literal["done", "partly", "failed", "edit_refused"]
"""What became of a comparison with the rules at X: all stand, X refused some, X could not be asked; or of an edit of
what is listened for that could not be used."""

Reload = Literal["swapped", "refused"]
"""What became of an edited taxonomy."""

TIERS: tuple[Tier, ...] = get_args(Tier)
NEARS: tuple[Near, ...] = get_args(Near)
INTENTS: tuple[Intent, ...] = get_args(Intent)
ABSTAINED: tuple[Abstained, ...] = get_args(Abstained)
DEAD_REASONS: tuple[DeadReason, ...] = get_args(DeadReason)
DEAD_WHERE: tuple[DeadWhere, ...] = get_args(DeadWhere)
LINE_KINDS: tuple[LineKind, ...] = get_args(LineKind)
STREAM_ENDS: tuple[StreamEnd, ...] = get_args(StreamEnd)
BLUESKY_LINE_KINDS: tuple[BlueskyLineKind, ...] = get_args(BlueskyLineKind)
BLUESKY_ENDS: tuple[BlueskyEnd, ...] = get_args(BlueskyEnd)
SKIPPED: tuple[Skipped, ...] = get_args(Skipped)
ATTENTION_REASONS: tuple[AttentionReason, ...] = get_args(AttentionReason)
WITHDRAWN: tuple[Withdrawn, ...] = get_args(Withdrawn)
COMPLIANCE_KINDS: tuple[ComplianceKind, ...] = get_args(ComplianceKind)
RULE_SYNCS: tuple[RuleSync, ...] = get_args(RuleSync)
RELOADS: tuple[Reload, ...] = get_args(Reload)
