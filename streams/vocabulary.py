"""The closed sets of words that records, rows and metric labels are made of; each value with meaning and consequence.

Everything that says "local" or "complaint" takes it from here; a word that is not here cannot travel on a Kafka topic
nor become a label. docs/vocabulary.md, docs/metrics.md and the help of metrics are written from here (`reference.py`,
`metrics/metric.py`). Topics are not here: they are the taxonomy's (`streams/reading/topics/taxonomy.yaml`). Knows no
record and no metric.
"""

from collections.abc import Mapping
from typing import Any, Generic, Literal, TypeVar, get_args

import msgspec

Word = TypeVar("Word", bound=str)


class Means(msgspec.Struct, frozen=True):
    """What one value says."""

    meaning: str
    """Goes on from "it means that" or "it means": no capital, no full stop."""
    consequence: str
    """What Earshot does with it, or what a reader does: sentences."""


class ClosedSet(msgspec.Struct, Generic[Word], frozen=True):
    """All values that a label or field may have."""

    name: str
    """Of its type in the code."""
    about: str
    """What a value of it tells: one sentence."""
    words: Mapping[Word, Means]
    """In the order of the type's values."""


Tier = Literal["local", "regional", "national", "international", "unknown"]
TIER: ClosedSet[Tier] = ClosedSet(
    "Tier", "How near a post's author is to one hospital; it belongs to a pair of post and hospital.",
    {
        "local": Means("the author is in the hospital's service area", "Counts in the local share."),
        "regional": Means(
            "the author is in the hospital's region and not in its service area", "Counts as placed, not as local."
        ),
        "national": Means("the author is elsewhere in the hospital's country", "Counts as placed, not as local."),
        "international": Means("the author is in another country", "Counts as placed, not as local."),
        "unknown": Means(
            "no place of the author is certain enough",
            "Stays out of the local share; shown beside it, because a share with few places says little.",
        ),
    },
)  # fmt: skip

Near = Literal["local", "away", "unknown"]
NEAR: ClosedSet[Near] = ClosedSet(
    "Near", "A coarser tier, beside which communities of interest are counted.",
    {
        "local": Means("the tier is `local`", "Only counted."),
        "away": Means("the tier is `regional`, `national` or `international`", "Only counted."),
        "unknown": Means("the tier is `unknown`", "Only counted."),
    },
)  # fmt: skip

Span = Literal["1h", "24h", "7d", "28d"]
SPAN: ClosedSet[Span] = ClosedSet(
    "Span", "Length of a window that ends now, the 5 minutes or the hour that now lies in included.",
    {
        "1h": Means("an hour, of 5-minute buckets", "Slides every 5 minutes. Has no service lines."),
        "24h": Means("a day, of hours", "Slides at the full hour, within some minutes."),
        "7d": Means("a week, of hours", "Slides at the full hour, within some minutes."),
        "28d": Means("four weeks, of hours", "Slides at the full hour, within some minutes."),
    },
)  # fmt: skip

Whose = Literal["all", "local"]
WHOSE: ClosedSet[Whose] = ClosedSet(
    "Whose", "Which authors are counted.",
    {
        "all": Means("everybody who wrote to or about the hospital", "The hospital's own accounts are left out."),
        "local": Means("those with a post of tier `local` in the window", "Also counted in `all`."),
    },
)  # fmt: skip

Interest = Literal["open", "health"]
INTEREST: ClosedSet[Interest] = ClosedSet(
    "Interest", "What kind of community of interest a post speaks to.",
    {
        "open": Means("a community that is not about a disease", "May stand beside a post id."),
        "health": Means(
            "a community of people with a disease", "Only counted, never beside a post id; counts of 1 to 4 show as 0."
        ),
    },
)  # fmt: skip

Precision = Literal["coordinates", "zip", "city", "county", "admin1", "country", "none"]
PRECISION: ClosedSet[Precision] = ClosedSet(
    "Precision", "How fine the place is that decided the tier.",
    {
        "coordinates": Means("a point", "Can be local."),
        "zip": Means("a US ZIP code", "Can be local."),
        "city": Means("a city or town", "Can be local."),
        "county": Means("a US county", "Can be local, but not by distance; never if the county is too wide."),
        "admin1": Means("a state or province", "Is regional at best."),
        "country": Means("a country", "The hospital's own country gives `unknown`, another `international`."),
        "none": Means("no place was found", "The tier is `unknown`."),
    },
)  # fmt: skip

