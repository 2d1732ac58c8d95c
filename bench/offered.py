"""Posts that reach ingest when their moment has come, however late everything behind is: an open loop, so that a stall
makes all posts wait that come meanwhile, and they all count.

Called by `paced.py`. The process (`python -m bench.offered`) is ingest behind its sources: intake, wal, pump, Kafka. It
says when each post was accepted, that is, synced to the wal. Knows no worker.
"""

import subprocess
import sys
import threading
import time
from bisect import bisect_left
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from agents.ingest import publisher
from agents.ingest.pace import set_pace
from agents.ingest.pump import Pump
from agents.ingest.wal.wal import open_wal
from agents.ingest.x.intake import Intake
from agents.proving.load import lines
from deploy.local_kafka.process import tied
from streams.errors import UserError
from streams.settings import Settings, environment, load

TURN_SECONDS = 0.05
READY, SOON_SECONDS, FLUSH_SECONDS = "ready", 0.3, 60.0
"""Between `begin` and the first post: the process reads the moment from a pipe."""

Curve = list[tuple[float, int]]
"""(moment, records by then), both rising."""


class Offered(msgspec.Struct, frozen=True):
    """What was offered. Moments are on the monotonic clock, which all processes of a machine share."""

    rate: float
    begun: float
    """When the first post was due; each other 1/`rate` s after the one before."""
    keys: list[str]
    """Of the posts, in order, copies among them: their ids."""
    accepted: Curve

    def due(self, number: int) -> float:
        """The moment of a post."""
        return self.begun + number / self.rate

    def accepted_at(self, number: int) -> float:
        """When it was on the wal's disk."""
        return self.accepted[bisect_left(self.accepted, number + 1, key=lambda one: one[1])][0]

    def numbers(self) -> dict[str, int]:
        """Id -> number of the post; a copy is none."""
        found: dict[str, int] = {}
        for number, key in enumerate(self.keys):
            found.setdefault(key, number)
        return found


class Offering:
    """The process; a context manager that leaves none."""

    def __init__(self, settings: Settings, posts: int, rate: float, folder: Path) -> None:
        """`folder`: of the log. Blocks until the posts are made and Kafka is reached. Raises `UserError`."""
        self._rate = rate
        self._log = folder / "offered.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                tied([sys.executable, "-m", "bench.offered", str(posts), str(rate)]),
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env=environment(settings), text=True,
            )  # fmt: skip
        assert self._process.stdout is not None
        if self._process.stdout.readline().strip() != READY:
            self.__exit__(None, None, None)
            raise self._ended()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._process:
            self._process.kill()

    def begin(self) -> float:
        """Begin; the moment of the first post."""
        begun = time.monotonic() + SOON_SECONDS
        assert self._process.stdin is not None
        self._process.stdin.write(f"{begun}\n")
        self._process.stdin.flush()
        return begun

    def end(self) -> Offered:
        """Block until Kafka has all of them. Raises `UserError`."""
        told, _ = self._process.communicate()
        if self._process.returncode:
            raise self._ended()
        return msgspec.json.decode(told, type=Offered)

    def _ended(self) -> UserError:
        said = self._log.read_text(errors="replace").strip().splitlines() or ["no output"]
        return UserError(f"the posts were not offered: {said[-1]}")


def run(posts: int, rate: float) -> Offered:
    """Be ingest: take each post when it is due, and be done when Kafka has all."""
    settings = load()
    made = list(lines(settings, posts, seed=int(rate)))
    accepted: Curve = []
    wal = open_wal(settings, lambda _: accepted.append((time.monotonic(), wal.accepted)))
    intake = Intake(settings.max_post_bytes)
    pump = Pump(wal, publisher.connect(settings))
    pump.start()
    set_pace()
    print(READY, flush=True)
    begun = float(sys.stdin.readline())
    keys: list[str] = []

    def take() -> None:
        for number, line in enumerate(made):
            ahead = begun + number / rate - time.monotonic()
            if ahead > 0:
                time.sleep(ahead)
            record = intake.take(line)
            assert record is not None
            keys.append(record.key.decode())
            wal.append(record)

    source = threading.Thread(target=take, name="open loop")
    source.start()
    while source.is_alive():
        pump.tend()
        source.join(TURN_SECONDS)
    wal.wait_accepted(len(keys) - 1, FLUSH_SECONDS)  # the last group's sync may be still to come
    left = pump.stop(FLUSH_SECONDS)
    wal.close()
    if left or len(keys) < len(made):
        raise UserError(f"Kafka has not taken {left} accepted posts; {len(made) - len(keys)} were not accepted")
    return Offered(rate, begun, keys, accepted)


if __name__ == "__main__":
    print(msgspec.json.encode(run(int(sys.argv[1]), float(sys.argv[2]))).decode())
