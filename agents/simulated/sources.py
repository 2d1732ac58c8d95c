"""The simulated sources that there are, by the name of the source that each stands in for.

Called by the proofs and `earshot chaos`. Owns the list and nothing else.
"""

from collections.abc import Mapping

from agents.simulated.bluesky import BLUESKY
from agents.simulated.source import SimulatedSource
from agents.simulated.x import X

SIMULATED: Mapping[str, SimulatedSource] = {one.name: one for one in (X, BLUESKY)}