Evidence = Literal["geo_tag", "profile", "none"]
EVIDENCE: ClosedSet[Evidence] = ClosedSet(
    "Evidence", "Where the place came from.",
    {
        "geo_tag": Means("the post's own geo tag", "Decides before the profile is asked."),
        "profile": Means("the location text in the author's profile", "Decides where the post has no geo tag."),
        "none": Means("neither gave a place", "The tier is `unknown`."),
    },
)  # fmt: skip

Outcome = Literal["answered", "unanswered"]
OUTCOME: ClosedSet[Outcome] = ClosedSet(
    "Outcome", "What became of a question that was asked at least 72 h ago.",
    {
        "answered": Means("the hospital answered it within 72 h", "Counts in the response rate and the service index."),
        "unanswered": Means("it did not", "Counts in the whole; one that was taken back counts in neither."),
    },
)  # fmt: skip

GoalVerdict = Literal["met", "missed", "too_few"]
GOAL_VERDICT: ClosedSet[GoalVerdict] = ClosedSet(
    "GoalVerdict", "Whether a hospital has what it set itself as a goal, as far as one can say.",
    {
        "met": Means("the whole 95 % interval is at the target or better", "Nothing to do."),
        "missed": Means("the whole 95 % interval is worse than the target", "The hospital's people look why."),
        "too_few": Means(
            "chance alone could decide, or it rests on fewer than 30 posts", "Wait, or look at a longer window."
        ),
    },
)  # fmt: skip

SurgeVerdict = Literal["learning", "normal", "surge"]
SURGE_VERDICT: ClosedSet[SurgeVerdict] = ClosedSet(
    "SurgeVerdict", "What the last closed hour's posts are beside the same hour of past weeks.",
    {
        "learning": Means("less than two weeks are heard", "Nothing is said yet."),
        "normal": Means("as in past weeks, or of too few posts", "Nothing to do."),
        "surge": Means("far more than in past weeks, or somewhat more for hours", "See what is talked about."),
    },
)  # fmt: skip

LONGEST_WINDOW_DAYS = 28
"""Of time, on any board: what is older stands in a hospital's lifetime alone."""

Relation = Literal["mentioned", "replied", "author"]
RELATION: ClosedSet[Relation] = ClosedSet(
    "Relation", "How a post is tied to a hospital.",
    {
        "mentioned": Means("the post names an account of the hospital", "Counts as inbound."),
        "replied": Means("the post answers an account of the hospital", "Counts as inbound."),
        "author": Means(
            "the hospital wrote the post itself",
            "Counts as its own post only; has no intent and never waits for a person.",
        ),
    },
)  # fmt: skip

Intent = Literal["question", "request", "complaint", "compliment", "crisis", "information", "none"]
INTENT: ClosedSet[Intent] = ClosedSet(
    "Intent", "What a post wants; exactly one for each post and hospital.",
    {
        "question": Means("the post asks the hospital something", "Counts among those that want an answer."),
        "request": Means("the post asks the hospital to do something", "Counts among those that want an answer."),
        "complaint": Means("the post blames a hospital or how things went", "Counts among those that want an answer."),
        "compliment": Means("the post thanks or praises", "Only counted."),
        "crisis": Means("somebody may be in danger now", "Goes into the queue of posts that a person must see now."),
        "information": Means("the post passes on news, an offer or a notice", "Only counted."),
        "none": Means("the post wants nothing of a hospital, or is its own", "Only counted."),
    },
)  # fmt: skip

