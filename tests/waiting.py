"""How every test waits for a state of something that runs beside it: by looking again and again, with a bound."""

import time
from collections.abc import Callable

WITHIN_SECONDS = 20.0
"""A bound against hangs, for what takes less than a second on an idle machine."""


def wait_until(
    reached: Callable[[], object], what: str, seconds: float = WITHIN_SECONDS, *, every: float = 0.01,
    meanwhile: Callable[[], object] = lambda: None,
) -> None:  # fmt: skip
    """Block until `reached` is true; fail with `what` after `seconds`. Looks again after `every` seconds; `meanwhile`
    is called before each pause, to fail early when what should bring the state about has ended."""
    deadline = time.monotonic() + seconds
    while not reached():
        meanwhile()
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(every)
