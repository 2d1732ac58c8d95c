"""Of how much service a hospital is to its community, in place of its followers: index, share of voice, rank.

Owns the three and their rules. Called with counts of one hospital, or of all hospitals of a referral region. Knows no
table and not how many followers anybody has.
"""

from collections.abc import Mapping
from typing import Literal

import msgspec

from streams.indicators.intervals import FEWEST, wilson

FEWEST_PEERS = 3
"""Hospitals that can be ranked, below which none is: first of two says little. A region has 11 (median)."""

Unranked = Literal["", "few_posts", "few_peers", "unknown"]
"""Why there is no rank: too few local questions here; too few hospitals that have enough; not among these hospitals."""


class Answered(msgspec.Struct, frozen=True):
    """Eligible posts (questions, requests, complaints, crises put to the hospital), old enough to be judged."""

    local: int = 0
    local_answered: int = 0
    away: int = 0
    """By authors who have a place elsewhere."""
    away_answered: int = 0
    unknown: int = 0
    """By authors of whom no place is known."""
    unknown_answered: int = 0


class ServiceIndex(msgspec.Struct, frozen=True):
    """Answered local posts for each 100 local eligible ones, and its parts."""

    index: float | None
    """None where there is none to answer."""
    low: float
    high: float
    """The 95 % interval (Wilson), on the same scale."""
    enough: bool
    """Whether there are at least `FEWEST` local ones: else it is not shown without its parts."""
    parts: Answered


class Voice(msgspec.Struct, frozen=True):
    """Inbound posts of one hospital in the window; its own are not among them."""

    posts: int = 0
    local: int = 0
    """Of these, by authors who are local to it."""


class Share(msgspec.Struct, frozen=True):
    """A hospital's part of all that is said to or of its region's hospitals, per cent."""

    share: float | None
    low: float
    high: float
    of: int
    """Posts of all the region's hospitals; a post about two of them is two."""
    enough: bool
    """Whether these are at least `FEWEST`."""


class ShareOfVoice(msgspec.Struct, frozen=True):
    """Of all authors, and of those alone who are local to the hospital that each post is about."""

    everyone: Share
    local: Share


class Rank(msgspec.Struct, frozen=True):
    """A hospital's place among its peers, 1 the best."""

    rank: int | None
    """Equals share the better place. None: see `why`."""
    best: int | None
    worst: int | None
    """Places that chance alone leaves open: only a peer whose whole interval is above, or below, counts for certain."""
    ranked: int
    """Peers that have enough posts, itself included."""
    why: Unranked = ""


def service_index(answered: Answered) -> ServiceIndex:
    """Raises `ValueError` if more were answered than asked."""
    low, high = wilson(answered.local_answered, answered.local)
    index = 100 * answered.local_answered / answered.local if answered.local else None
    return ServiceIndex(index, 100 * low, 100 * high, answered.local >= FEWEST, answered)


def two_way(answers: int, own: int) -> float | None:
    """Answers for each post of its own that is no answer: above 1 it talks with people more than at them.

    None without own posts.
    """
    return answers / own if own else None


def share_of_voice(hospital: str, region: Mapping[str, Voice]) -> ShareOfVoice:
    """`region`: every hospital of the referral region, itself too. One that is missing has no posts."""
    mine = region.get(hospital, Voice())
    return ShareOfVoice(
        _share(mine.posts, sum(voice.posts for voice in region.values())),
        _share(mine.local, sum(voice.local for voice in region.values())),
    )


def _share(hits: int, of: int) -> Share:
    low, high = wilson(hits, of)
    return Share(100 * hits / of if of else None, 100 * low, 100 * high, of, of >= FEWEST)


def ranks(peers: Mapping[str, Answered]) -> dict[str, Rank]:
    """Every peer's place by service index. Ranked are those with at least `FEWEST` local posts, if they are
    `FEWEST_PEERS`; hospitals with fewer keep no place free."""
    found = {name: service_index(answered) for name, answered in peers.items()}
    able = {name: index for name, index in found.items() if index.enough}
    return {name: _rank(name, able) for name in found}


def rank(hospital: str, peers: Mapping[str, Answered]) -> Rank:
    """One hospital's place among `peers`, itself included."""
    return ranks(peers).get(hospital) or Rank(None, None, None, 0, "unknown")


def _rank(name: str, able: Mapping[str, ServiceIndex]) -> Rank:
    if name not in able:
        return Rank(None, None, None, len(able), "few_posts")
    if len(able) < FEWEST_PEERS:
        return Rank(None, None, None, len(able), "few_peers")
    mine = able[name]
    others = [index for other, index in able.items() if other != name]
    return Rank(
        rank=1 + sum((other.index or 0.0) > (mine.index or 0.0) for other in others),
        best=1 + sum(other.low > mine.high for other in others),
        worst=len(able) - sum(other.high < mine.low for other in others),
        ranked=len(able),
    )