Abstained = Literal["empty", "junk", "ambiguous", "multi", "too_coarse", "unlisted"]
ABSTAINED_BECAUSE: ClosedSet[Abstained] = ClosedSet(
    "Abstained", "Why the resolver gave no place.",
    {
        "empty": Means("there is no text", "The tier is `unknown`."),
        "junk": Means("the text is no place", "The tier is `unknown`."),
        "ambiguous": Means("it may mean several places, none by far the largest", "The tier is `unknown`."),
        "multi": Means("it names places that lie apart", "The tier is `unknown`."),
        "too_coarse": Means("it means more than one country", "The tier is `unknown`."),
        "unlisted": Means("the gazetteer has no such place", "The tier is `unknown`."),
    },
)  # fmt: skip

Stage = Literal["tagger", "hospitals"]
STAGE: ClosedSet[Stage] = ClosedSet(
    "Stage", "Which agent of a worker takes the records.",
    {
        "tagger": Means("posts become mentions", "Lag here: posts wait to be read."),
        "hospitals": Means("mentions are counted in the tables", "Lag here: posts are read and not yet counted."),
    },
)  # fmt: skip

ReadingPart = Literal["decode", "duplicates", "hospitals", "words", "places", "mentions", "encode"]
READING_PART: ClosedSet[ReadingPart] = ClosedSet(
    "ReadingPart", "A part of the tagger's work on one post.",
    {
        "decode": Means("the record's bytes become an envelope", "Grows with the size of posts."),
        "duplicates": Means("the post is looked for among those that came before", "Only first copies go on."),
        "hospitals": Means("the hospitals are found that the post is tied to", "A post without one ends here."),
        "words": Means("topics, intent and communities are found in the text", "Grows with the words known."),
        "places": Means(
            "the author's place is found, and how near it is", "Grows with texts that memory does not have."
        ),
        "mentions": Means("the records for `mentions` are made", "Grows with the hospitals a post is tied to."),
        "encode": Means("those records become bytes", "Grows with the hospitals a post is tied to."),
    },
)  # fmt: skip

LookUp = Literal["hit", "miss"]
LOOK_UP: ClosedSet[LookUp] = ClosedSet(
    "LookUp", "How a place was looked up.",
    {
        "hit": Means("memory had the answer", "Takes less than a microsecond."),
        "miss": Means("the text was read anew", "Takes a hundred times as long."),
    },
)  # fmt: skip

Certainty = Literal["sure", "likely"]
CERTAINTY: ClosedSet[Certainty] = ClosedSet(
    "Certainty", "How much speaks for a topic of a post.",
    {
        "sure": Means("its evidence is far above what a topic needs", "Mostly right; see docs/accuracy.md."),
        "likely": Means("its evidence is above what a topic needs", "Wrong far more often; see docs/accuracy.md."),
    },
)  # fmt: skip

Origin = Literal["stream", "search", "replay"]
ORIGIN: ClosedSet[Origin] = ClosedSet(
    "Origin", "How a post came to ingest.",
    {
        "stream": Means("live, as it was written", "Counts at once."),
        "search": Means("found by catch-up after a gap", "Counts in the hour it was written."),
        "replay": Means("from a file", "Counts in the hour it was written; older than 28 days, in none."),
    },
)  # fmt: skip

DeadReason = Literal["not_json", "wrong_shape", "too_large", "unknown_source", "no_post"]
DEAD_REASON: ClosedSet[DeadReason] = ClosedSet(
    "DeadReason", "Why a line or record could not be read.",
    {
        "not_json": Means("the bytes are no JSON in UTF-8", "Kept as a dead letter; many at once: the connection."),
        "wrong_shape": Means(
            "it is no JSON object, or an envelope on `posts` that lacks a field or has a wrong one",
            "Kept as a dead letter; many at once: the source changed its format.",
        ),
        "too_large": Means("it is larger than EARSHOT_MAX_POST_BYTES", "Kept as a dead letter; raise the setting."),
        "unknown_source": Means(
            "a record on `posts` names no source that the tagger knows",
            "Kept as a dead letter; deploy the same version of ingest and workers.",
        ),
        "no_post": Means(
            "it is JSON and no post, which has a text and an id of its source (X: a number), nor a notice",
            "Kept as a dead letter; many at once: the source changed its format, or a file holds users or lists.",
        ),
    },
)  # fmt: skip

