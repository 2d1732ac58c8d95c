"""A hospital beside the others of its referral region: share of voice and rank.

Called by `hospital.py` with what the region's hospitals tell of themselves. Owns when they can be compared: with one
missing, a share would be too high and a rank too good.
"""

from collections.abc import Mapping

from streams.figures.about import About
from streams.figures.shape import PeerCounts, RankFigure, Region, Share, VoiceFigure
from streams.figures.shares import NOTHING, TOO_FEW
from streams.indicators import service
from streams.indicators.intervals import FEWEST

UNRANKED: Mapping[service.Unranked, str] = {
    "": "",
    "few_posts": f"fewer than {FEWEST} local questions",
    "few_peers": f"fewer than {service.FEWEST_PEERS} of the region's hospitals have {FEWEST} local questions",
    "unknown": "not among the region's hospitals",
}


def region(about: About, peers: Mapping[str, PeerCounts]) -> Region:
    """`peers`: hospital id -> its counts, itself included; others than the region's are not looked at."""
    known = {one: peers[one] for one in about.region if one in peers}
    missing = tuple(one for one in about.region if one not in known)
    why = _why(about, missing)
    return Region(
        hrr=about.hrr,
        name=about.hrr_name,
        voice=VoiceFigure(everyone=None, local=None, peers=len(known), why=why) if why else _voice(about, known),
        rank=RankFigure(rank=None, best=None, worst=None, ranked=0, why=why) if why else _rank(about, known),
        missing=missing,
    )


def _why(about: About, missing: tuple[str, ...]) -> str:
    if not about.hrr:
        return "the hospital's ZIP code is in no referral region"
    if len(about.region) == 1:
        return "the directory has no other hospital of the region"
    if missing:
        return f"the counts of {len(missing)} of the region's {len(about.region)} hospitals are not known now"
    return ""


def _voice(about: About, known: Mapping[str, PeerCounts]) -> VoiceFigure:
    voices = {one: service.Voice(peer.posts, peer.local) for one, peer in known.items()}
    found = service.share_of_voice(about.id, voices)
    mine = known[about.id]
    return VoiceFigure(
        everyone=_share(found.everyone, mine.posts), local=_share(found.local, mine.local), peers=len(known)
    )


def _share(found: service.Share, hits: int) -> Share:
    why = "" if found.enough else TOO_FEW if found.of else NOTHING
    return Share(share=None if why else found.share, low=found.low, high=found.high, hits=hits, of=found.of, why=why)


def _rank(about: About, known: Mapping[str, PeerCounts]) -> RankFigure:
    found = service.rank(about.id, {one: peer.answered for one, peer in known.items()})
    return RankFigure(rank=found.rank, best=found.best, worst=found.worst, ranked=found.ranked, why=UNRANKED[found.why])
