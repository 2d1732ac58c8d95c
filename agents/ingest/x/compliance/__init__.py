"""What X took back: asked for once a day by batch jobs, or heard at once on the enterprise compliance streams.

`kept.py` says which posts are still here, `jobs.py` speaks to X's batch endpoints, `check.py` is one check by them from
its beginning to its end, `remembered.py` what the next one must know of it, `daily.py` the source that makes one a day.
`stream.py` holds one connection to a compliance stream, `matching.py` knows which of X's events are about us, with
`written.py` (by whom a post is) and `generations.py` (memory that forgets); `live.py` is the source of all eight.
`accounts.py` applies what a file tells of accounts. `source.py` chooses by the setting. What a line says is
`agents/ingest/x/compliance/events.py`'s.
"""
