"""Which hospital a person means who typed an id, an @handle or a part of a name.

Called by the commands that take a hospital. Knows no command.
"""

from streams.directory import Directory, Hospital
from streams.errors import UserError

_SHOWN = 8


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
        raise UserError(f"no hospital of the directory is {named!r}: give an id (240010), an @handle or part of a name")
    listed = "; ".join(f"{one.id} {one.name}" for one in found[:_SHOWN])
    more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    raise UserError(f"{named!r} is {len(found)} hospitals, name one by its id: {listed}{more}")
