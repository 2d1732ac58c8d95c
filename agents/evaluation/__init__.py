"""How accurately posts are read: labelled sets in, figures out.

Called by `earshot evaluate` and `make accuracy`. Nothing that runs in production depends on it.
"""
