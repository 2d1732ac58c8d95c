"""A thread whose failure is kept, and raised again in the thread that looks after it.

Owns how such a thread starts, ends and fails. Whoever has one keeps its own `stopping` event, which the work must heed;
several threads may share it. Does not know what the work is.
"""

import threading
from collections.abc import Callable

STOP_SECONDS = 1.0
"""Most that `stop` waits for a thread; it may be connecting, and holds nothing then."""


class StoppedError(Exception):
    """Asked to stop amid the work. Ends a `WatchedThread` without being a failure."""


class WatchedThread:
    """One daemon thread, which runs its work once."""

    def __init__(self, name: str, work: Callable[[], None], stopping: threading.Event) -> None:
        """`name`: shown as `earshot-<name>`. `work`: what the thread does, until `stopping` is set."""
        self._work = work
        self._stopping = stopping
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name=f"earshot-{name}", daemon=True)

    def start(self) -> None:
        """Begin the work in the thread. Returns at once; call it once."""
        self._thread.start()

    @property
    def started(self) -> bool:
        """Whether `start` was called."""
        return self._thread.ident is not None

    def check(self) -> None:
        """Raise what ended the work, if anything but `StoppedError` did. Never blocks; call from any thread."""
        if self._failure is not None:
            raise self._failure

    def stop(self, seconds: float | None = STOP_SECONDS) -> bool:
        """Set `stopping` and wait up to `seconds` (None: as long as it takes) for the thread to end; whether it has.

        Call from any other thread. One that was never started counts as ended. Raises nothing: see `check`.
        """
        self._stopping.set()
        if self.started:
            self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._work()
        except StoppedError:
            pass
        except Exception as error:
            self._failure = error  # raised again by `check`, in the calling thread
