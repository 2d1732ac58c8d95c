"""The two transports, as Faust finds them through the entry points `batch` and `single` of `faust.transports`.

`batch` is Earshot's. `single` keeps Faust's own reading, a record at a time: the fallback for the day an upgrade
breaks a private part that `consumer.py` touches. Both write and commit in the same order, so counts are exact with
either.
"""

from typing import Any, ClassVar

from faust.transport.drivers.aiokafka import Producer as FaustProducer
from faust.transport.drivers.aiokafka import Transport as FaustTransport

from streams.faustkit.consumer import BatchConsumer, HeldConsumer


class CheckpointProducer(FaustProducer):  # type: ignore[misc]
    """Faust flushes its producer before each commit, at a revoke and at the end: that is when state must become
    durable.

    Stock `flush` returns after 100 ms without progress, with messages still in its buffer; a failed send is only
    logged.
    """

    async def flush(self) -> None:
        """Make everything durable. Nothing of ours travels through Faust's own buffer."""
        await self.app.worker_state.checkpoint()
        await super().flush()


class Transport(FaustTransport):  # type: ignore[misc]
    """Chunks."""

    Consumer: ClassVar[Any] = BatchConsumer
    Producer: ClassVar[Any] = CheckpointProducer


class SingleTransport(FaustTransport):  # type: ignore[misc]
    """Single records, Faust's own way."""

    Consumer: ClassVar[Any] = HeldConsumer
    Producer: ClassVar[Any] = CheckpointProducer
