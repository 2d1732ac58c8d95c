"""The gate in front of the agents: records pass only between a finished seek and the next revoke, of one generation."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from faust.transport.drivers.aiokafka import Consumer as FaustConsumer

from streams.faustkit.consumer import HeldConsumer


class Held:
    """The part of the worker's state that the gate uses."""

    def __init__(self, generation: int | None) -> None:
        self.generation = generation
        self.holds = False
        self.lease = SimpleNamespace(renew=lambda _: None)

    def hold(self) -> None:
        self.holds = True

    def release(self) -> None:
        self.holds = False

    def expect(self, offsets: Mapping[tuple[str, int], int]) -> None:
        assert offsets == {}, "it was assigned nothing"


class Scripted(HeldConsumer):
    """Faust's consumer without Kafka: each of its steps is done at once."""

    def __init__(self, held: Held) -> None:
        super().__init__()
        self.app = SimpleNamespace(worker_state=held)
        self.amid_seek: Callable[[], Coroutine[Any, Any, None]] | None = None
        """What overtakes the next seek."""

    def assignment(self) -> set[Any]:
        return set()

    async def assign(self, generation: int) -> None:
        await self.on_partitions_assigned(set(), generation)

    async def revoke(self) -> None:
        await self.on_partitions_revoked(set())


@pytest.fixture
def _without_kafka(monkeypatch: pytest.MonkeyPatch) -> None:
    async def done(*_: object) -> None:
        pass

    async def seek(consumer: Scripted) -> None:
        if consumer.amid_seek is not None:
            await consumer.amid_seek()

    monkeypatch.setattr(FaustConsumer, "__init__", lambda *_, **__: None)
    monkeypatch.setattr(FaustConsumer, "on_partitions_assigned", done)
    monkeypatch.setattr(FaustConsumer, "on_partitions_revoked", done)
    monkeypatch.setattr(FaustConsumer, "perform_seek", seek)
    monkeypatch.setattr(FaustConsumer, "resume_flow", lambda _: None)


async def of_one_generation(one: Scripted) -> None:
    await one.assign(2)
    await one.perform_seek()


async def revoked_since(one: Scripted) -> None:
    await of_one_generation(one)
    await one.revoke()


async def revoked_amid_the_seek(one: Scripted) -> None:
    one.amid_seek = one.revoke
    await of_one_generation(one)


async def no_seek_yet(one: Scripted) -> None:
    await one.assign(2)


async def a_seek_of_the_generation_before(one: Scripted) -> None:
    await one.assign(1)
    one.amid_seek = lambda: one.assign(2)
    await one.perform_seek()


@pytest.mark.usefixtures("_without_kafka")
@pytest.mark.parametrize(
    ("rebalances", "tables", "passes"),
    [
        (of_one_generation, 2, True),
        (revoked_since, 2, False),
        (revoked_amid_the_seek, 2, False),
        (no_seek_yet, 2, False),
        (a_seek_of_the_generation_before, 2, False),
        (of_one_generation, 1, False),
        (of_one_generation, None, False),
        (a_seek_of_the_generation_before, 1, False),
    ],
    ids=[
        "all of one generation",
        "revoked since",
        "revoked amid the seek",
        "no seek yet",
        "a seek of the generation before",
        "tables of the generation before",
        "tables not complete",
        "resumed at the end of a recovery that a rebalance overtook",
    ],
)
def test_records_pass_only_when_all_belongs_together(
    rebalances: Callable[[Scripted], Coroutine[Any, Any, None]], tables: int | None, passes: bool
) -> None:
    held = Held(tables)
    consumer = Scripted(held)
    asyncio.run(rebalances(consumer))
    consumer.resume_flow()
    assert consumer.open is passes
    assert held.holds is passes


@pytest.mark.usefixtures("_without_kafka")
def test_a_revoke_closes_an_open_gate() -> None:
    held = Held(2)
    consumer = Scripted(held)
    asyncio.run(of_one_generation(consumer))
    consumer.resume_flow()
    asyncio.run(consumer.revoke())
    assert not consumer.open
    assert not held.holds
