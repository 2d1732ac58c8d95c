"""Asks a live pipeline for what changes at the full hour, so that one hour is the answer to everything."""

import time
from collections.abc import Callable
from typing import TypeVar

SLIDING = 60.0
"""Seconds after a full hour in which Prometheus may not have every hospital's windows anew: the worker looks for them
every second and slides them between other work, some milliseconds each; a scrape comes every second."""

_Answers = TypeVar("_Answers")


def within_an_hour(ask: Callable[[], _Answers], clock: Callable[[], float] = time.time) -> tuple[float, _Answers]:
    """When it was asked, and what was answered while no window slid. Asks again until then."""
    while True:
        at = clock()
        answers = ask()
        if (at - SLIDING) // 3600 == clock() // 3600:
            return at, answers
