"""Starts, recognises and ends a process that outlives the command that started it.

Called by `broker.py`. Knows no Kafka. A process is ours if its command line holds the mark it was started with: so it
never touches a stranger's process that now has the same id.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

_PAUSE = 0.05


def tied(command: Sequence[str]) -> list[str]:
    """`command`, to be killed when the thread that starts it ends, by whatever: so that kill -9 of this process leaves
    nothing running."""
    return [sys.executable, "-IS", str(Path(__file__).with_name("tied.py")), str(os.getpid()), *command]


def start(command: list[str], log: Path) -> int:
    """Start `command` in a session of its own, which ctrl-c does not reach, with output to the file `log`; return its
    process id."""
    out = (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    actions = [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0), out, (os.POSIX_SPAWN_DUP2, 1, 2)]
    return os.posix_spawn(command[0], command, os.environ, file_actions=actions, setsid=True)


def alive(pid: int, mark: str) -> bool:
    """Whether process `pid` runs and has `mark` as one of its arguments."""
    if pid <= 0:
        return False
    _reap(pid)
    return mark in _arguments(pid)


def stop(pid: int, mark: str, timeout: float) -> None:
    """End process `pid` if it is ours: SIGTERM, then SIGKILL after `timeout` seconds. Blocks until it has ended."""
    for which, patience in ((signal.SIGTERM, timeout), (signal.SIGKILL, timeout)):
        if not alive(pid, mark):
            return
        os.kill(pid, which)
        deadline = time.monotonic() + patience
        while alive(pid, mark) and time.monotonic() < deadline:
            time.sleep(_PAUSE)


def _reap(pid: int) -> None:
    """Collect `pid` if it is a child of this process and has ended; else it would stay as a zombie."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return  # started by an earlier command: the system collects it


def _arguments(pid: int) -> list[str]:
    proc = Path(f"/proc/{pid}/cmdline")
    if Path("/proc/self").exists():
        try:
            return os.fsdecode(proc.read_bytes()).split("\0")
        except OSError:
            return []  # no such process, or another user's
    command = ["ps", "-ww", "-o", "command=", "-p", str(pid)]  # where there is no /proc: macOS
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()  # noqa: S603 - fixed words
