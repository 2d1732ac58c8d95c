"""What ingest listens to while it is hurt: a simulated source in this process, so that what it sent is known by id.

Called by `acceptance.py`. Owns the list; each source's module owns the pipeline's settings for it. Knows nothing of
what is done to ingest.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager

from agents.proving import heard_bluesky, heard_x
from agents.proving.heard import Heard, Maker
from agents.proving.pipeline import Pipeline

_MAKERS: Mapping[str, Maker] = {"x": heard_x.heard, "bluesky": heard_bluesky.heard}


def listened_to(
    name: str, pipeline: Pipeline, rate: float, seed: int, count: int = 10**9
) -> AbstractContextManager[Heard]:
    """A simulated source that the pipeline's ingest will listen to; it writes `rate` posts a second, `count` in all."""
    return _MAKERS[name](pipeline, rate, seed, count)
