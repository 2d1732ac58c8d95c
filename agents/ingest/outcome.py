"""How one attempt to listen to a source ended, and what follows from each way of ending: the shapes.

Each source has one table, `<source>/outcome.py`, that gives every end it knows its meaning and consequence. Called by
the sources and by whatever waits between their attempts. Owns how a wait grows; knows no source and no clock.
"""

import logging
from collections.abc import Mapping
from typing import ClassVar, Literal

import msgspec

from streams.vocabulary import StreamEnd

HEALTHY = 60.0
"""Seconds that a connection must stand before a broken one counts as the first again, so that none makes a storm."""

Grows = Literal["doubles", "by_steps", "stays"]
"""How the wait grows from one end to the next of its kind; `by_steps`: by the first wait each time."""


class Consequence(msgspec.Struct, frozen=True, kw_only=True):
    """What follows from one kind of end. `first` and `most` in seconds."""

    meaning: str
    level: int = logging.WARNING
    """Of its line in the log file: INFO is daily life, ERROR needs somebody."""
    first: float = 0.0
    """The wait after the first of its kind."""
    most: float = 0.0
    grows: Grows = "doubles"
    reset_after: float = HEALTHY
    """A connection that stood so long makes the next end of this kind the first again."""
    fix: str = ""
    """Fatal if there is one: another attempt is of no use before somebody does this. Names the setting."""

    def wait(self, repeated: int) -> float:
        """Seconds to wait after an end that `repeated` others went before."""
        match self.grows:
            case "doubles":
                return min(self.first * 2.0 ** min(repeated, 16), self.most)
            case "by_steps":
                return min(self.first * (repeated + 1), self.most)
            case "stays":
                return self.first


class Outcome(msgspec.Struct, frozen=True):
    """The end of one attempt. Each source has a subclass that names its table."""

    consequences: ClassVar[Mapping[StreamEnd, Consequence]] = {}

    kind: StreamEnd
    status: int = 0
    """HTTP status of a refusal; 0 when there was none."""
    reset_at: int | None = None
    """When the source's rate-limit window ends, seconds since the epoch."""
    retry_after: int | None = None
    """Seconds that the source asks to wait."""
    seconds: float = 0.0
    """How long the connection stood; 0 when there was none."""

    @property
    def consequence(self) -> Consequence:
        """What follows from it."""
        return self.consequences[self.kind]

    def __str__(self) -> str:
        said = f" (HTTP {self.status})" if self.status else f" after {self.seconds:.1f} s" if self.seconds else ""
        return f"{self.kind}{said}: {self.consequence.meaning}"


class Waits:
    """How long to wait after each attempt, for a source without limits of its own: the wait grows over ends of all
    kinds, until a connection stood for `HEALTHY`."""

    def __init__(self) -> None:
        self._repeated = 0

    def after(self, outcome: Outcome) -> float:
        """Seconds to wait before the next attempt."""
        if outcome.seconds >= HEALTHY:
            self._repeated = 0
        wait = outcome.consequence.wait(self._repeated)
        self._repeated += 1
        return wait
