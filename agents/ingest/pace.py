"""How the interpreter shares its time among ingest's threads.

Called once by the process that is ingest, and by `make bench`. Nothing else sets it.
"""

import gc
import sys

SWITCH_SECONDS = 0.001
"""How long a thread may keep the others waiting: Python's 5 ms would come on top of every sync of the wal."""
COLLECT_AFTER = 50_000
"""New objects between two searches for garbage in cycles: Python's 700 are those of some twenty posts on their way, and
each search looks at all the posts on theirs. A tenth more posts a second."""


def set_pace() -> None:
    """To be called when all is imported: what is there by then is never looked at again."""
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 20, 50)
