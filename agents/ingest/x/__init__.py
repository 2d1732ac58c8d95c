"""X as a live source.

`descriptor.py` is what the rest of Earshot sees of it. `source.py` puts the parts together. `rule_text.py` writes
stream rules and search queries, `rule_plan.py` compares rules with those at X, `rule_sync.py` syncs them.
`connection.py` holds one connection, `stream.py` says to which stream; `problems.py` and `outcome.py` say how it ended
and what follows, `supervisor.py` when the next may begin. `gaps.py`, `catch_up.py` and `reads.py` find missed posts
within the month's reads. `lines.py` and `tweets.py` say what a line is, `intake.py` makes a record of it.
`token.py` reads the token, `check.py` is what the doctor asks. `compliance/` is what X took back. Does not know what a
post says, nor whether the X it talks to is the real one.
"""
