"""X as a live source.

`rules.py` says what X shall send, `stream.py` holds one connection, `problems.py` and `outcome.py` say how it ended and
what follows, `supervisor.py` decides when the next may, `gaps.py`, `catch_up.py` and `reads.py` find what was missed
within the month's reads, `intake.py` makes a record of a line, `source.py` is all of it. Does not know what a post
says, nor whether the X it talks to is the real one.
"""
