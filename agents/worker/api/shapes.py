"""The answers of the API, as JSON has them. The OpenAPI document is made of them (`openapi.py`).

Made by `answers.py` and read by whoever asks. Times are seconds since the epoch, shares per cent. One
hospital's figures are `streams/figures/shape.py`'s. No answer holds an author or a text; the only post ids are those
of questions that wait.
"""

import msgspec

from streams.directory.hospital import Kind
from streams.figures.shape import Figures, PeerCounts, RankFigure, ServiceFigure, Share, VoiceFigure
from streams.indicators.surge import State
from streams.vocabulary import Intent, Tier


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why there is no answer."""

    error: str
    """What is wrong."""
    fix: str
    """What to do about it."""


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """One hospital in the list of all. Numbers are None where its worker is not known now; `why` says it."""

    hospital: str
    name: str
    city: str
    state: str
    kind: Kind
    hrr: str
    """Referral region; empty where the ZIP code is in none."""
    hrr_name: str
    at: int | None
    """When its numbers were made."""
    posts_24h: int | None
    posts_28d: int | None
    local_share_24h: Share | None
    """Local / located posts of 24 hours."""
    open: int | None
    """Questions that wait."""
    urgent: int | None
    """Of these, crises and safety events."""
    oldest_seconds: int | None
    """Age of the oldest; None without any."""
    surge: State | None
    """Of all its posts, in the last hour judged; None before the first."""
    why: str = ""


class Hospitals(msgspec.Struct, frozen=True, kw_only=True):
    """Every hospital of the directory, whichever worker holds it; numbers of other workers may be a minute old."""

    at: int
    hospitals: tuple[Summary, ...]
    """In the directory's order."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One hospital: all its figures."""

    figures: Figures
    worker: str
    """Who holds it."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One question that waits."""

    post: str
    """Its id; of X, it opens at https://x.com/i/status/ID."""
    written: int
    age_seconds: int
    intent: Intent
    tier: Tier
    topics: tuple[str, ...]
    """Operational and safety ones alone."""
    urgent: bool
    """Whether somebody may be in danger, or something went wrong in care: these stand first."""


class Questions(msgspec.Struct, frozen=True, kw_only=True):
    """What waits for a hospital's answer, at most 72 h."""

    hospital: str
    at: int
    count: int
    questions: tuple[Question, ...]
    """Urgent ones first, then the oldest; at most 1,000."""


class RegionHospital(msgspec.Struct, frozen=True, kw_only=True):
    """One hospital of a referral region beside the others."""

    hospital: str
    name: str
    city: str
    state: str
    counts: PeerCounts | None
    """None: not known now."""
    voice: VoiceFigure
    rank: RankFigure
    service: ServiceFigure | None
    """None: its counts are not known now."""


class RegionAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The hospitals of one referral region (Dartmouth HRR)."""

    hrr: str
    name: str
    """As `Fargo, ND`."""
    at: int
    hospitals: tuple[RegionHospital, ...]
    """In the directory's order."""
    missing: tuple[str, ...]
    """Ids of those whose counts are not known now."""


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the worker makes progress, by the rule of its health file."""

    worker: str
    healthy: bool
    progress_seconds: float | None
    """Since the last progress; None before the first."""
    why: str = ""


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the worker can answer."""

    worker: str
    ready: bool
    partitions: tuple[int, ...]
    """Of `mentions`, that it holds."""
    others: tuple[str, ...]
    """The other workers that were heard in the last half minute."""
    why: str = ""
