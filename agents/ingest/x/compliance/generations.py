"""Memory that forgets: what was put in two turns ago is gone.

Called by `matching.py`, which says when to turn. Knows neither what it keeps nor the time.
"""

from typing import Generic, TypeVar

V = TypeVar("V")


class Generations(Generic[V]):
    """A dictionary by number."""

    def __init__(self) -> None:
        self._new: dict[int, V] = {}
        self._old: dict[int, V] = {}

    def __len__(self) -> int:
        return len(self._new) + len(self._old)

    def __contains__(self, key: int) -> bool:
        return key in self._new or key in self._old

    def young(self, key: int) -> V | None:
        """What was put in since the last turn; None when nothing was."""
        return self._new.get(key)

    def get(self, key: int) -> V | None:
        """The newest; None when it is not there."""
        return self._new.get(key, self._old.get(key))

    def all(self, key: int) -> list[V]:
        """The newest, and the one of before the last turn, as far as they are there."""
        return [one[key] for one in (self._new, self._old) if key in one]

    def put(self, key: int, value: V) -> None:
        """Put it in."""
        self._new[key] = value

    def take(self, key: int) -> V | None:
        """Take it out; None when it is not there."""
        old = self._old.pop(key, None)
        return self._new.pop(key, old)

    def turn(self) -> None:
        """Forget the older ones."""
        self._old, self._new = self._new, {}
