"""Reads a secret from the file that a setting names, and says who else can read that file.

Called by whatever shows or asks for a bearer token, and by the doctor's checks. No error of it shows what the file
holds. Does not know what the secret opens.
"""

import os
import stat
from pathlib import Path

from streams.errors import UserError
from streams.settings import Settings, variable


def read(settings: Settings, name: str, what: str) -> str:
    """The secret in the file that the setting `name` names. `what`: in words, as `X bearer token`. Raises
    `UserError`."""
    path = getattr(settings, name)
    if not path:
        raise UserError(f"{variable(name)} is not set", f"name a file that holds the {what} and nothing else")
    try:
        secret = Path(path).read_text(encoding="ascii").strip()
    except OSError as error:
        raise UserError(
            f"{variable(name)}={path} cannot be read ({error.strerror})", "name a file that this user may read"
        ) from None
    except UnicodeDecodeError:
        secret = ""
    if not secret or not secret.isprintable() or " " in secret:
        raise UserError(f"{variable(name)}={path} holds no token", f"it must hold one {what} and nothing else")
    return secret


def exposed(path: str) -> UserError | None:
    """How other users of this machine may read or write the file, and what to do that locks out no reader of today.
    None if they cannot.

    A file that everybody may read is closed by a folder above it that others may not enter, as `make init` leaves it.
    In a container the file is a mount of its own, which its folder on the host closes: from inside only its writing can
    be judged.
    """
    file = Path(path).resolve()
    mode = file.stat().st_mode
    entered = all(folder.stat().st_mode & stat.S_IXOTH for folder in file.parents)
    open_to = mode & stat.S_IWOTH or (mode & stat.S_IROTH and not _mounted(file))
    if not (open_to and entered):
        return None
    found = f"{path} is open to every user of this machine ({stat.filemode(mode)})"
    if file.stat().st_uid != os.geteuid():
        return UserError(
            found,
            f"have its owner put it into a folder that others may not enter, then chown it to user {os.geteuid()}",
        )
    return UserError(
        found,
        "move it into a folder that only you may enter (chmod 700), as `make init` does with .secrets; containers then "
        "still read it",
    )


def _mounted(file: Path) -> bool:
    """Whether the file itself is a mount, as a container's secrets are; False where there is no /proc."""
    try:
        mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return any(line.split(" ", 5)[4] == str(file) for line in mounts.splitlines())
