"""The gate in front of the agents: records pass only between a finished seek and the next revoke, of one generation."""

from types import SimpleNamespace

import pytest
from faust.transport.drivers.aiokafka import Consumer as FaustConsumer

from streams.faustkit.consumer import HeldConsumer


class Held:
    """The part of the worker's state that the gate asks."""

    def __init__(self, generation: int | None) -> None:
        self.generation = generation
        self.holds = False

    def hold(self) -> None:
        self.holds = True


@pytest.mark.parametrize(
    ("assigned", "sought", "tables", "revoked", "passes"),
    [
        (2, 2, 2, False, True),
        (2, 2, 2, True, False),
        (2, None, 2, False, False),
        (2, 1, 2, False, False),
        (2, 2, 1, False, False),
        (2, 2, None, False, False),
        (2, 1, 1, False, False),
    ],
    ids=[
        "all of one generation",
        "revoked since",
        "no seek yet",
        "a seek of the generation before",
        "tables of the generation before",
        "tables not complete",
        "resumed at the end of a recovery that a rebalance overtook",
    ],
)
def test_records_pass_only_when_all_belongs_together(
    monkeypatch: pytest.MonkeyPatch, assigned: int, sought: int | None, tables: int | None, revoked: bool, passes: bool
) -> None:
    monkeypatch.setattr(FaustConsumer, "resume_flow", lambda _: None)
    consumer = HeldConsumer.__new__(HeldConsumer)
    held = Held(tables)
    consumer.app = SimpleNamespace(worker_state=held)
    consumer.open, consumer._revoked, consumer._sought, consumer.generation = False, revoked, sought, assigned
    consumer.resume_flow()
    assert consumer.open is passes
    assert held.holds is passes
