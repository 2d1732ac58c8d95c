"""X's post ids as times: an id's upper bits are the millisecond in which the post was written.

Called wherever an id must say when, or a time must become an id: ingest's intake and compliance, the simulated X. The
lower 22 bits count within the millisecond (X API, "X IDs").
"""

EPOCH_MS = 1_288_834_974_657
"""Where X's milliseconds begin, in ms since 1970."""
_COUNTER_BITS = 22
FIRST_TIMED_ID = 29_700_859_247
"""Ids below it were given out one after another, until November 2010, and hold no time."""


def written_ms(post: int) -> int:
    """When the post with this id was written, ms since 1970."""
    return (post >> _COUNTER_BITS) + EPOCH_MS


def first_id(at_ms: int) -> int:
    """The lowest id of a post written in this millisecond (ms since 1970); 0 for any time before X's began."""
    return max(0, at_ms - EPOCH_MS) << _COUNTER_BITS
