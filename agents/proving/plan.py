"""A plan of faults, drawn from a seed: what happens to which worker or to Kafka, and when.

Called by `chaos.py`, which carries it out, and `earshot chaos`, which prints it. Pure: the same numbers give the same
plan. When exactly a fault meets the code is the machine's.
"""

import random
from typing import Literal, NamedTuple, get_args

WORKERS = ("worker-1", "worker-2", "worker-3")
FIRST, SECOND, THIRD = WORKERS

SESSION_SECONDS = 6.0
"""The shortest session that Kafka allows by default: faults have to fit into a run."""
STOPPED_SECONDS = SESSION_SECONDS + 3.0
AWAY_SECONDS = 60.0
"""How long Kafka is away at most: ten sessions."""
AWAY_SHARE = 0.2
"""Of the run: at most so much of it."""

Kind = Literal["kill", "join", "leave", "stop", "continue", "kill in recovery", "Kafka restart", "Kafka away"]
KINDS: tuple[Kind, ...] = get_args(Kind)


class Fault(NamedTuple):
    """One fault of a plan."""

    at: float
    """Seconds from the start."""
    kind: Kind
    worker: str = ""
    """Empty for a fault of Kafka."""
    seconds: float = 0.0
    """How long Kafka is away."""

    def __str__(self) -> str:
        lasts = f" for {self.seconds:.0f} s" if self.seconds else ""
        return f"{self.at:.0f} s {self.kind}{' ' if self.worker else ''}{self.worker}{lasts}"


def plan(kills: int, seconds: float, seed: int, *, kafka: bool = True) -> list[Fault]:
    """Faults in order of time.

    Three workers come and go. One is stopped past its session and continued (a zombie), and then another leaves, so
    that partitions move again. One is killed while it recovers. With `kafka`, Kafka is restarted once and away once.
    Besides, `kills` kills at any time; the zombie's come before or after its stop.
    """
    rng = random.Random(seed)  # noqa: S311 - a plan, not a secret
    stop = seconds * rng.uniform(0.22, 0.3)
    back = stop + STOPPED_SECONDS
    zombie, leaver = rng.sample(WORKERS, 2)
    left = back + rng.uniform(1.0, 3.0)
    again = max(left + 3.0, seconds * rng.uniform(0.74, 0.8))
    faults = [
        Fault(seconds * rng.uniform(0.04, 0.08), "join", SECOND),
        Fault(seconds * rng.uniform(0.09, 0.14), "join", THIRD),
        Fault(stop, "stop", zombie),
        Fault(back, "continue", zombie),
        Fault(left, "leave", leaver),
        Fault(again, "join", leaver),
        Fault(max(back + 0.5, seconds * rng.uniform(0.56, 0.6)), "kill in recovery", zombie),
        Fault(max(again + 1.0, seconds * rng.uniform(0.9, 0.95)), "leave", rng.choice((SECOND, THIRD))),
    ]
    if kafka:
        faults.append(Fault(seconds * rng.uniform(0.46, 0.5), "Kafka restart"))
        faults.append(Fault(seconds * 0.62, "Kafka away", seconds=min(AWAY_SECONDS, seconds * AWAY_SHARE)))
    for _ in range(kills):
        at = seconds * rng.uniform(0.08, 0.97)
        faults.append(Fault(at, "kill", rng.choice([one for one in WORKERS if one != zombie or not stop < at < back])))
    return sorted(faults)
