"""A simulated X: API v2's filtered stream on loopback, with people who write to and about hospitals.

Part of the product: it drives the demo, chaos and the tests through the real tweepy. `stream_rules.py` judges posts by
rules, `people.py` and `posts.py` write them from `content.yaml`, `feed.py` puts them in order, `bad_lines.py` spoils
some, `limits.py` counts requests, `server.py` speaks HTTP, `thread.py` runs it beside a test. Ingest imports nothing of
it: it does not know that this is not the real X.
"""
