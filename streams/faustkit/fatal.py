"""Ends a worker that can no longer be sure of its counts: at once, without a commit, with one line that says why.

Docker, or whatever runs the worker, restarts it, and it resumes at the last commit. Exact counts rest on that: nothing
here retries, skips or carries on. Called from every part of the worker, from any thread.
"""

import logging
import os
import sys
import traceback
from typing import NoReturn

EXIT_FATAL = 70
"""EX_SOFTWARE: an unexpected exception."""
EXIT_FENCED = 75
"""EX_TEMPFAIL: out of the group, stalled, or Kafka did not take a batch. A restart mends it."""

log = logging.getLogger(__name__)


def end(reason: str, code: int = EXIT_FENCED) -> NoReturn:
    """End the process now. `reason` goes into the log, so it must not hold a post's text or an author."""
    log.critical("worker ends: %s", reason)
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def end_on(exc: BaseException, where: str) -> NoReturn:
    """End the process for an unexpected exception. Logs its type and place, not its message, which may quote a post."""
    frames = traceback.extract_tb(exc.__traceback__)
    place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "unknown place"
    end(f"{type(exc).__name__} in {where} at {place}", EXIT_FATAL)
