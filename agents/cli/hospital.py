"""Which hospital a person means who typed an id, an @handle or a part of a name.

Called by the commands that take a hospital. Knows no command.
"""

import difflib

from streams.directory import Directory, Hospital
from streams.errors import UserError

_SHOWN = 8
_NEAR = 3
"""Suggestions for a name that is none."""


def find(directory: Directory, named: str) -> Hospital:
    """The one hospital. Raises `UserError`: one line that lists the hospitals that could be meant."""
    if named in directory.by_id:
        return directory.by_id[named]
    if named.startswith("@"):
        handle = named[1:].lower()
        found = list(next((owners[handle] for owners in directory.accounts.values() if handle in owners), ()))
    else:
        found = [one for one in directory.hospitals if named and named.casefold() in one.name.casefold()]
    if len(found) == 1:
        return found[0]
    if not found:
        raise UserError(
            f"no hospital of the directory is {named!r}",
            f"{_meant(directory, named)}give an id (240010), an @handle or part of a name; `earshot directory show` "
            "lists them",
        )
    listed = "; ".join(f"{one.id} {one.name}" for one in found[:_SHOWN])
    more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    raise UserError(f"{named!r} is {len(found)} hospitals, name one by its id: {listed}{more}")


def _meant(directory: Directory, named: str) -> str:
    """A suggestion, for a name that is nearly one; empty without any."""
    words: dict[str, str] = {}
    for one in directory.hospitals:
        words |= dict.fromkeys((one.id, one.name.casefold()), f"{one.id} {one.name}")
        words |= {f"@{handle.handle}": f"{one.id} {one.name}" for handle in one.accounts.every}
    near = difflib.get_close_matches(named.casefold(), words, n=_NEAR, cutoff=0.6)
    return f"did you mean {' or '.join(dict.fromkeys(words[one] for one in near))}? Or " if near else ""
