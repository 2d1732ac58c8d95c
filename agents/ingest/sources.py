"""The live sources that there are, by name.

Called by `service.py`, the doctor, a retry of dead letters and `earshot attention`. Owns the list and nothing else: a
source's own folder says what it is.
"""

from collections.abc import Mapping

from agents.ingest.bluesky.descriptor import BLUESKY
from agents.ingest.source import Descriptor
from agents.ingest.x.descriptor import X

SOURCES: Mapping[str, Descriptor] = {
    one.name: one
    for one in (
        X,
        BLUESKY,
    )
}
"""The names are those of `streams.vocabulary.SOURCES`; a test holds both to each other."""
