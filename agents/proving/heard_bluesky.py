"""The simulated Bluesky in the proof's own process. Called through `sources.py`; knows nothing of what is done to
ingest.
"""

import asyncio
import json
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from typing import Any

import msgspec

from agents.ingest.bluesky.intake import Intake
from agents.ingest.bluesky.source import CURSOR
from agents.ingest.rules.watch import RuleWatch
from agents.proving.heard import Heard
from agents.proving.pipeline import Pipeline, Samples
from agents.simulated.bluesky import BLUESKY, BlueskyWriter, keep_writing
from agents.simulated.jetstream import SimulatedJetstream
from agents.simulated.thread import in_loop
from streams import directory
from streams.settings import Settings

FRESH = 1.0
"""Seconds between an event's time and its arrival, once a replay is over: a hundred times what it takes then."""


class _Bluesky(SimulatedJetstream):
    """It sends everything, so what is ingest's to take is found by ingest's own matcher."""

    name = "bluesky"

    def __init__(self, settings: Settings, count: int) -> None:
        super().__init__()
        self._count = count
        self._intake = Intake(settings.max_post_bytes, RuleWatch(settings).wanted)
        self._written = 0
        self.delivered: Set[str] = set()

    @property
    def flowed(self) -> int:
        return self.sent  # events of any kind, nearly all posts

    @property
    def lines(self) -> int:
        return self._intake.lines["bluesky", "post"]

    @property
    def exhausted(self) -> bool:
        return self._written >= self._count

    def begun(self, settings: Settings) -> bool:
        return (settings.wal_path / CURSOR).exists()

    def replayed(self, samples: Samples) -> bool:
        return samples.get(("source_delivery_lag_seconds", frozenset({("source", "bluesky")})), FRESH) < FRESH

    async def write(self, *events: Mapping[str, Any], at_us: int = 0) -> int:
        for event in events:
            taken = self._intake.take(json.dumps({**event, "time_us": 1}).encode())
            self.delivered |= {record.key.decode() for record in taken}
            self._written += event.get("commit", {}).get("operation") == "create"
        return await super().write(*events, at_us=at_us)


@contextmanager
def heard(pipeline: Pipeline, rate: float, seed: int, count: int) -> Iterator[Heard]:
    """See `heard.Maker`."""
    settings, _ = BLUESKY.prepare(pipeline.settings, pipeline.folder)
    settings = msgspec.structs.replace(settings, sources=BLUESKY.name)
    writer = BlueskyWriter(seed, directory.load(settings.directory_folder))
    made = _Bluesky(settings, count)
    with in_loop(lambda: made) as (server, loop):
        pipeline.settings = BLUESKY.pointed_at(settings, server.url)
        writing = asyncio.run_coroutine_threadsafe(keep_writing(server, writer, rate, count), loop)
        try:
            yield made
        finally:
            writing.cancel()