WrongPart = Literal["time", "text", "author", "place", "entities", "reply", "language", "other"]
WRONG_PART: ClosedSet[WrongPart] = ClosedSet(
    "WrongPart", "Which part of a post had an unexpected form and counts as unknown; the rest of the post counts.",
    {
        "time": Means("when it was written", "Its id says so instead; where it does not, the post is in no window."),
        "text": Means("one of its texts", "Another one of the post is read."),
        "author": Means("its author's id or account", "The author is not counted among authors."),
        "place": Means(
            "its geo tag or coordinates (0, 0 is no place), or the place in the author's profile",
            "Another place of the post decides; without one the tier is `unknown`.",
        ),
        "entities": Means("accounts, links or hashtags in its text", "On X, handles are read off the text."),
        "reply": Means("what it answers or quotes", "The post counts as `mentioned`, or is not heard."),
        "language": Means("its language", "Rules for one language do not match it."),
        "other": Means("something else that is used", "Only counted."),
    },
)  # fmt: skip

DeadWhere = Literal["ingest", "tagger"]
DEAD_AT: ClosedSet[DeadWhere] = ClosedSet(
    "DeadWhere", "Which process could not read it.",
    {
        "ingest": Means("ingest could not read a line of a source", "The dead letter holds the line's bytes."),
        "tagger": Means("a worker could not read a record of `posts`", "The dead letter says where on `posts` it is."),
    },
)  # fmt: skip

RetryFate = Literal["published", "still_dead", "cut", "expired"]
RETRY_FATE: ClosedSet[RetryFate] = ClosedSet(
    "RetryFate", "What became of a dead letter that was tried again.",
    {
        "published": Means("it can be read now", "Stands on `posts` and is counted once; the letter is gone."),
        "still_dead": Means("it still cannot be read", "The letter stays until its day is over."),
        "cut": Means("its line was longer than a letter holds", "Cannot be tried again; the letter stays."),
        "expired": Means("its post is no longer on `posts`", "Cannot be tried again; the letter stays."),
    },
)  # fmt: skip

ReplayKind = Literal["post", "page", "empty", "errors", "compliance", "limit", "other", "unreadable"]
REPLAY_KIND: ClosedSet[ReplayKind] = ClosedSet(
    "ReplayKind", "What a line of a replayed file was.",
    {
        "post": Means("one post, of API v2, v1.1 or a common collector", "Goes the way of a live post."),
        "page": Means("a page of posts, as search clients store it", "Each of its posts goes the way of a live post."),
        "empty": Means("a blank line: a heartbeat", "Skipped."),
        "errors": Means("problems or a disconnect, without a post", "Skipped."),
        "compliance": Means("a deletion, an edit or another change to posts elsewhere", "Skipped."),
        "limit": Means("how much X held back, or a warning", "Skipped."),
        "other": Means("an object that is none of these, such as a user or a list", "Goes to `dead-letters`."),
        "unreadable": Means("no JSON object", "Goes to `dead-letters`."),
    },
)  # fmt: skip


class Network(msgspec.Struct, frozen=True):
    """A network that Earshot can listen to: a source of posts, and where a hospital may have accounts."""

    title: str
    """How people call it."""
    account: str
    """Regular expression of an account as the directory writes it, without @; any case."""
    meant: str
    """The same in words."""
    by_id: bool = False
    """Whether an account is known by a lasting id, beside the handle that people see."""


NETWORKS: Mapping[str, Network] = {
    "x": Network("X", r"[a-z0-9_]{1,15}", "1 to 15 letters, digits or _"),
    "bluesky": Network(
        "Bluesky", r"did:[a-z]+:[a-z0-9._:%-]+|([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}",
        "a domain name (hospital.org) or a did:", by_id=True,
    ),
}  # fmt: skip
"""By name: in `EARSHOT_SOURCES`, as an envelope's and a dead letter's `source`, as the directory's `network` and as a
metric's label."""

SOURCE = ClosedSet[str](  # without a type of its values: they are the table's
    "Source", "Where posts come from, and where an account is.",
    {name: Means(one.title, f"An account there is written as {one.meant}.") for name, one in NETWORKS.items()},
)  # fmt: skip

