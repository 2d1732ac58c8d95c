"""Runs a command that ends when the process which started it does: `python tied.py PARENT COMMAND...`.

Run as a program by `process.py` in this folder, for the local Kafka of one demo or test and for every other child
process: not even kill -9 of the demo leaves one. Linux tells the child of its parent's end; elsewhere the command just
runs.
Standard library alone, as it starts with each child.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
"""prctl(2). Holds over the exec that follows."""


def main() -> None:
    """Become the command."""
    parent, *command = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != int(parent):  # it ended before the call
            sys.exit(1)
    os.execv(command[0], command)  # noqa: S606 - our own command


if __name__ == "__main__":
    main()
