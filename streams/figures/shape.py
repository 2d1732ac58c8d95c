"""What is said of one hospital: shapes alone, ready for JSON.

Made by `hospital.py` and the modules beside it. Shares are per cent, times seconds since the epoch, ages and lengths as
their names say. A figure that cannot be said is None, and `why` beside it says so in words; where the figure stands
`why` is empty. Counts that could point at a person are 0 below five and counted in `held_back`
(`streams/indicators/small_cells.py`). Infinite limits of an interval are None.
"""

import msgspec

from streams.directory.hospital import Goal, Kind
from streams.indicators import goals, service, surge
from streams.vocabulary import Intent, Near, Span, Tier


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a whole, per cent."""

    share: float | None
    """None: too few to say, see `why`; `hits` and `of` stand all the same."""
    low: float
    high: float
    """The 95 % interval (Wilson)."""
    hits: int
    of: int
    why: str = ""


class Cohort(msgspec.Struct, frozen=True, kw_only=True):
    """How many of those asked were answered within a time, of questions old enough to be judged."""

    within: Share
    """`of`: asked at least that long ago, in full hours."""
    pending: int
    """Asked later than that and not answered: not judged yet."""


class Median(msgspec.Struct, frozen=True, kw_only=True):
    """The middle of a histogram of times, minutes."""

    minutes: float | None
    low: float | None
    high: float | None
    """The 95 % interval, by ranks; None: beyond the longest time that is told apart."""
    of: int
    why: str = ""


class People(msgspec.Struct, frozen=True, kw_only=True):
    """How many different people."""

    people: int
    low: int
    high: int
    """What the estimate leaves open; equal to `people` up to 100, which are counted one by one."""


class Authors(msgspec.Struct, frozen=True, kw_only=True):
    """Who wrote to or about the hospital."""

    all: People
    local: People


class WindowFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One window that ends now. All but `own` and `answers` are of inbound posts."""

    posts: int
    own: int
    """Posts by the hospital."""
    answers: int
    """Of these, answers to a post."""
    wants_answer: int
    authors: Authors | None
    """None in `1h`, which keeps no people."""
    tiers: dict[Tier, int]
    local_share: Share
    """Local / located posts."""
    located_share: Share
    """Located / all posts: how much the local share rests on."""
    intents: dict[Intent, int]
    topics: dict[str, int]
    """Operational and safety topics; zeros included."""
    service_lines: dict[str, int] | None
    """Topics that touch on somebody's health: counted apart from posts; 0 below five. None in `1h`."""
    communities: dict[str, dict[Near, int]]
    """Community of interest -> nearness -> posts."""
    health_communities: dict[str, dict[Near, int]] | None
    """The same of a disease; 0 below five. None in `1h`."""
    held_back: int
    """Counts of 1 to 4 among the last two kinds, shown as 0. Choose a longer window."""


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """Questions of one kind and their first answers."""

    asked: int
    answered: int
    """Within 72 h, whenever they were asked."""
    within: dict[str, int]
    """Answers by the time they took: upper edge of the bucket (`1m` to `72h`) -> answers in it, not added up."""


class Responses(msgspec.Struct, frozen=True, kw_only=True):
    """Questions, requests, complaints and crises put to the hospital in the last 28 days, and its first answers."""

    every: Answers
    by_intent: dict[Intent, Answers]
    by_near: dict[Near, Answers]
    answered_1h: Cohort
    answered_24h: Cohort
    answered_72h: Cohort
    median_answered: Median
    """Of what was answered: says nothing of what was not."""
    median_all: Median
    """Of all that were asked at least 72 h ago; unanswered ones count as later than any answer."""
    business_within: dict[str, int] | None
    """As `Answers.within`, in hours in which the office was open."""
    median_business: Median
    """Of these. `why` says where it is not known."""
    business_hours: str
    time_zone: str | None
    """IANA name, as `America/Chicago`; None: the ZIP code has none."""
    two_way: float | None
    """Answers of the last 28 days for each own post; None without own posts."""
    uncounted: int
    """Questions and answers of a flood that were only counted (over 4,000 in 10 s): their answers are not known."""


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """Questions of one kind that wait now."""

    count: int
    oldest_seconds: int | None
    """Age of the oldest; None without any."""


