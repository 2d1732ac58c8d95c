"""A scenario as it is played: which step is next, and whether its time has come.

Owns the place in the steps and what was counted since the last one. Called by `stream.py`: at each request, at each
post, and between posts. Does not know how a step is done.
"""

from collections.abc import Callable, Sequence

from agents.simulated.scenario import AnyStep, Refuse


class Script:
    """The steps in their order. `clock`: seconds that only grow."""

    def __init__(self, steps: Sequence[AnyStep], clock: Callable[[], float]) -> None:
        self._steps = [step for step in steps for _ in range(step.times)]
        self._clock = clock
        self._connects = self._posts = 0
        self._since = clock()

    @property
    def over(self) -> bool:
        """Whether every step has been taken."""
        return not self._steps

    def connected(self) -> None:
        """A connection was accepted."""
        self._connects += 1

    def posted(self) -> None:
        """A post was written."""
        self._posts += 1

    def refusal(self) -> Refuse | None:
        """Take the next step if its time has come and it refuses the present request."""
        step = self._ready()
        if not isinstance(step, Refuse):
            return None
        self._advance()
        return step

    @property
    def due(self) -> bool:
        """Whether there is something to do to the present connection."""
        step = self._ready()
        return step is not None and not isinstance(step, Refuse)

    def take(self) -> AnyStep:
        """Take the step that is due."""
        step = self._steps[0]
        self._advance()
        return step

    def _ready(self) -> AnyStep | None:
        if not self._steps:
            return None
        after = self._steps[0].after
        counted = self._connects >= after.connects and self._posts >= after.posts
        return self._steps[0] if counted and self._clock() - self._since >= after.seconds else None

    def _advance(self) -> None:
        self._steps.pop(0)
        self._connects = self._posts = 0
        self._since = self._clock()