LineKind = Literal["post", "withdrawal", "notice", "heartbeat", "other", "dead"]
LINE_KIND: ClosedSet[LineKind] = ClosedSet(
    "LineKind", "What a line or event of a source's stream was; no source has all kinds.",
    {
        "post": Means("a post that the rules match", "Goes to `posts`."),
        "withdrawal": Means("it took accepted posts back (Bluesky)", "Becomes a withdrawal of each on `posts`."),
        "notice": Means("X's word about the stream itself", "Logged."),
        "heartbeat": Means("a blank line of X, every 20 s at least", "Shows that the connection stands."),
        "other": Means("any other event, nearly all of Bluesky's", "Dropped."),
        "dead": Means("it could not be read", "Goes to `dead-letters` with its reason."),
    },
)  # fmt: skip

StreamEnd = Literal[
    "clean_end", "network", "stalled", "slow_reader", "operational_disconnect", "server_error", "bad_request",
    "rate_limited", "too_many_connections", "usage_cap", "no_rules", "unauthorised", "forbidden", "bad_frames", "full",
    "stopped",
]  # fmt: skip
STREAM_END: ClosedSet[StreamEnd] = ClosedSet(
    "StreamEnd",
    "How an attempt to listen to a source ended; no source has all ends. The waits are in the source's `outcome.py`.",
    {
        "clean_end": Means(
            "the source closed the stream normally and gave no reason", "Ingest reconnects within seconds."
        ),
        "network": Means("the network path to the source failed", "Ingest reconnects within seconds."),
        "stalled": Means("nothing came in time, not even a heartbeat", "Ingest reconnects within seconds."),
        "slow_reader": Means(
            "X dropped us because we read too slowly: Kafka or this machine is slow",
            "Ingest reconnects within a minute; posts of the gap are searched for.",
        ),
        "operational_disconnect": Means(
            "X closed the stream for reasons of its own", "Ingest reconnects within a minute."
        ),
        "server_error": Means("the source answered with a server error", "Ingest tries again, within six minutes."),
        "bad_request": Means(
            "the source refused the request: check EARSHOT_X_BASE_URL or EARSHOT_BLUESKY_URL",
            "Ingest tries again; somebody must look.",
        ),
        "rate_limited": Means(
            "we sent too many requests in the source's window", "Ingest waits as long as X says, six minutes at most "
            "for others.",
        ),
        "too_many_connections": Means(
            "X still counts another connection with this token: our last one, or a second ingest",
            "Ingest tries again, within six minutes; if it lasts, find the second ingest.",
        ),
        "usage_cap": Means(
            "the plan's posts are used up: raise the cap or the credits in X's developer console",
            "Ingest tries again every 15 minutes.",
        ),
        "no_rules": Means("X lacks our stream rules, or some of them", "Ingest syncs the rules, then reconnects."),
        "unauthorised": Means("X does not know the token", "Ingest ends; put a valid token into its file."),
        "forbidden": Means(
            "X knows the token but does not let it use the filtered stream",
            "Ingest ends; put a token with that right into its file.",
        ),
        "bad_frames": Means(
            "what came is no websocket, or a frame too large for an event: check EARSHOT_BLUESKY_URL",
            "Ingest tries again; somebody must look.",
        ),
        "full": Means(
            "ingest hung up: its write-ahead log is full because Kafka takes nothing",
            "Ingest reconnects once a quarter of the write-ahead log is free; bring Kafka back.",
        ),
        "stopped": Means("ingest was stopped", "Nothing; the next start continues."),
    },
)  # fmt: skip

Untimely = Literal["no_time", "future", "too_old", "late"]
UNTIMELY_BECAUSE: ClosedSet[Untimely] = ClosedSet(
    "Untimely", "Why a post is missing from some or all windows; it is counted in the lifetime all the same.",
    {
        "no_time": Means("the post's own time is missing or unreadable", "Many from one source: its format changed."),
        "future": Means("the post's own time is over an hour ahead of Kafka's", "A clock is wrong: see the broker's."),
        "too_old": Means("the post was over 28 days old when Kafka took it", "Normal in a replay of an archive."),
        "late": Means(
            "the post came over two hours late", "In every window but `1h`. Normal in a catch-up or a replay."
        ),
    },
)  # fmt: skip

