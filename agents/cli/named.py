"""Which hospital a person means who typed an id, an @handle or a part of a name.

Called by the commands that take a hospital. `streams/directory/search.py` owns what a name matches. Knows no command.
"""

from streams.directory import Directory, Hospital
from streams.directory.search import Named, matches, suggestions
from streams.errors import UserError

_SHOWN = 8


class AmbiguousError(UserError):
    """A name that several hospitals have."""

    def __init__(self, named: str, found: list[Named]) -> None:
        listed = "; ".join(f"{one.id} {one.name}" for one in found[:_SHOWN])
        more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        super().__init__(f"{named!r} is {len(found)} hospitals, name one by its id: {listed}{more}")
        self.candidates = found


def find(directory: Directory, named: str) -> Hospital:
    """The one hospital. Raises `AmbiguousError`, which lists those that could be meant, and `UserError`, which suggests
    some."""
    every = [
        Named(one.id, one.name, tuple(handle.handle for handle in one.accounts.every)) for one in directory.hospitals
    ]
    found = matches(every, named)
    if len(found) > 1:
        raise AmbiguousError(named, found)
    if not found:
        raise UserError(f"no hospital of the directory is {named!r}", f"{_meant(every, named)}{_HOW}")
    return directory.by_id[found[0].id]


_HOW = "give an id (240010), an @handle or part of a name; `earshot directory show` lists them"


def _meant(every: list[Named], named: str) -> str:
    """A suggestion, for a name that is nearly one; empty without any."""
    near = suggestions(every, named)[:3]
    return f"did you mean {' or '.join(f'{one.id} {one.name}' for one in near)}? Or " if near else ""
