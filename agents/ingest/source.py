"""What `service.py` asks of a live source, whichever it is.

A source reads in threads of its own and puts what it accepts into the wal; it decides alone when to connect again. It
knows neither the pump nor Kafka. `x/source.py` and `bluesky/source.py` are such.
"""

from typing import Protocol

from streams.metrics.collector import Reading


class Source(Protocol):
    """One live source on its way into the wal."""

    def start(self) -> None:
        """Begin to read."""

    def check(self) -> None:
        """Raise what ended a thread of it, if anything did. To be called some times a second."""

    def stop(self) -> None:
        """Read no more. Prompt, also while idle; what was accepted is in the wal."""

    @property
    def healthy(self) -> bool:
        """Whether it was heard lately."""

    def reading(self) -> Reading:
        """What it says of itself, for /metrics. Sources may share a metric; its samples are added up."""

    def report(self) -> str:
        """The counts, in a few words."""
