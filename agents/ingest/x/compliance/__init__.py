"""What X took back: asked for once a day by batch jobs, or heard at once on the enterprise compliance streams.

`kept.py` says which posts are still here, `jobs.py` speaks to X's batch endpoints, `check.py` is one check by them from
its beginning to its end, `remembered.py` what the next one must know of it, `daily.py` the source that makes one a day.
`stream.py` holds one connection to a compliance stream, `matching.py` knows which of X's events are about us, `live.py`
is the source of all eight. `source.py` chooses by the setting. What a line says is `agents/compliance.py`'s.
"""
