"""The two transports. Faust finds them through the entry points `batch` and `single` of `faust.transports`.

`batch` is Earshot's. `single` keeps Faust's own reading, a record at a time: use it if an upgrade of Faust breaks a
private part that `consumer.py` touches. Both write and commit in the same order, so counts are exact with either.
"""

from typing import Any, ClassVar

from faust.transport.drivers.aiokafka import Producer as FaustProducer
from faust.transport.drivers.aiokafka import Transport as FaustTransport

from streams.faustkit.consumer import BatchConsumer, HeldConsumer


class CheckpointProducer(FaustProducer):  # type: ignore[misc]
    """Makes state durable when Faust flushes its producer: before each commit, at a revoke and at the end.

    Stock `flush` returns after 100 ms without progress, with messages still in its buffer, and only logs a failed send.
    """

    async def flush(self) -> None:
        """Wait until all state is durable. Nothing of ours goes through Faust's own buffer."""
        await self.app.worker_state.checkpoint()
        await super().flush()


class Transport(FaustTransport):  # type: ignore[misc]
    """Reads chunks of records."""

    Consumer: ClassVar[Any] = BatchConsumer
    Producer: ClassVar[Any] = CheckpointProducer


class SingleTransport(FaustTransport):  # type: ignore[misc]
    """Reads single records, as stock Faust does."""

    Consumer: ClassVar[Any] = HeldConsumer
    Producer: ClassVar[Any] = CheckpointProducer
