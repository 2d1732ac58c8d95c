"""Which hospital a person means who names one by id, @handle or part of its name; and what he may have meant.

Called by the commands that take a hospital and by the API. Knows no command.
"""

from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import NamedTuple

MOST = 5
"""Suggestions."""
_ALIKE = 0.5
"""Share of letters in common (Ratcliff and Obershelp) below which a name is no suggestion."""


class Named(NamedTuple):
    """What a hospital is called."""

    id: str
    name: str
    handles: tuple[str, ...]
    """Lower case, without @; of all networks."""


def matches(hospitals: Iterable[Named], wanted: str) -> list[Named]:
    """Those that `wanted` names: by id alone, else by @handle, else by a part of the name. In the order given."""
    every = [*hospitals]
    if found := [one for one in every if one.id == wanted]:
        return found
    if wanted.startswith("@"):
        return [one for one in every if wanted[1:].lower() in one.handles]
    part = wanted.casefold()
    return [one for one in every if part and part in one.name.casefold()]


def suggestions(hospitals: Iterable[Named], wanted: str) -> list[Named]:
    """Those whose id, handle or name is most like `wanted`, the likest first; none if nothing is. Takes some 10 us a
    hospital."""
    word = wanted.removeprefix("@").casefold()
    found = sorted(
        ((_likeness(one, word), _same_beginning(one.id.casefold(), word), one) for one in hospitals),
        key=lambda each: (-each[0], -each[1], each[2].name),
    )
    return [one for likeness, _, one in found[:MOST] if likeness >= _ALIKE]


def _likeness(one: Named, word: str) -> float:
    words = {one.id.casefold(), *one.handles, one.name.casefold(), *one.name.casefold().split()}
    matcher = SequenceMatcher(b=word)
    best = 0.0
    for other in words:
        matcher.set_seq1(other)
        if matcher.real_quick_ratio() > best and matcher.quick_ratio() > best:
            best = max(best, matcher.ratio())
    return best


def _same_beginning(one: str, other: str) -> int:
    """Letters."""
    return next((at for at, (left, right) in enumerate(zip(one, other, strict=False)) if left != right), len(one))