class OpenQuestions(msgspec.Struct, frozen=True, kw_only=True):
    """What waits for an answer now: up to 72 h, not answered, not taken back."""

    every: Waiting
    by_intent: dict[Intent, Waiting]
    """The four intents that want an answer; zeros included."""
    urgent: Waiting
    """Crises and safety events."""


class GoalFigure(msgspec.Struct, frozen=True, kw_only=True):
    """One goal: what the hospital wants, what it has."""

    goal: Goal
    unit: str
    better: str
    """`higher` or `lower`."""
    target: float | None
    """None: the hospital set itself none; the actual stands alone."""
    actual: float | None
    low: float | None
    high: float | None
    of: int
    """Posts (or residents) that it rests on."""
    state: goals.State
    window: goals.Window
    why: str
    """What decided the state."""


class ServiceFigure(msgspec.Struct, frozen=True, kw_only=True):
    """Answered posts by local people for each 100 eligible ones, of questions asked at least 72 h ago."""

    index: float | None
    low: float
    high: float
    parts: service.Answered
    why: str = ""


class VoiceFigure(msgspec.Struct, frozen=True, kw_only=True):
    """The hospital's part of what is said to or about its referral region's hospitals, 28 days; None where a peer's
    counts are missing."""

    everyone: Share | None
    local: Share | None
    """Of authors alone who are local to the hospital that each post is about."""
    peers: int
    """Hospitals of the region that were compared, itself included."""
    why: str = ""


class RankFigure(msgspec.Struct, frozen=True, kw_only=True):
    """Place by service index among the region's hospitals that have enough posts, 1 the best."""

    rank: int | None
    best: int | None
    worst: int | None
    """Places that chance leaves open."""
    ranked: int
    why: str = ""


class Region(msgspec.Struct, frozen=True, kw_only=True):
    """The hospital beside those of its referral region (Dartmouth HRR)."""

    hrr: str
    """Number; empty where the ZIP code is in none."""
    name: str
    """As `Fargo, ND`."""
    voice: VoiceFigure
    rank: RankFigure
    missing: tuple[str, ...]
    """Ids of the region's hospitals whose counts are not known here, now."""


class SurgeFigure(msgspec.Struct, frozen=True, kw_only=True):
    """The last hour that closed, beside the same hour of past weeks."""

    state: surge.State
    observed: int | None
    """Posts in that hour. None, as the next two, for a service line below five."""
    expected: float | None
    score: float | None
    """Standard deviations above expectation."""
    drift: float | None
    """What small excesses added up to, in standard deviations."""
    why: str


class Surges(msgspec.Struct, frozen=True, kw_only=True):
    """Whether more is said than usual."""

    hour: int | None
    """The hour that is judged, since the epoch; None: none was yet."""
    posts: SurgeFigure | None
    topics: dict[str, SurgeFigure]
    service_lines: dict[str, SurgeFigure]
    why: str = ""


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about one hospital at one moment."""

    hospital: str
    """Its id."""
    name: str
    city: str
    state: str
    kind: Kind
    at: int
    windows: dict[Span, WindowFigures]
    responses: Responses
    open_questions: OpenQuestions
    goals: tuple[GoalFigure, ...]
    """Every goal that there is; those without a target show what is."""
    service: ServiceFigure
    region: Region
    surges: Surges


class PeerCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What the other hospitals of a region must know of one: workers tell it each other, and it may stand a minute old.
    Counts alone, none of them of a service line."""

    hospital: str
    name: str
    hrr: str
    at: int
    posts: int
    """Inbound, 28 days."""
    local: int
    answered: service.Answered
