"""Scenarios: the faults of the simulated X and their times, as small YAML files; listed by name.

Owns the format, the files in `scenarios/` and reading them. Called by `script.py`, which plays one, by `earshot
simulate-x` and by the tests, which hold every file's `expect` against the real ingest. A step is
`{do: WHAT, after: {...}, times: N, ...}`; steps are done one after the other.
"""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import yaml
from msgspec import Meta

from agents.simulated.answers import RefusalName
from agents.simulated.bad_lines import Kind
from streams.errors import UserError
from streams.vocabulary import StreamEnd

_FOLDER = files(__package__).joinpath("scenarios")

Count = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(gt=0)]

Announced = Literal[
    "OperationalDisconnect", "UpstreamOperationalDisconnect", "UpstreamUncleanDisconnect", "ForceDisconnect",
    "SlowReader", "InternalError", "ClientApplicationStateDegraded", "InvalidRules",
    "UsageCapExceeded", "TooManyConnections",
]  # fmt: skip
"""What X says in the stream before it ends a connection: types of disconnect (xdk spec 2.159), then other problems."""


class After(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What must have happened since the step before; all of it."""

    connects: Annotated[int, Meta(ge=0)] = 0
    """Accepted connections."""
    posts: Annotated[int, Meta(ge=0)] = 0
    """Posts written to a connection, copies included."""
    seconds: Annotated[float, Meta(ge=0)] = 0.0


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do"):
    """One thing that X does. Done `times` times, each `after` the one before."""

    after: After = After()
    times: Count = 1


class Refuse(Step, frozen=True, kw_only=True, tag="refuse"):
    """A request for the stream is refused."""

    answer: RefusalName
    reset_in: Annotated[int, Meta(ge=0)] | None = None
    """Seconds until the end of the window that `x-rate-limit-reset` tells; without: no header."""
    retry_after: Annotated[int, Meta(ge=0)] | None = None
    """Seconds; without: no header."""


class End(Step, frozen=True, kw_only=True, tag="end"):
    """The connection ends without an error."""


class Partial(Step, frozen=True, kw_only=True, tag="partial"):
    """The connection ends without an error in the middle of a line."""


class Reset(Step, frozen=True, kw_only=True, tag="reset"):
    """The connection breaks in the middle of a line: RST."""


class Silence(Step, frozen=True, kw_only=True, tag="silence"):
    """X sends nothing, no heartbeat either, until the listener goes."""


class BadLine(Step, frozen=True, kw_only=True, tag="bad_line"):
    """A line that cannot be read."""

    kind: Kind


class Disconnect(Step, frozen=True, kw_only=True, tag="disconnect"):
    """X says why, then ends the connection."""

    problem: Announced


class Twice(Step, frozen=True, kw_only=True, tag="twice"):
    """The next posts are each delivered twice."""

    posts: Count


class Shuffle(Step, frozen=True, kw_only=True, tag="shuffle"):
    """The next posts are held back and then delivered last first."""

    posts: Count


class Burst(Step, frozen=True, kw_only=True, tag="burst"):
    """Write posts `factor` times as fast for `seconds`."""

    factor: Annotated[float, Meta(gt=1)] = 10.0
    seconds: Seconds


class DropSlowReader(Step, frozen=True, kw_only=True, tag="drop_slow_reader"):
    """From now on, tell a listener that takes nothing for `seconds` (real ones) that it is slow, and drop it."""

    seconds: Seconds


AnyStep = (
    Refuse | End | Partial | Reset | Silence | BadLine | Disconnect | Twice | Shuffle | Burst | DropSlowReader
)  # fmt: skip


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How ingest must come out of it."""

    ends: Mapping[StreamEnd, int]
    """How often an attempt ends in which way until the scenario is over; its own stop is not among them."""
    connects: int
    """Most requests for the stream until then."""
    seconds: Annotated[float, Meta(ge=0)] = 0.0
    """Least time from the first of them to the last: X's own times are waited for."""
    state: Literal["connected", "unauthorised", "forbidden"] = "connected"
    """Posts arrive again; or ingest is over, with a message that says what to do."""
    reader: Literal["quick", "pauses"] = "quick"
    """`pauses`: the listener stops reading amid the stream until X has dropped it."""


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file."""

    about: Annotated[str, Meta(min_length=1)]
    steps: Annotated[tuple[AnyStep, ...], Meta(min_length=1)]
    expect: Expected


def names() -> list[str]:
    """The scenarios that are shipped."""
    return sorted(one.name.removesuffix(".yaml") for one in _FOLDER.iterdir() if one.name.endswith(".yaml"))


def load(wanted: str) -> Scenario:
    """The scenario of that name, or in that file (`.yaml`, `.yml`). Raises `UserError`."""
    path = Path(wanted)
    if path.suffix not in {".yaml", ".yml"}:
        if wanted not in names():
            raise UserError(f"there is no scenario {wanted!r}: one of {', '.join(names())}, or a .yaml file")
        path = Path(str(_FOLDER.joinpath(f"{wanted}.yaml")))
    try:
        return msgspec.convert(yaml.safe_load(path.read_text(encoding="utf-8")), Scenario)
    except OSError as error:
        raise UserError(f"the scenario {path} cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise UserError(f"{path} is not a valid scenario: {error}") from None