Skipped = Literal["duplicate", "no_hospital", "replay", "empty", "not_a_record", "withdrawal", "withheld"]
SKIP: ClosedSet[Skipped] = ClosedSet(
    "Skipped", "Why a readable record was not counted.",
    {
        "duplicate": Means("a copy of a post that came before", "Normal."),
        "no_hospital": Means("the post is tied to no hospital of the directory", "Normal."),
        "replay": Means("the row contains this record already", "Rises after a restart, then stops."),
        "empty": Means("a record on `posts` without a value", "Not written by ingest: find out who writes there."),
        "not_a_record": Means(
            "a record on `mentions` that no tagger wrote", "Find out who writes there, or which version."
        ),
        "withdrawal": Means("the record takes a post back", "Counts stay; the post leaves the queue."),
        "withheld": Means("X withholds the text and put a notice in its place", "Normal: nobody's words are missed."),
    },
)  # fmt: skip

AttentionReason = Literal["crisis", "safety", "withdrawn"]
ATTENTION: ClosedSet[AttentionReason] = ClosedSet(
    "AttentionReason", "Why a post is in the queue of posts that a person must see, or leaves it.",
    {
        "crisis": Means("somebody may be in danger now", "A person reads the post now; see the runbook."),
        "safety": Means("something may have gone wrong in care", "A person reads the post the same day."),
        "withdrawn": Means("the post was taken back", "It leaves the queue."),
    },
)  # fmt: skip

Withdrawn = Literal["delete", "drop", "withheld", "scrub_geo", "protected", "suspended", "deactivated"]
WITHDRAWN_BECAUSE: ClosedSet[Withdrawn] = ClosedSet(
    "Withdrawn", "Why a post must no longer be shown. Its counts stay; it leaves the queue.",
    {
        "delete": Means("the author deleted the post, or on Bluesky the account", "Withdraws that post, or all of it."),
        "drop": Means("X removed the post", "Withdraws that post."),
        "withheld": Means("X withholds the post or its author", "Withdraws that post, or all of the author's."),
        "scrub_geo": Means(
            "the author removed the places from older posts", "Withdraws the author's posts up to the one X names."
        ),
        "protected": Means("the author's account is protected now", "Withdraws the author's posts until then."),
        "suspended": Means(
            "the author's account was suspended or taken down", "Withdraws the author's posts until then."
        ),
        "deactivated": Means("the author's account is deactivated or gone", "Withdraws the author's posts until then."),
    },
)  # fmt: skip

ComplianceKind = Literal["withdrawn", "account", "restored", "edited", "profile", "empty", "other", "unreadable"]
COMPLIANCE_KIND: ClosedSet[ComplianceKind] = ClosedSet(
    "ComplianceKind", "What a line of X's compliance was.",
    {
        "withdrawn": Means("a post was taken back", "Becomes a withdrawal."),
        "account": Means("an account went, or its places did", "Its posts that stand on `posts` are withdrawn."),
        "restored": Means("a post or an account came back", "Only counted."),
        "edited": Means("a post was edited", "Only counted: the first version that came stays counted."),
        "profile": Means("an account changed its profile", "Only counted."),
        "empty": Means("a blank line: a heartbeat", "Shows that the connection stands."),
        "other": Means("a line of another kind", "Rising: X changed its format, and withdrawals may be missed."),
        "unreadable": Means("it could not be read", "Rising: X changed its format, and withdrawals may be missed."),
    },
)  # fmt: skip

RuleSync = Literal["done", "partly", "failed", "edit_refused"]
RULE_SYNC: ClosedSet[RuleSync] = ClosedSet(
    "RuleSync", "What became of a comparison with the stream rules at X, or of an edit of directory or queries.",
    {
        "done": Means("X has all rules that are wanted", "Nothing to do."),
        "partly": Means("X refused some rules", "The log names them; posts for their hospitals are missed."),
        "failed": Means("X could not be asked", "Ingest tries again by itself."),
        "edit_refused": Means(
            "an edited file cannot be used", "Ingest keeps the rules from before; the log names the wrong line."
        ),
    },
)  # fmt: skip

