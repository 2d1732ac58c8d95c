"""What follows a post of the simulated X: hospitals' answers, each hospital in its own style, and edits.

Owns who answers, when, how and under which account, and when an author changes a post; all of it drawn from the seed
and from `content.yaml`. Called by `posts.py`, which words and writes what is due. Knows no payload; time comes in as an
argument.
"""

import heapq
import math
import random
from datetime import datetime
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from agents.simulated.people import Account, Target

NIGHT_ENDS, NIGHT_BEGINS = 7, 22
"""Hours of the day at the hospital."""
OVERTAKING_SECONDS = 20.0
"""Most that an answer comes after the question that it overtakes: ingest's catch-up looks back 60 s."""
EDIT_SECONDS = 120.0, 1800.0
"""An author changes a post after so long; X allows an hour."""
AGAIN_SECONDS = 60.0, 3600.0
"""A second answer follows the first after so long."""
MOST = 20_000
"""Answers and edits that are planned and not written, some 20 MB. More are not planned: at pace 1 and 200 posts a
second the slow hospitals would plan a million."""

Kind = Literal["reply", "quote", "edit"]


class Style(msgspec.Struct, frozen=True):
    """How a hospital answers; `content.yaml` says what each field means."""

    weight: float
    share: float
    night: float
    minutes: float
    spread: float


class Shares(msgspec.Struct, frozen=True):
    """How often what happens; `content.yaml` says of what."""

    courtesy: float
    overtaking: float
    quote: float
    again: float
    brand: float
    edited: float


class Said(NamedTuple):
    """A post that something can follow."""

    versions: list[str]
    """Its ids, the first version's first; grows when it is edited."""
    conversation: str
    author: Account
    target: int
    text: str
    created_at: str


class Planned(NamedTuple):
    """What is to be written. Sorted by `due_ms`, then in the order planned."""

    due_ms: int
    number: int
    kind: Kind
    said: Said
    by_brand: bool = False


class Replies:
    """All that is planned. Not shared between threads."""

    def __init__(self, seed: int, words: dict[str, Any], targets: tuple[Target, ...], pace: float) -> None:
        """`words`: `content.yaml`. `pace`: how many times faster than in life hospitals answer and authors edit."""
        self.pace = pace
        self.styles = tuple(style_of(one.id, seed, words) for one in targets)
        self._styles = [_styles(words)[name] for name in self.styles]
        self._shares = msgspec.convert(words["answering"], Shares)
        self._rng = random.Random(f"{seed}/replies")  # noqa: S311 - repeatable on purpose
        self._targets = targets
        self._zones = [ZoneInfo(one.zone) for one in targets]
        self._planned: list[Planned] = []
        self._number = 0

    @property
    def due_ms(self) -> int | None:
        """When the next of it is due, ms since the epoch; None when nothing is planned."""
        return self._planned[0].due_ms if self._planned else None

    def due(self, at_ms: int) -> Planned | None:
        """The next that is due by then; it is no longer planned."""
        return heapq.heappop(self._planned) if self._planned and self._planned[0].due_ms <= at_ms else None

    def hear(self, said: Said, at_ms: int, *, wants: bool, may_edit: bool) -> bool:
        """Plan what follows a post to a hospital. `wants`: it wants something of it. True: an answer overtakes it."""
        rng, shares, style = self._rng, self._shares, self._styles[said.target]
        if may_edit and rng.random() < shares.edited:
            self._plan(at_ms, rng.uniform(*EDIT_SECONDS), "edit", said)
        share = style.share * (1 if wants else shares.courtesy) * (style.night if self._night(said, at_ms) else 1)
        if rng.random() >= share:
            return False
        overtakes = rng.random() < shares.overtaking
        seconds = style.minutes * 60 * math.exp(rng.gauss(0, style.spread))
        if overtakes:
            seconds = rng.uniform(1, OVERTAKING_SECONDS)
        kind: Kind = "quote" if rng.random() < shares.quote else "reply"
        brand = bool(self._targets[said.target].brand) and rng.random() < shares.brand
        planned = self._plan(at_ms, seconds, kind, said, by_brand=brand)
        if rng.random() < shares.again:
            self._plan(at_ms, seconds + rng.uniform(*AGAIN_SECONDS), "reply", said)
        return planned and overtakes

    def _plan(self, at_ms: int, seconds: float, kind: Kind, said: Said, *, by_brand: bool = False) -> bool:
        if len(self._planned) >= MOST:
            return False
        self._number += 1
        due_ms = at_ms + 1 + int(seconds * 1000 / self.pace)
        heapq.heappush(self._planned, Planned(due_ms, self._number, kind, said, by_brand))
        return True

    def _night(self, said: Said, at_ms: int) -> bool:
        return not NIGHT_ENDS <= datetime.fromtimestamp(at_ms / 1000, self._zones[said.target]).hour < NIGHT_BEGINS


def style_of(hospital: str, seed: int, words: dict[str, Any]) -> str:
    """The name of a hospital's style."""
    styles = _styles(words)
    drawn = random.Random(f"{seed}/{hospital}")  # noqa: S311 - repeatable on purpose
    return drawn.choices([*styles], [style.weight for style in styles.values()])[0]


def _styles(words: dict[str, Any]) -> dict[str, Style]:
    return msgspec.convert(words["responders"], dict[str, Style])
