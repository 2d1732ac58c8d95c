"""What a proof asks of a simulated source in its own process, where everything that was sent is known by id.

Implemented by `heard_x.py` and `heard_bluesky.py`; called by `acceptance.py`. Knows no source by name.
"""

from collections.abc import Callable, Set
from contextlib import AbstractContextManager
from typing import Protocol

from agents.proving.pipeline import Pipeline, Samples
from streams.settings import Settings


class Heard(Protocol):
    """A source that is listened to."""

    name: str
    """The source's name."""

    @property
    def flowed(self) -> int:
        """Posts that went to a listener until now, or what is as good a sign that there is one."""

    @property
    def delivered(self) -> Set[str]:
        """Ids of the posts that ingest is to take."""

    @property
    def lines(self) -> int:
        """How many times one of those was sent."""

    @property
    def exhausted(self) -> bool:
        """Whether all that will ever be written is."""

    def begun(self, settings: Settings) -> bool:
        """Whether ingest would go on from where it is: a source that repeats wants to be told a place."""

    def replayed(self, samples: Samples) -> bool:
        """Whether ingest, by its /metrics, has heard again what the source had for it when it came back."""


Maker = Callable[[Pipeline, float, int, int], AbstractContextManager[Heard]]
"""Runs a source that the pipeline's ingest will listen to: pipeline, posts a second, seed, posts in all."""
