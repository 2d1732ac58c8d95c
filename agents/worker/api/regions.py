"""The hospitals of one referral region beside each other, from what all workers tell.

Called by `answers.py`. Knows no worker and no table.
"""

from collections.abc import Callable, Mapping

from agents.worker.api.holdings import Directory
from agents.worker.api.shapes import RegionAnswer, RegionHospital
from streams.figures.about import About
from streams.figures.hospital import service_figure
from streams.figures.region import region
from streams.figures.shape import PeerCounts

PeersOf = Callable[[tuple[str, ...]], Mapping[str, PeerCounts]]


def region_answer(hrr: str, directory: Directory, peers_of: PeersOf, now: int) -> RegionAnswer:
    """A region that at least one hospital of the directory is in. `peers_of`: ids -> counts of those that are known."""
    abouts = [about for about in directory.abouts.values() if about.hrr == hrr]
    known = peers_of(abouts[0].region)
    return RegionAnswer(
        hrr=hrr,
        name=abouts[0].hrr_name,
        at=now,
        hospitals=tuple(_hospital(about, known) for about in abouts),
        missing=tuple(about.id for about in abouts if about.id not in known),
    )


def _hospital(about: About, known: Mapping[str, PeerCounts]) -> RegionHospital:
    beside, counts = region(about, known), known.get(about.id)
    return RegionHospital(
        hospital=about.id,
        name=about.name,
        city=about.city,
        state=about.state,
        counts=counts,
        voice=beside.voice,
        rank=beside.rank,
        service=service_figure(counts.answered) if counts is not None else None,
    )
