"""How a worker ends when it cannot be sure any more: at once, without a commit, with one line that says why.

Whoever runs it starts it again, and it goes on from the last commit. Exact counts rest on this: nothing here is
retried, skipped or carried on with. Called from every part of the worker, from any thread.
"""

import logging
import os
import sys
import traceback
from typing import NoReturn

EXIT_FATAL = 70
"""EX_SOFTWARE: something that must not happen did, or an exception nobody expects."""
EXIT_FENCED = 75
"""EX_TEMPFAIL: out of the group, stalled, or Kafka lost what was sent. A restart mends it."""

log = logging.getLogger(__name__)


def end(reason: str, code: int = EXIT_FENCED) -> NoReturn:
    """End the process now. `reason` is for the log: never a post's text or an author."""
    log.critical("worker ends: %s", reason)
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def end_on(exc: BaseException, where: str) -> NoReturn:
    """End the process for an unexpected exception: its type and place. Its message may quote a post, so it is left
    out."""
    frames = traceback.extract_tb(exc.__traceback__)
    place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "unknown place"
    end(f"{type(exc).__name__} in {where} at {place}", EXIT_FATAL)
