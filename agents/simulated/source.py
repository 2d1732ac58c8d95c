"""What a simulated source is to who starts it: the command that runs it, and the settings that point ingest at it.

Each simulated source exports one `SimulatedSource`; `sources.py` lists them. Called by the proofs, which start them as
processes. Knows no source by name.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from streams.settings import Settings


class Prepared(NamedTuple):
    """What stands ready for the command of a simulated source."""

    settings: Settings
    """Those of the pipeline from now on."""
    options: Sequence[str] = ()
    """Further options of the command."""


class SimulatedSource(msgspec.Struct, frozen=True, kw_only=True):
    """One simulated source."""

    name: str
    """Of the source that it stands in for: a key of `agents.ingest.sources.SOURCES`."""
    command: str
    """The command of `earshot` that runs it; takes `--port`, `--rate` and `--seed`. The first line of its output
    begins with its address."""
    scheme: str
    """How the address begins."""
    share: float = 1.0
    """Posts on it for each on X, where the proofs run several sources at once."""
    prepare: Callable[[Settings, Path], Prepared]
    """Write what the command and ingest need into a folder. Raises `UserError`."""
    pointed_at: Callable[[Settings, str], Settings]
    """Settings of an ingest that finds it at this address."""
