"""Child processes of a proof: not bound to the terminal, logged to files, always ended.

Called by `pipeline.py`. Knows nothing of what they run.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.local_kafka.process import tied
from streams.errors import UserError

EARSHOT = (sys.executable, "-m", "agents.cli")
"""The `earshot` command of this very environment."""


def cpu_seconds(pid: int) -> float:
    """User and system time that a process has used, by /proc; 0 where there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_bytes(pid: int) -> int:
    """Memory that a process holds now, by /proc; 0 where there is none."""
    try:
        pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    except OSError:
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


class Child:
    """One child process. In a session of its own, so that ctrl-c reaches the parent alone, which ends children in
    order; killed with the thread that started it, so that kill -9 of the parent leaves none."""

    def __init__(self, name: str, command: Sequence[str], folder: Path, environ: Mapping[str, str]) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self._command = list(command)
        self._environ = {**os.environ, **environ}
        self._process: subprocess.Popen[bytes] | None = None
        self.starts = 0

    def start(self) -> None:
        """Start it, or restart it; the log file is continued. Returns at once."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                tied(self._command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environ,
                start_new_session=True,
            )
        self.starts += 1

    @property
    def running(self) -> bool:
        """Whether it runs (or is stopped)."""
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """Its exit code; None while it runs or before it started."""
        return None if self._process is None else self._process.poll()

    @property
    def pid(self) -> int:
        """Its process id, of the last start; 0 before the first."""
        return 0 if self._process is None else self._process.pid

    def send(self, number: signal.Signals) -> None:
        """Send a signal if it runs."""
        if self._process is not None and self.running:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)

    def kill(self) -> None:
        """Send SIGKILL and block until the process is gone."""
        self.send(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()

    def wait(self, seconds: float) -> int:
        """Block until it has ended by itself; its exit code. Raises `subprocess.TimeoutExpired` after `seconds`."""
        if self._process is None:
            raise ValueError(f"{self.name} was never started")
        return self._process.wait(seconds)

    def end(self, seconds: float = 15.0) -> int | None:
        """Send SIGTERM, and SIGKILL after `seconds`; blocks until it has ended; the exit code."""
        if self._process is None:
            return None
        self.send(signal.SIGTERM)
        self.send(signal.SIGCONT)
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return self._process.returncode

    def cpu_seconds(self) -> float:
        """User and system time that it has used, by /proc; 0 where there is none."""
        return cpu_seconds(self.pid) if self.pid else 0.0

    def rss_bytes(self) -> int:
        """Memory that it holds now, by /proc; 0 where there is none."""
        return rss_bytes(self.pid) if self.pid else 0

    def ended_error(self) -> UserError:
        """What to raise when it has ended and should not have."""
        return UserError(f"{self.name} ended: {self.last_line()}")

    def last_line(self) -> str:
        """The last line that it logged."""
        lines = self.log.read_text(errors="replace").strip().splitlines() if self.log.exists() else []
        return lines[-1] if lines else "no output"

    def wait_for_text(self, text: str, seconds: float, times: int = 1) -> None:
        """Block until `text` was logged so many times, whether the process runs or not. Raises `UserError` after
        `seconds`."""
        deadline = time.monotonic() + seconds
        while not self.log.exists() or self.log.read_text(errors="replace").count(text) < times:
            if time.monotonic() > deadline:
                raise UserError(f"{self.name} did not log {text!r} in {seconds:.0f} s: {self.last_line()}")
            time.sleep(0.05)

    def wait_for_line(self, start: str, seconds: float) -> str:
        """Block until a logged line begins with `start`; that line. Raises `UserError` if the process ends first, or
        after `seconds`."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for line in self.log.read_text(errors="replace").splitlines() if self.log.exists() else ():
                if line.startswith(start):
                    return line
            if not self.running:
                raise self.ended_error()
            time.sleep(0.05)
        raise UserError(f"{self.name} did not get ready in {seconds:.0f} s: {self.last_line()}")
