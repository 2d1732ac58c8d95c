"""What is told of questions that wait for an answer.

Called by `question_counts.py`, which adds it up, by `question_rows.py`, `streams/tables/hospitals.py` and
`streams/figures/hospital.py`, which hand it on, and by `agents/proving/answer_times.py`. A shape alone: a module with
shapes cannot be compiled (`deploy/compiled/modules.py`), so it stands apart from the functions that use it.
"""

from typing import NamedTuple


class Open(NamedTuple):
    """Questions of one kind that wait."""

    number: int
    oldest: int
    """When the oldest was written, seconds since the epoch."""
    newest: int
