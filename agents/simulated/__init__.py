"""A simulated X: API v2's filtered stream on loopback, with people who write to and about hospitals.

Part of the product: it drives the demo, chaos and the tests through the real tweepy. `people.py` and `posts.py` write
from `content.yaml`, `feed.py` puts the posts in order, `bad_lines.py` spoils some, `stream_rules.py` judges them,
`rule_book.py` holds the rules, `limits.py` counts requests, `server.py` speaks HTTP, `thread.py` runs it beside a test.
Ingest imports nothing of it: it does not know that this is not the real X.
"""
