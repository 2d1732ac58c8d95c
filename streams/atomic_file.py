"""Replacing a small file in one step: a reader sees the old content or the new, never a part.

The content goes into `<name>.part` beside the file, which then takes the file's name. Whoever calls says whether the
disk must have it first. Knows nothing of what is in a file; two processes must not replace the same one at a time.
"""

import os
from contextlib import suppress
from pathlib import Path


def replace_file(path: Path, content: bytes, *, sync: bool, mode: int = 0o666) -> None:
    """Write `content` to `path`, all or nothing. Blocks until the disk has it if `sync`.

    `sync`: whether the content is on the disk (`fsync`) before the name is: the file then survives a power cut as the
    old or the new one. Without it a power cut may leave an empty file, so only for what a reader can do without. The
    rename itself is not synced: after a power cut the old content may be back. `mode`: of the new file, less the umask.

    Raises `OSError`; the old file is then untouched, and no part is left.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        with open(os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC, mode), "wb") as file:
            file.write(content)
            if sync:
                file.flush()
                os.fsync(file.fileno())
        part.replace(path)
    except OSError:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise
