"""What a simulated X can be told: what it writes, how fast, to whom it answers and what goes wrong.

Owns the defaults. Made by `earshot simulate-x`, the proofs and the tests; read by `server.py` and `stream.py`.
"""

from collections.abc import Sequence

import msgspec

from agents.simulated.feed import PACE
from agents.simulated.rule_book import MAX_RULES
from agents.simulated.scenario import AnyStep
from agents.simulated.search import DELAY_SECONDS
from agents.simulated.stream_rules import MAX_CHARS

HEARTBEAT_SECONDS = 20.0
"""X sends an empty line that often while there is no post."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """One simulated X. The same seed, rate, pace and `start_ms` make every byte the same."""

    rate: float = 200.0
    """Posts written in a second. About one in ten matches no rule and is not delivered."""
    pace: float = PACE
    """How many times faster than in life hospitals answer and authors edit."""
    seed: int = 7
    """Of the people, their posts and the copies."""
    count: int | None = None
    """Posts in all, then only heartbeats; None: for ever."""
    start_ms: int | None = None
    """Time of the first post, milliseconds since the epoch; None: the time of the first connection."""
    live: bool = False
    """Write from the start on, also while nobody listens: only search finds those posts. Without it posts wait for a
    listener."""
    bad_every: int = 0
    """Send a bad line after so many good ones; 0: none."""
    steps: Sequence[AnyStep] = ()
    """A scenario's steps: what goes wrong, and when."""
    heartbeat: float = HEARTBEAT_SECONDS
    """Seconds."""
    search_delay: float = DELAY_SECONDS
    """Seconds until search finds a post."""
    most_rules: int = MAX_RULES
    most_chars: int = MAX_CHARS
    """Of one rule."""
    token: str = ""
    """The bearer token to accept; empty accepts any."""
    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = 0
    """0 takes a free one."""


DEFAULTS = Options()
