"""What was measured before, and what moved since: ratios to `raw` of the same run, so that another machine or a busy
one is no slowdown.

Called by `make bench` at its end. Owns `committed.json`, which `python -m bench --commit` writes. Knows no broker. A
ratio is CPU per post over raw's: the pace of a post depends on whatever else runs on the machine, its CPU much less.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

FILE = Path(__file__).with_name("committed.json")
NOTICED = 0.15
"""Of a ratio. Two runs of the same tree on a quiet machine differ by a tenth."""


class Moved(msgspec.Struct, frozen=True):
    """A stage that costs another share than it did."""

    stage: str
    committed: float
    """CPU of a post, in that of a post of `raw`."""
    now: float

    def __str__(self) -> str:
        way = "slower" if self.now > self.committed else "faster"
        percent = abs(self.now / self.committed - 1) * 100
        cpu = f"{self.now:.1f} times raw's CPU, then {self.committed:.1f}"
        return f"{self.stage}: {percent:.0f} % {way} than committed ({cpu})"


def ratios(cpu_us: Mapping[str, float]) -> dict[str, float]:
    """Stage -> its CPU a post over raw's. `cpu_us`: stage -> microseconds, `raw` among them; empty without it."""
    floor = cpu_us.get("raw", 0.0)
    return {stage: round(cost / floor, 2) for stage, cost in cpu_us.items() if floor > 0 and stage != "raw"}


def moved(now: Mapping[str, float], before: Mapping[str, float]) -> Iterator[Moved]:
    """Stages of both whose ratio moved by more than `NOTICED`, the most moved first. A part (`full/tagger`) is told
    only with its whole: it is measured by the clock."""
    both = [Moved(stage, before[stage], now[stage]) for stage in now if before.get(stage, 0) > 0]
    noticed = {one.stage: one for one in both if abs(one.now / one.committed - 1) > NOTICED}
    told = [one for stage, one in noticed.items() if stage.partition("/")[0] in noticed]
    yield from sorted(told, key=lambda one: -abs(one.now / one.committed - 1))


def load(file: Path = FILE) -> dict[str, float]:
    """The committed ratios; empty if there are none."""
    return msgspec.json.decode(file.read_bytes(), type=dict[str, float]) if file.exists() else {}


def save(now: Mapping[str, float], file: Path = FILE) -> None:
    """Write ratios over those of the same stages."""
    file.write_bytes(msgspec.json.format(msgspec.json.encode({**load(file), **now}), indent=1) + b"\n")
