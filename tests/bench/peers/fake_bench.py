"""The bench with one peer that stalls, run as a process: `python -m tests.bench.peers.fake_bench`."""

import sys
from pathlib import Path

from bench.peers.__main__ import interruptible
from bench.peers.durable import of_declared
from bench.peers.grounds import Ground
from bench.peers.measures import work_through
from bench.peers.registry import Peer
from bench.peers.runs import PeerRun
from streams.settings import load


class Stalling(Peer):
    """A peer that never comes to an end."""

    @property
    def module(self) -> str:
        """Beside this file."""
        return "tests.bench.peers.fake_peer"


def main() -> None:
    """Measure it; say its folder before it starts."""
    peer = Stalling("stalls", "", "", "", of_declared, variant="stalls")
    with interruptible(), Ground(load(), lambda _: None) as ground:
        ground.fill(100)
        with PeerRun(peer, Path(sys.executable), ground.settings, ground.topic, "1", 0.0) as run:
            print(run.child.log.parent, flush=True)
            work_through(run, ground, 100)


if __name__ == "__main__":
    main()
