"""One row: counts that carry their own proof of what they contain.

A row holds, beside its counts, the highest offset of each `posts` partition that it contains (its marks) and the
offset of the last mention applied (its version). Counts and proof are one changelog record, so they cannot disagree:
a replay is a no-op, and of two copies of a row the one with the higher version contains the other. Each row is folded
alone.

Called by `hospitals.py`. Does not know how rows are kept, written or shown.
"""

import msgspec

from streams.records import Mention, Tally
from streams.vocabulary import Near, Tier

ANY = "*"
"""In place of a community: at least one."""


class Row(msgspec.Struct):
    """Counts of one hospital over its lifetime or one hour. Wire form: a JSON object."""

    version: int = -1
    """Offset, on `mentions`, of the last record applied."""
    marks: dict[int, int] = {}
    """Partition of `posts` -> highest offset contained."""
    posts: int = 0
    """Inbound posts; in a service-line row, posts with at least one such topic or disease community."""
    own: int = 0
    """The hospital's own posts."""
    tiers: dict[str, int] = {}
    topics: dict[str, int] = {}
    intents: dict[str, int] = {}
    communities: dict[str, int] = {}
    """Interest by nearness, as `local/nurses`; `local/*` counts posts of any community once."""


encode_row = msgspec.json.Encoder().encode
decode_row = msgspec.json.Decoder(Row).decode


def lifetime_key(hospital: str) -> str:
    """Key of a hospital's lifetime row."""
    return f"{hospital}/all"


def hour_key(hospital: str, hour: int) -> str:
    """Key of a hospital's row of one hour (hours since the epoch)."""
    return f"{hospital}/h{hour}"


def service_lines(key: str) -> str:
    """Key of the row that holds the service-line tallies beside the row `key`."""
    return f"{key}/s"


def hour_of(key: str) -> int:
    """The hour of a row key; -1 for a lifetime row."""
    part = key.split("/", 2)[1]
    return int(part[1:]) if part != "all" else -1


def is_new(row: Row, offset: int, record: Mention | Tally) -> bool:
    """Whether the row does not contain this record yet. `offset` is the record's own, on `mentions`."""
    return offset > row.version and record.offset > row.marks.get(record.partition, -1)


def fold_mention(row: Row, offset: int, mention: Mention) -> bool:
    """Apply a mention; False, and nothing changed, if the row contains it already."""
    if not is_new(row, offset, mention):
        return False
    row.version = offset
    row.marks[mention.partition] = mention.offset
    if mention.relation == "author":
        row.own += 1
        return True
    row.posts += 1
    tiers, topics, intents = row.tiers, row.topics, row.intents
    tiers[mention.tier] = tiers.get(mention.tier, 0) + 1
    intents[mention.intent] = intents.get(mention.intent, 0) + 1
    for topic in mention.topics:
        topics[topic] = topics.get(topic, 0) + 1
    if mention.communities:
        _count_communities(row, mention)
    return True


def fold_tally(row: Row, offset: int, tally: Tally) -> bool:
    """Apply a service-line tally; False, and nothing changed, if the row contains it already."""
    if not is_new(row, offset, tally):
        return False
    row.version = offset
    row.marks[tally.partition] = tally.offset
    row.posts += 1
    row.tiers[tally.tier] = row.tiers.get(tally.tier, 0) + 1
    for topic in tally.topics:
        row.topics[topic] = row.topics.get(topic, 0) + 1
    if tally.communities:
        _count_communities(row, tally)
    return True


def near_of(tier: Tier) -> Near:
    """The coarser word for a tier."""
    return tier if tier in ("local", "unknown") else "away"


def _count_communities(row: Row, record: Mention | Tally) -> None:
    near = near_of(record.tier)
    for community in (ANY, *record.communities):
        key = f"{near}/{community}"
        row.communities[key] = row.communities.get(key, 0) + 1
