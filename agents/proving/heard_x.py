"""The simulated X in the proof's own process. Called through `sources.py`; knows nothing of what is done to ingest."""

from collections.abc import Iterator, Set
from contextlib import contextmanager

import msgspec

from agents.proving.heard import Heard
from agents.proving.pipeline import Pipeline, Samples
from agents.simulated.options import Options
from agents.simulated.people import targets
from agents.simulated.server import SimulatedX
from agents.simulated.thread import in_thread
from streams import directory
from streams.settings import Settings


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


@contextmanager
def heard(pipeline: Pipeline, rate: float, seed: int, count: int) -> Iterator[Heard]:
    """See `heard.Maker`."""
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
