"""One hospital and what belongs to it: its accounts, its planner's service area, its own goals.

Owns the shapes and their closed sets. Made by `files.py`. Knows no file and no post.
"""

from collections.abc import Iterable
from typing import Literal, get_args

import msgspec

from streams.vocabulary import NETWORKS, ClosedSet, Means

Role = Literal["official", "brand", "former", "community"]
ROLE: ClosedSet[Role] = ClosedSet(
    "Role", "What an account is to a hospital.",
    {
        "official": Means("the hospital's own account", "Listened for."),
        "brand": Means("a system's or school's account", "May stand at many hospitals."),
        "former": Means("an old name of the account", "Stays in the file: posts to it were written to the hospital."),
        "community": Means("the account of its town", "Listened for."),
    },
)  # fmt: skip

Kind = Literal[
    "acute",
    "critical_access",
    "rural_emergency",
    "childrens",
    "cancer",
    "psychiatric",
    "rehabilitation",
    "long_term",
    "veterans",
    "military",
    "community",
]
_CMS = "Shown beside its name; CMS' type."
KIND: ClosedSet[Kind] = ClosedSet(
    "Kind", "What a row of the directory is.",
    {
        "acute": Means("an acute care hospital", _CMS),
        "critical_access": Means("a critical access hospital", _CMS),
        "rural_emergency": Means("a rural emergency hospital", _CMS),
        "childrens": Means("a children's hospital", _CMS),
        "cancer": Means("a cancer hospital", "Shown beside its name; not a type of CMS."),
        "psychiatric": Means("a psychiatric hospital", _CMS),
        "rehabilitation": Means("a rehabilitation hospital", _CMS),
        "long_term": Means("a long-term care hospital", _CMS),
        "veterans": Means("a hospital of the Veterans Administration", "Marked as owned by a government."),
        "military": Means("a hospital of the Department of Defense", "Marked as owned by a government."),
        "community": Means("no hospital: an account about health in a town", "Stands at the town's centre."),
    },
)  # fmt: skip

Ownership = Literal[
    "nonprofit",
    "proprietary",
    "physician",
    "tribal",
    "government_local",
    "government_state",
    "government_federal",
    "unknown",
]
_GOVERNMENT = "X wants an Enterprise plan and prior notice: `earshot directory check` names it."
OWNERSHIP: ClosedSet[Ownership] = ClosedSet(
    "Ownership", "Who owns a hospital, by CMS' list of owners.",
    {
        "nonprofit": Means("a voluntary non-profit owner", "Nothing follows."),
        "proprietary": Means("a for-profit owner", "Nothing follows."),
        "physician": Means("physicians", "Nothing follows."),
        "tribal": Means("a tribe", "Nothing follows."),
        "government_local": Means("a city, a county or a hospital district", _GOVERNMENT),
        "government_state": Means("a state", _GOVERNMENT),
        "government_federal": Means("the federal government", _GOVERNMENT),
        "unknown": Means("not known", "Find out before stream rules are paid for."),
    },
)  # fmt: skip

Goal = Literal[
    "local_share",
    "located_share",
    "answered_1h_share",
    "answered_24h_share",
    "first_response_minutes",
    "unanswered_questions",
    "complaint_share",
    "local_authors_per_10000",
]

KINDS: tuple[Kind, ...] = get_args(Kind)
OWNERSHIPS: tuple[Ownership, ...] = get_args(Ownership)
ROLES: tuple[Role, ...] = get_args(Role)


class GoalKind(msgspec.Struct, frozen=True):
    """A figure that a hospital can set itself a target for."""

    unit: str
    better: Literal["higher", "lower"]
    most: float
    meaning: str


