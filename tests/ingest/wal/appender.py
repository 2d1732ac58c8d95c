"""A process that appends to a wal and says what was accepted: run to be killed.

`python -m tests.ingest.wal.appender FOLDER SYNC [BYTES]` prints the number of each record to stdout once accepted,
until it is killed. With BYTES no file may grow beyond so many: a disk that is full, without filling one. Not a test.
"""

import os
import resource
import signal
import sys
from pathlib import Path

from agents.ingest.records import Record
from agents.ingest.wal.wal import Wal
from streams.errors import UserError

MAX_BYTES = 64 * 1024 * 1024
SIZES = (1, 700, 2_000, 90_000)


def record(number: int) -> Record:
    """The record that is appended as this number."""
    value = b"%d " % number
    return Record("posts", b"%d" % number, value + b"x" * SIZES[number % len(SIZES)])


def main(folder: str, sync: str, limit: str = "") -> None:
    """Append for ever."""
    if limit:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
    wal = Wal(Path(folder), MAX_BYTES, "group" if sync == "group" else "each")
    try:
        said = number = wal.accepted
        while True:
            wal.append(record(number))
            number += 1
            while said < wal.accepted:
                os.write(1, b"%d\n" % said)
                said += 1
    except UserError as error:
        sys.exit(str(error))
    finally:
        wal.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
