"""The peers as data: environment, command, and where what each has done is durable. A further peer is a row here, and
its module.

Read by the bench and its tests. Imports no peer: they live in environments of their own.
"""

from collections.abc import Callable
from typing import NamedTuple

from bench.peers import durable
from bench.peers.durable import Durable
from bench.peers.plan import Plan
from streams.settings import Settings


class Peer(NamedTuple):
    """One way to do the whole job without Earshot."""

    name: str
    what: str
    """For the table: what it is and how it keeps rows."""
    environment: str
    """Folder beside this file, with `requirements.lock` and `peer.py`."""
    package: str
    """Whose version the table shows."""
    durable: Callable[[Settings, Plan], Durable]
    variant: str = ""
    most_posts: int = 1_000_000
    """More would not be done in the time limit."""
    most_rate: float = 1_000_000.0
    """Steady posts/s that it bears on two cores with the broker; more only piles up."""

    @property
    def module(self) -> str:
        """What its environment runs."""
        return f"bench.peers.{self.environment}.peer"


PEERS = {
    one.name: one
    for one in (
        Peer(
            "loop",
            "a loop by hand on librdkafka: two stages over Kafka, changelogs and commit each 0.5 s",
            "librdkafka",
            "confluent-kafka",
            durable.of_declared,
        ),
        Peer(
            "bytewax",
            "no second Kafka topic; snapshots in SQLite each 10 s",
            "bytewax",
            "bytewax",
            durable.of_bytewax,
        ),
        Peer(
            "quixstreams",
            "group_by; RocksDB and changelogs; commit each 5 s",
            "quixstreams",
            "quixstreams",
            durable.of_quixstreams,
        ),
        Peer(
            "faust-tuned",
            "stock Faust, tuned; tables in memory and changelogs; commit each 2.8 s",
            "faust",
            "faust-streaming",
            durable.of_declared,
            variant="tuned",
            most_posts=20_000,
            most_rate=200.0,
        ),
        Peer(
            "faust",
            "stock Faust, its defaults; tables in memory and changelogs; commit each 2.8 s",
            "faust",
            "faust-streaming",
            durable.of_declared,
            most_posts=10_000,
            most_rate=100.0,  # a minute of posts waits after each kill: its session is that long
        ),
    )
}