GOALS: dict[Goal, GoalKind] = {
    "local_share": GoalKind("per cent", "higher", 100, "located inbound posts whose author is local"),
    "located_share": GoalKind("per cent", "higher", 100, "inbound posts whose author has a place"),
    "answered_1h_share": GoalKind("per cent", "higher", 100, "addressed posts answered within an hour"),
    "answered_24h_share": GoalKind("per cent", "higher", 100, "addressed posts answered within a day"),
    "first_response_minutes": GoalKind("minutes", "lower", 43_200, "median time to the first answer"),
    "unanswered_questions": GoalKind("posts", "lower", 1_000_000, "questions and requests of the last 72 h unanswered"),
    "complaint_share": GoalKind("per cent", "lower", 100, "inbound posts that complain"),
    "local_authors_per_10000": GoalKind("authors", "higher", 10_000, "local authors a month per 10,000 residents"),
}
"""The goals that a hospital may set itself. Each hospital sets its own targets: none is right for all."""
GOAL: ClosedSet[Goal] = ClosedSet(
    "Goal", "What a hospital can set itself a target for.",
    {goal: Means(kind.meaning, f"In {kind.unit}; {kind.better} is better.") for goal, kind in GOALS.items()},
)  # fmt: skip
SETS = (ROLE, KIND, OWNERSHIP, GOAL)


class Handle(msgspec.Struct, frozen=True):
    """An account. `handle` is lower case, without @."""

    handle: str
    role: Role
    network: str = "x"
    """One of `streams.vocabulary.NETWORKS`."""
    valid_from: str = ""
    """First day that the account was the hospital's, `2009-08-01`; empty: from the beginning."""
    valid_to: str = ""
    """Last such day; empty: it still is."""

    def valid_on(self, day: str) -> bool:
        """Whether the account was the hospital's on a day, `2026-11-24`."""
        return (not self.valid_from or self.valid_from <= day) and (not self.valid_to or day <= self.valid_to)


class Accounts(dict[str, tuple[Handle, ...]]):
    """Network -> a hospital's accounts there; a network without an entry has none. Not changed once made."""

    @classmethod
    def of(cls, handles: Iterable[Handle]) -> "Accounts":
        """Accounts by their networks, each network's in the order given."""
        found: dict[str, tuple[Handle, ...]] = {}
        for handle in handles:
            found[handle.network] = (*found.get(handle.network, ()), handle)
        return cls(found)

    @property
    def every(self) -> tuple[Handle, ...]:
        """The accounts of all networks, in the networks' order."""
        return tuple(handle for network in NETWORKS for handle in self[network])

    def __missing__(self, network: str) -> tuple[Handle, ...]:
        return ()

    def __hash__(self) -> int:  # type: ignore[override] # dict has none, because others change
        return hash(frozenset(self.items()))


class Hospital(msgspec.Struct, frozen=True, cache_hash=True):
    """One row of the directory. `id` is the CMS Certification Number where there is one (text: leading zeros, letters),
    else a short slug."""

    id: str
    name: str
    city: str
    state: str
    """Postal code."""
    zip: str
    kind: Kind
    latitude: float
    """Degrees; the campus, or the town's centre for `community`."""
    longitude: float
    accounts: Accounts = Accounts()
    """By network. Former accounts stay: people who wrote to one wrote to the hospital."""
    psa: frozenset[str] = frozenset()
    """ZIPs of the primary service area, as the hospital's planner lists them; usually none."""
    ssa: frozenset[str] = frozenset()
    """ZIPs of the secondary service area, likewise."""
    county: str = ""
    """The county's name as CMS writes it; empty if unknown."""
    ownership: Ownership = "unknown"
    beds: int | None = None
    hours: str = ""
    """When its office is open, as `hours.py` reads it; empty: as the setting says."""
    goals: tuple[tuple[Goal, float], ...] = ()
    """(goal, target) of each goal that the hospital set itself."""

    @property
    def government(self) -> bool:
        """Whether a government owns the hospital: X asks such users for an Enterprise plan and prior notice."""
        return self.ownership.startswith("government") or self.kind in ("veterans", "military")
