"""The read API of a worker: what it holds, over HTTP.

Two processes. The worker makes answers from its tables and from what the other workers announce (`answers.py`,
`peers.py`), a little at a time. A process beside it (`server.py`, started by `beside.py`) speaks HTTP: it checks
tokens, keeps answers for a moment and asks the worker for new ones. So no number of requests takes the worker's time.
"""
