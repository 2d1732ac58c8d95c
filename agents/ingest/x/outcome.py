"""How one attempt to listen to X ended, and what follows from each way of ending: X's table.

`connection.py` and `problems.py` report by it, `supervisor.py` waits by it, docs/runbook.md is checked against it. The
shapes are `agents/ingest/outcome.py`'s. Decides nothing itself.
"""

import logging
from collections.abc import Mapping
from typing import ClassVar

from agents.ingest import outcome
from agents.ingest.outcome import Consequence
from streams.settings import variable
from streams.vocabulary import StreamEnd

_ANY = 0.001
"""`reset_after` of refusals: any connection that X accepted."""
_TOKEN = f"put a bearer token that may use the filtered stream into the file that {variable('x_token_file')} names"

CONSEQUENCES: Mapping[StreamEnd, Consequence] = {
    # Waits without another source are X's rules for reconnecting (X API v2, handling disconnections).
    "clean_end": Consequence(
        meaning="X ended the stream in good order and gave no reason",
        level=logging.INFO, first=0.2, most=16,
    ),
    "network": Consequence(
        meaning="the way to X failed",
        first=0.25, most=16, grows="by_steps",
    ),
    "stalled": Consequence(
        meaning="not even a heartbeat came in time",
        first=0.25, most=16, grows="by_steps",
    ),
    # X went on without us and its buffer is gone. To be back at once costs least; falling behind again doubles.
    "slow_reader": Consequence(
        meaning="X dropped us because lines were not read fast enough: Kafka or this machine is slow",
        level=logging.ERROR, first=0.5, most=60,
    ),
    "operational_disconnect": Consequence(
        meaning="X ended the stream for reasons of its own",
        first=0.5, most=60,
    ),
    "server_error": Consequence(
        meaning="X has trouble of its own",
        first=5, most=320, reset_after=_ANY,
    ),
    "bad_request": Consequence(
        meaning=f"X does not take the request: is {variable('x_base_url')} right?",
        level=logging.ERROR, first=5, most=320, reset_after=_ANY,
    ),
    "rate_limited": Consequence(
        meaning="too many requests in X's window",
        first=60, most=320, reset_after=_ANY,
    ),
    # Often our own last connection, which X has not yet seen to be gone: soon at first.
    "too_many_connections": Consequence(
        meaning="X has another connection with this token: its own memory of our last one, or a second ingest",
        level=logging.ERROR, first=15, most=320, reset_after=_ANY,
    ),
    # It ends with the month, or when somebody raises it; neither is known here. Four looks an hour cost nothing.
    "usage_cap": Consequence(
        meaning="the plan's posts are used up: raise the cap or the credits in X's developer console",
        level=logging.ERROR, first=900, most=900, grows="stays", reset_after=_ANY,
    ),
    # They are synced before the next attempt.
    "no_rules": Consequence(
        meaning="X has no rules of ours, or not the right ones",
        first=0.2, most=16,
    ),
    "unauthorised": Consequence(
        meaning="X does not know the token",
        level=logging.ERROR, fix=_TOKEN,
    ),
    "forbidden": Consequence(
        meaning="the token is known and may not use the filtered stream",
        level=logging.ERROR, fix=_TOKEN,
    ),
    # `service.py` connects no sooner than the wal has room.
    "full": Consequence(
        meaning="hung up by us: the wal is full, because Kafka takes nothing",
        level=logging.ERROR, first=0.2, most=16,
    ),
    "stopped": Consequence(
        meaning="ended by us",
        level=logging.INFO,
    ),
}  # fmt: skip


class Outcome(outcome.Outcome, frozen=True):
    """The end of one attempt: of the rules' sync or of the connection after it."""

    consequences: ClassVar[Mapping[StreamEnd, Consequence]] = CONSEQUENCES
