"""X as a live source.

`rules.py` and `rule_sync.py` keep X's rules the wanted ones, `connection.py` holds one connection and `stream.py` says
to what, `problems.py` and `outcome.py` say how it ended and what follows, `supervisor.py` decides when the next may,
`gaps.py`, `catch_up.py` and `reads.py` find what was missed within the month's reads, `intake.py` makes a record of a
line, `source.py` is all of it. `compliance/` is a source of its own: what X took back. Does not know what a post says,
nor whether the X it talks to is the real one.
"""