Reload = Literal["swapped", "refused"]
RELOAD: ClosedSet[Reload] = ClosedSet(
    "Reload", "What became of an edit of the directory, the taxonomy or the hospitals' own topics.",
    {
        "swapped": Means("the worker reads by it now", "Posts from now on; counts before stay."),
        "refused": Means("an entry is wrong", "What was before the edit stays in use; the log names the wrong line."),
    },
)  # fmt: skip

Compiled = Literal["yes", "no"]
COMPILED: ClosedSet[Compiled] = ClosedSet(
    "Compiled", "How a process runs the modules that most of a worker's time goes into.",
    {
        "yes": Means("compiled", "Nothing follows."),
        "no": Means("pure Python", "So in ingest. A worker is as exact and slower: its log says why at its start."),
    },
)  # fmt: skip

SETS: tuple[ClosedSet[Any], ...] = (
    TIER, NEAR, SPAN, WHOSE, INTEREST, OUTCOME, GOAL_VERDICT, SURGE_VERDICT,
    PRECISION, EVIDENCE, RELATION, INTENT, ABSTAINED_BECAUSE, STAGE,
    READING_PART, LOOK_UP, CERTAINTY, ORIGIN,
    DEAD_REASON, WRONG_PART, DEAD_AT, RETRY_FATE, REPLAY_KIND, SOURCE, LINE_KIND, STREAM_END, UNTIMELY_BECAUSE, SKIP,
    ATTENTION, WITHDRAWN_BECAUSE, COMPLIANCE_KIND, RULE_SYNC, RELOAD, COMPILED,
)  # fmt: skip

TIERS: tuple[Tier, ...] = get_args(Tier)
NEARS: tuple[Near, ...] = get_args(Near)
SPANS: tuple[Span, ...] = get_args(Span)
WHOSES: tuple[Whose, ...] = get_args(Whose)
INTERESTS: tuple[Interest, ...] = get_args(Interest)
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
GOAL_VERDICTS: tuple[GoalVerdict, ...] = get_args(GoalVerdict)
SURGE_VERDICTS: tuple[SurgeVerdict, ...] = get_args(SurgeVerdict)
INTENTS: tuple[Intent, ...] = get_args(Intent)
WANTS_ANSWER: frozenset[Intent] = frozenset({"question", "request", "complaint", "crisis"})
"""Intents of a post that waits for an answer, if it speaks to the hospital."""
ABSTAINED: tuple[Abstained, ...] = get_args(Abstained)
STAGES: tuple[Stage, ...] = get_args(Stage)
READING_PARTS: tuple[ReadingPart, ...] = get_args(ReadingPart)
LOOK_UPS: tuple[LookUp, ...] = get_args(LookUp)
CERTAINTIES: tuple[Certainty, ...] = get_args(Certainty)
DEAD_REASONS: tuple[DeadReason, ...] = get_args(DeadReason)
WRONG_PARTS: tuple[WrongPart, ...] = get_args(WrongPart)
DEAD_WHERE: tuple[DeadWhere, ...] = get_args(DeadWhere)
RETRY_FATES: tuple[RetryFate, ...] = get_args(RetryFate)
REPLAY_KINDS: tuple[ReplayKind, ...] = get_args(ReplayKind)
SOURCES: tuple[str, ...] = tuple(NETWORKS)
LINE_KINDS: tuple[LineKind, ...] = get_args(LineKind)
STREAM_ENDS: tuple[StreamEnd, ...] = get_args(StreamEnd)
UNTIMELY: tuple[Untimely, ...] = get_args(Untimely)
SKIPPED: tuple[Skipped, ...] = get_args(Skipped)
ATTENTION_REASONS: tuple[AttentionReason, ...] = get_args(AttentionReason)
WITHDRAWN: tuple[Withdrawn, ...] = get_args(Withdrawn)
COMPLIANCE_KINDS: tuple[ComplianceKind, ...] = get_args(ComplianceKind)
RULE_SYNCS: tuple[RuleSync, ...] = get_args(RuleSync)
RELOADS: tuple[Reload, ...] = get_args(Reload)
COMPILEDS: tuple[Compiled, ...] = get_args(Compiled)
