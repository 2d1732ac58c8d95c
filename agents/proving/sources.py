"""What ingest listens to while it is hurt: a simulated source in this process, so that what it sent is known by id.

Called by `acceptance.py`. Owns the pipeline's settings for each source. Knows nothing of what is done to ingest.
"""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Literal, Protocol

import msgspec

from agents.ingest.bluesky.intake import Intake
from agents.ingest.bluesky.source import CURSOR
from agents.ingest.rules.watch import RuleWatch
from agents.proving.pipeline import Pipeline, Samples
from agents.simulated.bluesky import BlueskyWriter, copy_with_accounts, keep_writing
from agents.simulated.jetstream import SimulatedJetstream
from agents.simulated.options import Options
from agents.simulated.people import targets
from agents.simulated.server import SimulatedX
from agents.simulated.thread import in_loop, in_thread
from streams import directory
from streams.settings import Settings

Name = Literal["x", "bluesky"]

FRESH = 1.0
"""Seconds between an event's time and its arrival, once a replay is over: a hundred times what it takes then."""


class Heard(Protocol):
    """A source that is listened to."""

    name: str
    """The source's name."""

    @property
    def flowed(self) -> int:
        """Posts that went to a listener until now, or what is as good a sign that there is one."""

    @property
    def delivered(self) -> Set[str]:
        """Ids of the posts that ingest is to take."""

    @property
    def lines(self) -> int:
        """How many times one of those was sent."""

    @property
    def exhausted(self) -> bool:
        """Whether all that will ever be written is."""

    def begun(self, settings: Settings) -> bool:
        """Whether ingest would go on from where it is: a source that repeats wants to be told a place."""

    def replayed(self, samples: Samples) -> bool:
        """Whether ingest, by its /metrics, has heard again what the source had for it when it came back."""


class _X:
    name = "x"

    def __init__(self, x: SimulatedX) -> None:
        self._x = x

    @property
    def flowed(self) -> int:
        return self._x.made  # it writes to a listener only

    @property
    def delivered(self) -> Set[str]:
        return self._x.delivered.keys()

    @property
    def lines(self) -> int:
        return self._x.delivered.total()

    @property
    def exhausted(self) -> bool:
        return self._x.exhausted

    def begun(self, settings: Settings) -> bool:
        del settings
        return True

    def replayed(self, samples: Samples) -> bool:
        return bool(samples)  # X repeats nothing


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
def _x(pipeline: Pipeline, rate: float, seed: int, count: int) -> Iterator[Heard]:
    hospitals = targets(directory.load(pipeline.settings.directory_folder))
    token = pipeline.folder / "token"
    token.write_text("simulated")
    with in_thread(lambda: SimulatedX(hospitals, Options(rate=rate, seed=seed, count=count))) as running:
        pipeline.settings = msgspec.structs.replace(
            pipeline.settings,
            x_base_url=running.x.url,
            x_token_file=str(token),
            x_catch_up="off",  # it would find again what the wal lost
        )
        yield _X(running.x)


@contextmanager
def _bluesky(pipeline: Pipeline, rate: float, seed: int, count: int) -> Iterator[Heard]:
    folder = pipeline.folder / "directory"
    copy_with_accounts(pipeline.settings.directory_folder, folder)
    settings = msgspec.structs.replace(pipeline.settings, directory_folder=str(folder), sources="bluesky")
    writer = BlueskyWriter(seed, directory.load(str(folder)))
    made = _Bluesky(settings, count)
    with in_loop(lambda: made) as (server, loop):
        pipeline.settings = msgspec.structs.replace(settings, bluesky_url=server.url)
        writing = asyncio.run_coroutine_threadsafe(keep_writing(server, writer, rate, count), loop)
        try:
            yield made
        finally:
            writing.cancel()


_MADE: Mapping[Name, Callable[[Pipeline, float, int, int], AbstractContextManager[Heard]]] = {
    "x": _x,
    "bluesky": _bluesky,
}


def listened_to(
    name: Name, pipeline: Pipeline, rate: float, seed: int, count: int = 10**9
) -> AbstractContextManager[Heard]:
    """A simulated source that the pipeline's ingest will listen to; it writes `rate` posts a second, `count` in all."""
    return _MADE[name](pipeline, rate, seed, count)
